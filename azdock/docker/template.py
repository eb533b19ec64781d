"""The part of Go's text/template that docker's --format and inspect -f need."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from azdock.docker.template_functions import FUNCTIONS, CallError, fits, truth
from azdock.docker.template_parse import Node, Parser, TemplateSyntaxError
from azdock.docker.template_values import NIL, JsonMap, Number, Struct, decoded, go_type, show

__all__ = ["Struct", "Template", "TemplateExecError", "TemplateSyntaxError"]


class TemplateExecError(ValueError):
    """The template does not fit the value; the text is Go's ("template: :1:2: executing "" at <.X>: ...")."""


class _Break(Exception):
    pass


class _Continue(Exception):
    pass


_MISSING = object()


class Template:
    """A parsed template. Raises TemplateSyntaxError in Go's wording."""

    def __init__(self, text: str, *, unchanged: Sequence[str] = ()) -> None:
        """`unchanged` are functions that give back their first argument, as docker's header row wants."""
        self._text = text
        self._unchanged = frozenset(unchanged)
        self._tree = Parser(text, frozenset(FUNCTIONS)).parse()

    def render(self, value: Any, *, json_fallback: bool = False) -> str:
        """The template applied to a value (a Struct, or plain maps, lists and scalars).

        With `json_fallback`, as docker inspect does, a template that does not fit the Struct is applied to its
        decoded JSON document instead, where a missing key is an error. Raises TemplateExecError.
        """
        try:
            return self._run(value, strict=False)
        except TemplateExecError:
            if not json_fallback:
                raise
        return self._run(decoded(value.document if isinstance(value, Struct) else value), strict=True)

    def _run(self, value: Any, *, strict: bool) -> str:
        run = _Run(self._text, self._tree.defined, strict, value, self._unchanged)
        run.walk(self._tree.nodes, value)
        return "".join(run.out)


