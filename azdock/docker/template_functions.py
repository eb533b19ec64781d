"""The functions of docker's templates: Go's builtin ones and those docker adds."""

from __future__ import annotations

import html as html_text
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus

from azdock.docker.template_printf import sprintf
from azdock.docker.template_values import NIL, JsonMap, Number, Struct, go_type, show, to_json


class CallError(ValueError):
    """A function refused its arguments; the text is Go's."""


@dataclass(frozen=True, slots=True)
class Function:
    """`kinds` are the Go types of the fixed arguments ("any" takes all); `variadic` allows more."""

    call: Callable[..., Any]
    kinds: tuple[str, ...]
    variadic: bool = False


def truth(value: Any) -> bool:
    """Go's idea of true: not zero, not empty, not nil; a struct always is."""
    if isinstance(value, Struct):
        return True
    return value is not NIL and bool(value)


def _length(value: Any) -> int:
    if isinstance(value, str):
        return len(value.encode())
    if isinstance(value, (list, dict)):
        return len(value)
    if value is None or value is NIL:
        raise CallError("len of nil pointer")
    raise CallError(f"len of type {go_type(value).lstrip('*')}")


def _index(value: Any, *places: Any) -> Any:
    for place in places:
        if isinstance(value, dict):
            if not isinstance(place, str):
                raise CallError(f"value has type {go_type(place)}; should be string")
            value = value.get(place, "" if not isinstance(value, JsonMap) else None)
        elif isinstance(value, (list, str)):
            items: Any = value.encode() if isinstance(value, str) else value
            value = items[_place(place, len(items) - 1)]
        elif value is None or value is NIL:
            raise CallError("index of nil pointer" if value is NIL else "index of untyped nil")
        else:
            raise CallError(f"can't index item of type {go_type(value)}")
    return value


def _place(place: Any, last: int) -> int:
    if isinstance(place, bool) or not isinstance(place, int):
        raise CallError(f"cannot index slice/array with type {go_type(place)}")
    if place < 0 or place > last:
        raise CallError(f"index out of range: {place}")
    return place


def _slice(value: Any, *places: Any) -> Any:
    if not isinstance(value, (str, list)):
        raise CallError(f"can't slice item of type {go_type(value)}")
    items: Any = value.encode() if isinstance(value, str) else value
    bounds = [_place(place, len(items)) for place in places]
    start = bounds[0] if bounds else 0
    stop = bounds[1] if len(bounds) > 1 else len(items)
    if start > stop:
        raise CallError(f"invalid slice index: {start} > {stop}")
    piece = items[start:stop]
    return piece.decode("utf-8", "replace") if isinstance(value, str) else type(value)(piece)


def _kind(value: Any) -> str:
    for kind, name in ((bool, "bool"), (int, "number"), (float, "float"), (str, "string")):
        if isinstance(value, kind):
            return name
    return ""


def _equal(first: Any, *others: Any) -> bool:
    if not others:
        raise CallError("missing argument for comparison")
    return any(_same(first, other) for other in others)


def _same(left: Any, right: Any) -> bool:
    if left is None or right is None or left is NIL or right is NIL:
        return (left is None or left is NIL) and (right is None or right is NIL)
    if _kind(left) != _kind(right):
        raise CallError("incompatible types for comparison")
    if not _kind(left):
        raise CallError(f"non-comparable type {show(left)}: {go_type(left)}")
    return bool(left == right)


def _less(left: Any, right: Any) -> bool:
    for value in (left, right):
        if not _kind(value):
            raise CallError("invalid type for comparison")
    if _kind(left) != _kind(right):
        raise CallError("incompatible types for comparison")
    if isinstance(left, bool):
        raise CallError("invalid type for comparison")
    return bool(left < right)


def _print(*values: Any) -> str:
    """Go's fmt.Sprint: a blank between two operands when neither is a string."""
    text = ""
    for place, value in enumerate(values):
        if place and not isinstance(value, str) and not isinstance(values[place - 1], str):
            text += " "
        text += show(value)
    return text


def _each(change: Callable[[str], str], text: str) -> str:
    # Go maps one character to one character: ß stays
    return "".join(new if len(new := change(one)) == 1 else one for one in text)


def _title(text: str) -> str:
    return re.sub(r"(?<![\w])[^\W\d_]", lambda match: match[0].upper(), text)


def _js(*values: Any) -> str:
    table = {"\\": "\\\\", "'": "\\'", '"': '\\"', "<": "\\u003C", ">": "\\u003E", "&": "\\u0026", "=": "\\u003D"}
    return "".join(table.get(one) or (f"\\u{ord(one):04X}" if one < " " else one) for one in _print(*values))


def _html(*values: Any) -> str:
    return html_text.escape(_print(*values)).replace("&quot;", "&#34;").replace("&#x27;", "&#39;")


def _truncate(text: str, size: int) -> str:
    return text.encode()[: max(size, 0)].decode("utf-8", "ignore")


_ANY = ("any",)
FUNCTIONS: dict[str, Function] = {
    # and, or, call are resolved by the evaluator, which must not evaluate all their arguments
    "and": Function(lambda *values: values[-1], _ANY, True),
    "or": Function(lambda *values: values[-1], _ANY, True),
    "call": Function(lambda *values: values[0], _ANY, True),
    "not": Function(lambda value: not truth(value), _ANY),
    "eq": Function(_equal, _ANY, True),
    "ne": Function(lambda left, right: not _same(left, right), ("any", "any")),
    "lt": Function(_less, ("any", "any")),
    "le": Function(lambda left, right: _less(left, right) or _same(left, right), ("any", "any")),
    "gt": Function(lambda left, right: not (_less(left, right) or _same(left, right)), ("any", "any")),
    "ge": Function(lambda left, right: not _less(left, right), ("any", "any")),
    "len": Function(_length, _ANY),
    "index": Function(_index, _ANY, True),
    "slice": Function(_slice, _ANY, True),
    "print": Function(_print, (), True),
    "println": Function(lambda *values: " ".join(map(show, values)) + "\n", (), True),
    "printf": Function(sprintf, ("string",), True),
    "html": Function(_html, (), True),
    "js": Function(_js, (), True),
    "urlquery": Function(lambda *values: quote_plus(_print(*values)), (), True),
    "json": Function(to_json, _ANY),
    "split": Function(lambda text, separator: text.split(separator) if separator else list(text), ("string", "string")),
    "join": Function(lambda values, separator: separator.join(values), ("[]string", "string")),
    "title": Function(_title, ("string",)),
    "lower": Function(lambda text: _each(str.lower, text), ("string",)),
    "upper": Function(lambda text: _each(str.upper, text), ("string",)),
    "pad": Function(
        lambda text, before, after: " " * before + text + " " * after if text else "", ("string", "int", "int")
    ),
    "truncate": Function(_truncate, ("string", "int")),
}


def fits(value: Any, kind: str) -> bool:
    """True when a value may be passed where Go's type `kind` is wanted."""
    if kind == "any":
        return True
    if kind == "string":
        return isinstance(value, str) and not isinstance(value, Number)
    return go_type(value) == kind
