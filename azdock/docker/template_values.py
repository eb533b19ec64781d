"""The values a template works on, and how Go prints them and writes them as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any


class Struct:
    """A Go struct: ordered fields, or methods as callables. `document` is its JSON form where that differs.

    With `lenient` a missing field is "<no value>", as with a map. `escape_html` is Go's json.Marshal habit.
    """

    def __init__(
        self,
        type_name: str,
        fields: Mapping[str, Any],
        *,
        document: Any = None,
        lenient: bool = False,
        escape_html: bool = False,
    ) -> None:
        self.type_name = type_name
        self.fields = dict(fields)
        self.document = self.fields if document is None else document
        self.lenient = lenient
        self.escape_html = escape_html


class Number(str):
    """json.Number: a number of decoded JSON, which Go keeps as text."""


class JsonList(list[Any]):
    """[]interface {} of decoded JSON."""


class JsonMap(dict[str, Any]):
    """map[string]interface {} of decoded JSON; a missing key is an error."""


class NilList(list[Any]):
    """A nil slice: prints as [], null in JSON."""


class NilMap(dict[str, Any]):
    """A nil map: prints as map[], null in JSON."""


class _Nil:
    """A typed nil pointer."""


NIL = _Nil()
_ESCAPES = {"\\": "\\\\", '"': '\\"'} | {
    code: f"\\{name}" for code, name in zip("\a\b\f\n\r\t\v", "abfnrtv", strict=True)
}


def decoded(document: Any) -> Any:
    """A JSON document as Go decodes it into an interface with UseNumber."""
    if isinstance(document, Mapping):
        return JsonMap({key: decoded(value) for key, value in document.items()})
    if isinstance(document, (list, tuple)):
        return JsonList(decoded(value) for value in document)
    if isinstance(document, (int, float)) and not isinstance(document, bool):
        return Number(json.dumps(document))
    return document


def go_type(value: Any) -> str:
    """The name Go's %T gives the value's type."""
    names: tuple[tuple[type, str], ...] = (
        (bool, "bool"), (int, "int"), (float, "float64"), (Number, "json.Number"), (str, "string"),
        (JsonList, "[]interface {}"), (list, "[]string"),
        (JsonMap, "map[string]interface {}"), (dict, "map[string]string"),
    )  # fmt: skip
    if isinstance(value, Struct):
        return value.type_name
    return next((name for kind, name in names if isinstance(value, kind)), "<nil>")


def show(value: Any, *, quote: bool = False, plus: bool = False) -> str:
    """The value as %v prints it; `quote` is %q, `plus` is %+v."""
    if value is None or value is NIL:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return quoted(value) if quote else str(value)
    if isinstance(value, float):
        return show_float(value)
    if isinstance(value, (list, tuple)):
        return "[" + " ".join(show(one, quote=quote, plus=plus) for one in value) + "]"
    if isinstance(value, dict):
        shown = (f"{show(key, quote=quote)}:{show(value[key], quote=quote, plus=plus)}" for key in sorted(value))
        return f"map[{' '.join(shown)}]"
    if isinstance(value, Struct):
        parts = (
            (f"{key}:" if plus else "") + show(one, quote=quote, plus=plus)
            for key, one in value.fields.items()
            if not callable(one)
        )
        return "{" + " ".join(parts) + "}"
    return str(value)


def show_float(value: float) -> str:
    """%v of a float64: the shortest form that reads back, with an exponent from 1e6 on and below 1e-4."""
    shortest = Decimal(repr(value)).normalize()
    power = shortest.adjusted()
    if -4 <= power < 6 or not value:
        return f"{shortest:f}"
    mantissa = f"{shortest.scaleb(-power):f}"
    return f"{mantissa}e{'-' if power < 0 else '+'}{abs(power):02d}"


def quoted(text: str) -> str:
    """Go's %q of a string."""
    return '"' + "".join(_ESCAPES.get(one) or _readable(one) for one in text) + '"'


def _readable(character: str) -> str:
    code = ord(character)
    if character.isprintable():
        return character
    return f"\\x{code:02x}" if code < 0x80 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def unquote(body: str) -> str | None:
    """What is between the quotes of a Go string literal, escapes resolved; None when an escape is wrong."""
    simple = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
    pattern = re.compile(
        r"\\(?:([abfnrtv\\'\"])|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.|$))"
    )
    wrong = False

    def resolve(match: re.Match[str]) -> str:
        nonlocal wrong
        if match[1]:
            return simple.get(match[1], match[1])
        if match[5]:
            return chr(int(match[5], 8))
        if match[6] is not None:
            wrong = True
            return ""
        return chr(int(match[2] or match[3] or match[4], 16))

    text = pattern.sub(resolve, body)
    return None if wrong else text


def to_json(value: Any) -> str:
    """Compact JSON as Go writes it: struct fields in order, map keys sorted, HTML escaped if the struct asks for it."""
    text = json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"))
    text = _NUMBER_MARK.sub(r"\1", text)
    text = text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    if isinstance(value, Struct) and value.escape_html:
        text = text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return text


_NUMBER_MARK = re.compile(r'"\\u0000number:([^"]*)"')


def _plain(value: Any) -> Any:
    if value is NIL or isinstance(value, (NilList, NilMap)):
        return None
    if isinstance(value, Number):
        return f"\0number:{value}"
    if isinstance(value, Struct):
        document = value.document
        if document is value.fields:
            return {key: _plain(one) for key, one in document.items() if not callable(one)}
        # a struct's own JSON keeps the order of its fields
        return document
    if isinstance(value, dict):
        return {key: _plain(value[key]) for key in sorted(value)}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return value
