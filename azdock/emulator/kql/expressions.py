"""Tokens to a syntax tree: scalar expressions.

Source: dataexplorer-docs, kusto/query/scalar-operators; precedence from low to high: or, and, comparison, sum, product.
"""

from __future__ import annotations

import json

from azdock.emulator.kql.errors import BadSyntax
from azdock.emulator.kql.tokenizer import Token, bad_syntax, tokenize
from azdock.emulator.kql.tree import Among, Between, Binary, Call, Element, Expr, Literal, Name, Negative, Star
from azdock.emulator.kql.values import parse_timespan

COMPARISONS = frozenset(("==", "!=", "=~", "!~", "<", "<=", ">", ">=", "<>"))
_MATCHING = ("has", "hasprefix", "hassuffix", "contains", "startswith", "endswith")
WORDS = frozenset(f"{bang}{base}{case}" for base in _MATCHING for bang in ("", "!") for case in ("", "_cs"))
AMONG = frozenset(("in", "!in", "in~", "!in~", "has_any", "has_all"))
RESERVED = frozenset(("and", "or", "by", "asc", "desc", "nulls")) | WORDS | AMONG
_CONSTANTS = {"true": True, "false": False, "null": None}
_DEEPEST = 60


class Expressions:
    """Reads expressions; the tokens are shared with the parser of operators."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = tokenize(text)
        self._at = 0
        self._depth = 0

    # tokens

    @property
    def token(self) -> Token:
        """The token to be read next."""
        return self._tokens[self._at]

    def peek(self, ahead: int) -> Token:
        """A token further on; the end stays the end."""
        return self._tokens[min(self._at + ahead, len(self._tokens) - 1)]

    def advance(self) -> Token:
        """Read a token."""
        token = self.token
        if token.kind != "end":
            self._at += 1
        return token

    def accept(self, op: str) -> bool:
        """Read this operator if it is there."""
        found = self.token.kind == "op" and self.token.value == op
        if found:
            self._at += 1
        return found

    def accept_name(self, word: str) -> bool:
        """Read this word if it is there."""
        found = self.token.kind == "name" and self.token.value == word
        if found:
            self._at += 1
        return found

    def expect(self, op: str) -> None:
        """Read this operator. Raises BadSyntax."""
        if not self.accept(op):
            raise self.error()

    def expect_name(self, word: str) -> None:
        """Read this word. Raises BadSyntax."""
        if not self.accept_name(word):
            raise self.error()

    def expect_identifier(self) -> str:
        """Read name or ['name']. Raises BadSyntax."""
        if self.token.value == "[" and isinstance(self.peek(1).value, str) and self.peek(1).kind == "literal":
            self.advance()
            name = str(self.advance().value)
            self.expect("]")
            return name
        if self.token.kind != "name" or self.token.value in RESERVED:
            raise self.error()
        return str(self.advance().value)

    def error(self) -> BadSyntax:
        """The error for a token that fits nowhere."""
        return bad_syntax(self._text, self.token.position, str(self.token.value))

    def enter(self) -> None:
        """One level deeper into parentheses. Raises BadSyntax when that is too deep."""
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self.error()

    def leave(self) -> None:
        """One level up."""
        self._depth -= 1

    # expressions

    def expression(self) -> Expr:
        """or"""
        self.enter()
        left = self._and()
        while self.accept_name("or"):
            left = Binary("or", left, self._and())
        self.leave()
        return left

    def _and(self) -> Expr:
        left = self._comparison()
        while self.accept_name("and"):
            left = Binary("and", left, self._comparison())
        return left

    def _comparison(self) -> Expr:
        left = self._sum()
        token = self.token
        if token.kind == "op" and token.value in COMPARISONS:
            self.advance()
            return Binary("!=" if token.value == "<>" else str(token.value), left, self._sum())
        if token.kind != "name":
            return left
        if token.value in WORDS:
            self.advance()
            return Binary(str(token.value), left, self._sum())
        if token.value in AMONG:
            self.advance()
            return Among(str(token.value), left, self._arguments())
        if token.value in ("between", "!between"):
            self.advance()
            return self._between(left, token.value == "!between")
        if token.value == "matches" and self.peek(1).value == "regex":
            self._at += 2
            return Binary("matches", left, self._sum())
        return left

    def _between(self, left: Expr, negated: bool) -> Expr:
        self.expect("(")
        low = self._sum()
        self.expect("..")
        high = self._sum()
        self.expect(")")
        return Between(left, low, high, negated)

    def _sum(self) -> Expr:
        left = self._product()
        while self.token.kind == "op" and self.token.value in ("+", "-"):
            left = Binary(str(self.advance().value), left, self._product())
        return left

    def _product(self) -> Expr:
        left = self._unary()
        while self.token.kind == "op" and self.token.value in ("*", "/", "%"):
            left = Binary(str(self.advance().value), left, self._unary())
        return left

    def _unary(self) -> Expr:
        if self.accept("-"):
            return Negative(self._primary())
        self.accept("+")
        return self._primary()

    def _primary(self) -> Expr:
        value = self._atom()
        while True:
            if self.accept("."):
                value = Element(value, Literal(self.expect_identifier()))
            elif self.token.value == "[" and self.token.kind == "op":
                self.advance()
                value = Element(value, self.expression())
                self.expect("]")
            else:
                return value

    def _atom(self) -> Expr:
        token = self.token
        if token.kind == "literal":
            self.advance()
            return Literal(self._adjacent(token.value))
        if self.accept("("):
            value = self.expression()
            self.expect(")")
            return value
        if token.kind == "name" and token.value in _CONSTANTS:
            self.advance()
            return Literal(_CONSTANTS[token.value])
        if token.kind == "name" and self.peek(1).value == "(" and self.peek(1).kind == "op":
            return self._call()
        return Name(self.expect_identifier())

    def _adjacent(self, value: object) -> object:
        """String literals next to each other are one string."""
        while isinstance(value, str) and self.token.kind == "literal" and isinstance(self.token.value, str):
            value += self.advance().value
        return value

    def _call(self) -> Expr:
        if self.token.value in RESERVED:
            raise self.error()
        name = str(self.advance().value)
        if name == "dynamic":
            return Literal(self._json())
        args = self._arguments()
        if name in ("timespan", "time") and len(args) == 1 and isinstance(args[0], Literal):
            span = parse_timespan(str(args[0].value))
            if span is not None:
                return Literal(span)
        return Call(name, args)

    def _arguments(self) -> tuple[Expr, ...]:
        self.expect("(")
        args: list[Expr] = []
        if self.accept(")"):
            return ()
        while True:
            args.append(Star() if self.accept("*") else self.expression())
            if not self.accept(","):
                break
        self.expect(")")
        return tuple(args)

    def _json(self) -> object:
        """The content of dynamic(...), which is JSON, not Kusto."""
        opening = self.token.position
        depth = 0
        while True:
            token = self.token
            if token.kind == "end":
                raise self.error()
            depth += (token.value == "(") - (token.value == ")") if token.kind == "op" else 0
            self.advance()
            if depth == 0:
                break
        text = self._text[opening + 1 : token.position]
        try:
            return json.loads(text.replace("'", '"') if '"' not in text else text)
        except ValueError:
            raise bad_syntax(self._text, opening, text) from None
