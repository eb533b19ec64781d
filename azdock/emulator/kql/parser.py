"""Tokens to a syntax tree: statements and tabular operators. Expressions are in expressions.py."""

from __future__ import annotations

from collections.abc import Callable

from azdock.emulator.kql.expressions import Expressions
from azdock.emulator.kql.tree import (
    Choose,
    Count,
    Distinct,
    Expr,
    Extend,
    Item,
    Key,
    Operator,
    Pipeline,
    Print,
    Project,
    Query,
    Rename,
    Same,
    Schema,
    Sort,
    Star,
    Summarize,
    Table,
    Take,
    Union,
    Where,
)


def parse(text: str) -> Query:
    """A query's syntax tree. Raises BadSyntax."""
    return Parser(text).query()


class Parser(Expressions):
    """Recursive descent over the tokens of one query."""

    def query(self) -> Query:
        """let statements, then one tabular expression."""
        lets: list[tuple[str, Expr | Pipeline]] = []
        while self.accept_name("let"):
            name = self.expect_identifier()
            self.expect("=")
            lets.append((name, self._let_value()))
            self.expect(";")
        while self.accept(";"):
            pass  # empty statements
        body = self.pipeline()
        while self.accept(";"):
            pass
        if self.token.kind != "end":
            raise self.error()
        return Query(tuple(lets), body)

    def _let_value(self) -> Expr | Pipeline:
        ahead = self.peek(1)
        tabular = self.token.kind == "name" and (
            self.token.value in ("union", "print") or (ahead.kind == "op" and ahead.value == "|")
        )
        return self.pipeline() if tabular else self.expression()

    def pipeline(self) -> Pipeline:
        """A source and its operators."""
        self.enter()
        source: Table | Print | Union | Pipeline
        if self.accept("("):
            source = self.pipeline()
            self.expect(")")
        elif self.accept_name("union"):
            source = self._union()
        elif self.accept_name("print"):
            source = Print(self._items())
        else:
            source = Table(self.expect_identifier())
        operators = []
        while self.accept("|"):
            operators.append(self._operator())
        self.leave()
        return Pipeline(source, tuple(operators))

    def _operator(self) -> Operator:
        if self.token.kind != "name" or self.token.value not in _OPERATORS:
            raise self.error()
        return _OPERATORS[self.advance().value](self)

    def where(self) -> Operator:
        """where condition"""
        return Where(self.expression())

    def project(self) -> Operator:
        """project items"""
        return Project(self._items())

    def extend(self) -> Operator:
        """extend items"""
        return Extend(self._items())

    def choose(self) -> Operator:
        """project-away, project-keep, project-reorder"""
        op = str(self.peek(-1).value).removeprefix("project-")
        patterns = [self._pattern()]
        while self.accept(","):
            patterns.append(self._pattern())
        return Choose(op, tuple(patterns))

    def rename(self) -> Operator:
        """project-rename new = old, ..."""
        pairs = []
        while True:
            new = self.expect_identifier()
            self.expect("=")
            pairs.append((new, self.expect_identifier()))
            if not self.accept(","):
                return Rename(tuple(pairs))

    def distinct(self) -> Operator:
        """distinct * or items"""
        return Distinct(()) if self.accept("*") else Distinct(self._items())

    def sort(self) -> Operator:
        """order by keys"""
        self.expect_name("by")
        return Sort(self._keys())

    def top(self) -> Operator:
        """top count by keys"""
        count = self.expression()
        self.expect_name("by")
        return Sort(self._keys(), count)

    def take(self) -> Operator:
        """take count"""
        return Take(self.expression())

    def count(self) -> Operator:
        """count"""
        return Count()

    def schema(self) -> Operator:
        """getschema"""
        return Schema()

    def summarize(self) -> Operator:
        """summarize items by items; either may be left out"""
        items = () if self.token.value == "by" else self._items()
        by = self._items() if self.accept_name("by") else ()
        return Summarize(items, by)

    def union(self) -> Operator:
        """union as an operator"""
        return self._union()

    def same(self) -> Operator:
        """An operator whose words only matter to whoever draws the result."""
        while self.token.kind != "end" and self.token.value not in ("|", ";", ")"):
            self.advance()
        return Same()

    def _union(self) -> Union:
        options = {"isfuzzy": "false", "kind": "outer", "withsource": ""}
        while self.token.value in options and self.peek(1).value == "=":
            option = str(self.advance().value)
            self.advance()
            options[option] = str(self.advance().value).lower() if option != "withsource" else self.expect_identifier()
        legs = [self._leg()]
        while self.accept(","):
            legs.append(self._leg())
        return Union(tuple(legs), options["isfuzzy"] == "true", options["kind"] == "inner", options["withsource"])

    def _leg(self) -> Pipeline:
        if self.accept("("):
            leg = self.pipeline()
            self.expect(")")
            return leg
        return Pipeline(Table(self.expect_identifier()))

    def _items(self) -> tuple[Item, ...]:
        items = [self._item()]
        while self.accept(","):
            items.append(self._item())
        return tuple(items)

    def _item(self) -> Item:
        name = ""
        bracketed = self.token.kind == "op" and self.token.value == "["
        ahead = self.peek(3 if bracketed else 1)
        if ahead.kind == "op" and ahead.value == "=" and (bracketed or self.token.kind == "name"):
            name = self.expect_identifier()
            self.advance()
        if self.accept("*"):
            return Item(name, Star())
        return Item(name, self.expression())

    def _keys(self) -> tuple[Key, ...]:
        keys = [self._key()]
        while self.accept(","):
            keys.append(self._key())
        return tuple(keys)

    def _key(self) -> Key:
        value = self.expression()
        descending = not self.accept_name("asc")
        if descending:
            self.accept_name("desc")
        nulls_first = not descending
        if self.accept_name("nulls"):
            nulls_first = self.accept_name("first")
            if not nulls_first:
                self.expect_name("last")
        return Key(value, descending, nulls_first)

    def _pattern(self) -> str:
        """A column name in which * stands for anything."""
        pattern = ""
        end = self.token.position
        while self.token.value == "*" or self.token.kind == "name":
            if pattern and self.token.position != end:
                break
            end = self.token.position + len(str(self.token.value))
            pattern += str(self.advance().value)
        return pattern or self.expect_identifier()


_OPERATORS: dict[str, Callable[[Parser], Operator]] = {
    "where": Parser.where,
    "filter": Parser.where,
    "project": Parser.project,
    "extend": Parser.extend,
    "project-away": Parser.choose,
    "project-keep": Parser.choose,
    "project-reorder": Parser.choose,
    "project-rename": Parser.rename,
    "distinct": Parser.distinct,
    "order": Parser.sort,
    "sort": Parser.sort,
    "top": Parser.top,
    "take": Parser.take,
    "limit": Parser.take,
    "count": Parser.count,
    "getschema": Parser.schema,
    "summarize": Parser.summarize,
    "union": Parser.union,
    "render": Parser.same,
    "serialize": Parser.same,
    "as": Parser.same,
}