class _Run:
    """One execution. In strict mode values are decoded JSON."""

    def __init__(
        self, text: str, defined: dict[str, tuple[Node, ...]], strict: bool, root: Any, unchanged: frozenset[str]
    ) -> None:
        self._text = text
        self._defined = defined
        self._strict = strict
        self._unchanged = unchanged
        self._variables: list[tuple[str, Any]] = [("$", root)]
        self.out: list[str] = []

    def fail(self, node: Node, message: str) -> TemplateExecError:
        before = self._text[: node.pos]
        line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1)
        return TemplateExecError(f'template: :{line}:{column}: executing "" at <{node.text}>: {message}')

    def walk(self, nodes: Sequence[Node], dot: Any) -> None:
        for node in nodes:
            if node.kind == "text":
                self.out.append(node.text)
            elif node.kind == "pipe":
                value = self._pipe(node, dot)
                if not node.variables:
                    self.out.append("<no value>" if value is None else show(value))
            elif node.kind == "break":
                raise _Break
            elif node.kind == "continue":
                raise _Continue
            elif node.kind == "template":
                self._template(node, dot)
            else:
                self._control(node, dot)

    def _template(self, node: Node, dot: Any) -> None:
        nodes = self._defined.get(str(node.value))
        if nodes is None:
            raise self.fail(node, f'template "{node.value}" not defined')
        value = self._pipe(node.parts[0], dot) if node.parts else None
        kept, self._variables = self._variables, [("$", value)]
        self.walk(nodes, value)
        self._variables = kept

    def _control(self, node: Node, dot: Any) -> None:
        mark = len(self._variables)
        pipe = node.parts[0]
        if node.kind == "range":
            self._range(node, pipe, dot)
        else:
            value = self._pipe(pipe, dot)
            if truth(value):
                self.walk(node.body, value if node.kind == "with" else dot)
            else:
                self.walk(node.otherwise, dot)
        del self._variables[mark:]

    def _range(self, node: Node, pipe: Node, dot: Any) -> None:
        value = self._pipe(pipe, dot, declare=False)
        empty = True
        for key, item in self._items(pipe, value):
            empty = False
            mark = len(self._variables)
            pair = (item,) if len(pipe.variables) == 1 else (key, item)
            for name, one in zip(pipe.variables, pair, strict=False):
                self._set(name, one, assign=pipe.assign)
            try:
                self.walk(node.body, item)
            except _Break:
                break
            except _Continue:
                continue
            finally:
                del self._variables[mark:]
        if empty:
            self.walk(node.otherwise, dot)

    def _items(self, pipe: Node, value: Any) -> Iterator[tuple[Any, Any]]:
        if isinstance(value, dict):
            return iter([(key, value[key]) for key in sorted(value)])
        if isinstance(value, (list, tuple)):
            return iter(list(enumerate(value)))
        if value is None or value is NIL:
            return iter(())
        if isinstance(value, int) and not isinstance(value, bool):
            return iter([(number, number) for number in range(value)])
        raise self.fail(pipe, f"range can't iterate over {show(value)}")

    def _set(self, name: str, value: Any, *, assign: bool) -> None:
        if assign:
            for place in range(len(self._variables) - 1, -1, -1):
                if self._variables[place][0] == name:
                    self._variables[place] = (name, value)
                    return
        self._variables.append((name, value))

    def _pipe(self, pipe: Node, dot: Any, *, declare: bool = True) -> Any:
        value: Any = _MISSING
        for command in pipe.parts:
            value = self._command(command, dot, value)
        if declare:
            for name in pipe.variables:
                if pipe.assign and all(name != known for known, _ in self._variables):
                    raise self.fail(pipe.parts[-1], f"undefined variable: {name}")
                self._set(name, value, assign=pipe.assign)
        return value

    def _command(self, command: Node, dot: Any, final: Any) -> Any:
        first, arguments = command.parts[0], command.parts[1:]
        if first.kind == "identifier":
            return self._call(command, first, arguments, dot, final)
        if first.kind in ("field", "variable", "chain"):
            return self._fields(first, arguments, dot, final)
        if arguments or final is not _MISSING:
            raise self.fail(first, f"can't give argument to non-function {first.text}")
        if first.kind == "nil":
            raise self.fail(first, "nil is not a command")
        return self._value(first, dot)

    def _value(self, node: Node, dot: Any) -> Any:
        """An argument's value."""
        if node.kind == "dot":
            return dot
        if node.kind == "nil":
            return None
        if node.kind == "paren":
            return self._pipe(node.parts[0], dot)
        if node.kind == "identifier":
            return self._call(node, node, (), dot, _MISSING)
        if node.kind in ("field", "variable", "chain"):
            return self._fields(node, (), dot, _MISSING)
        return node.value

    def _fields(self, node: Node, arguments: tuple[Node, ...], dot: Any, final: Any) -> Any:
        value = dot
        if node.kind == "variable":
            value = next(one for name, one in reversed(self._variables) if name == node.value)
        elif node.kind == "chain":
            value = self._value(node.parts[0], dot)
        given = [self._value(one, dot) for one in arguments] + ([] if final is _MISSING else [final])
        for place, name in enumerate(node.names):
            concrete = node.kind == "chain" and place == 0
            # Go blames what it evaluated last, which for a chain is inside the parentheses
            blamed = _innermost(node.parts[0]) if concrete else node
            value = self._field(blamed, value, name, given if place == len(node.names) - 1 else [], concrete)
        if not node.names and given:
            raise self.fail(node, f"can't give argument to non-function {node.text}")
        return value

    def _field(self, node: Node, value: Any, name: str, given: list[Any], concrete: bool) -> Any:
        if isinstance(value, Struct):
            found = value.fields.get(name, _MISSING)
            if callable(found):
                return self._method(node, found, name, given)
            if found is _MISSING and not value.lenient:
                raise self.fail(node, f"can't evaluate field {name} in type {value.type_name}")
            found = None if found is _MISSING else found
        elif isinstance(value, dict):
            if self._strict and isinstance(value, JsonMap) and name not in value:
                raise self.fail(node, f'map has no entry for key "{name}"')
            found = value.get(name)
        elif value is None and not self._strict:
            return None
        elif value is None or value is NIL:
            raise self.fail(node, f"nil pointer evaluating {'interface {}' if value is None else 'pointer'}.{name}")
        else:
            kind = "interface {}" if self._strict and not concrete else go_type(value)
            raise self.fail(node, f"can't evaluate field {name} in type {kind}")
        if given:
            raise self.fail(node, f"{name} is not a method but has arguments")
        return found

    def _method(self, node: Node, method: Any, name: str, given: list[Any]) -> Any:
        wanted = getattr(method, "arity", 0)
        if len(given) != wanted:
            raise self.fail(node, f"wrong number of args for {name}: want {wanted} got {len(given)}")
        return method(*given)

    def _call(self, command: Node, first: Node, arguments: tuple[Node, ...], dot: Any, final: Any) -> Any:
        name = str(first.value)
        function = FUNCTIONS[name]
        count, want = len(arguments) + (final is not _MISSING), len(function.kinds)
        if count < want or (count > want and not function.variadic):
            least = "at least " if function.variadic else ""
            raise self.fail(first, f"wrong number of args for {name}: want {least}{want} got {count}")
        if name in ("and", "or"):
            return self._logic(name, arguments, dot, final)
        if name in self._unchanged:
            return final if final is not _MISSING else self._value(arguments[0], dot)
        given = [self._argument(one, dot, function.kinds, place) for place, one in enumerate(arguments)]
        if final is not _MISSING:
            kind = function.kinds[len(given)] if len(given) < want else "any"
            if not fits(final, kind):
                raise self.fail(first, f"wrong type for value; expected {kind}; got {go_type(final)}")
            given.append(final)
        if name == "call":
            raise self.fail(
                command, f"error calling call: non-function {arguments[0].text} of type {go_type(given[0])}"
            )
        try:
            return function.call(*given)
        except CallError as error:
            raise self.fail(command, f"error calling {name}: {error}") from None

    def _logic(self, name: str, arguments: tuple[Node, ...], dot: Any, final: Any) -> Any:
        value: Any = None
        for one in arguments:
            value = self._value(one, dot)
            if truth(value) == (name == "or"):
                return value
        return value if final is _MISSING else final

    def _argument(self, node: Node, dot: Any, kinds: tuple[str, ...], place: int) -> Any:
        value = self._value(node, dot)
        kind = kinds[place] if place < len(kinds) else "any"
        if fits(value, kind):
            return value
        if node.kind in ("number", "string", "bool", "char"):
            noun = "integer" if kind == "int" else kind
            raise self.fail(node, f"expected {noun}; found {node.text}")
        shown = go_type(value) if not isinstance(value, Number) else "json.Number"
        raise self.fail(node, f"wrong type for value; expected {kind}; got {shown}")


def _innermost(node: Node) -> Node:
    while node.kind in ("paren", "pipe", "command"):
        node = node.parts[-1]
    return node
