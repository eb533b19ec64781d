"""Go's fmt.Sprintf for the values of templates."""

from __future__ import annotations

import re
from typing import Any

from azdock.docker.template_values import Number, go_type, quoted, show

_VERB = re.compile(r"%([-+# 0]*)(\d+|\*)?(?:\.(\d*|\*))?(.|$)", re.DOTALL)


def sprintf(template: str, *arguments: Any) -> str:
    """The template with its verbs replaced; mistakes are shown the way Go shows them ("%!d(string=x)")."""
    rest = list(arguments)

    def replace(match: re.Match[str]) -> str:
        flags, width, precision, verb = match.groups()
        if verb == "%":
            return "%"
        if not verb:
            return "%!(NOVERB)"
        size = rest.pop(0) if width == "*" and rest else width
        digits = rest.pop(0) if precision == "*" and rest else precision
        if not rest:
            return f"%!{verb}(MISSING)"
        return _pad(
            _verb(rest.pop(0), verb, flags, None if digits is None else int(digits or 0)), flags, int(size or 0)
        )

    text = _VERB.sub(replace, template)
    if rest:
        text += "%!(EXTRA " + ", ".join(f"{go_type(one)}={show(one)}" for one in rest) + ")"
    return text


def _pad(text: str, flags: str, width: int) -> str:
    if "-" in flags:
        return text.ljust(width)
    if "0" in flags and re.fullmatch(r"[+-]?[0-9a-fA-F.]+", text):
        return text.zfill(width)
    return text.rjust(width)


def _verb(value: Any, verb: str, flags: str, digits: int | None) -> str:
    if isinstance(value, (list, tuple)) and verb not in "vT":
        return "[" + " ".join(_verb(one, verb, flags, digits) for one in value) + "]"
    if verb == "T":
        return go_type(value)
    if verb == "v":
        return show(value, plus="+" in flags) if "#" not in flags or not isinstance(value, str) else quoted(value)
    text = _typed(value, verb, digits)
    if text is None:
        return f"%!{verb}({go_type(value)}={show(value)})" if value is not None else f"%!{verb}(<nil>)"
    if "+" in flags and isinstance(value, (int, float)) and not text.startswith("-"):
        return f"+{text}"
    return text


def _typed(value: Any, verb: str, digits: int | None) -> str | None:
    if isinstance(value, bool):
        return show(value) if verb == "t" else None
    if isinstance(value, int):
        if verb in "dboxX":
            return format(value, verb)
        return _character(value, verb)
    if isinstance(value, float):
        return format(value, f".{6 if digits is None else digits}{verb}") if verb in "feEgG" else None
    if isinstance(value, (str, Number)):
        cut = str(value) if digits is None else str(value)[:digits]
        forms = {"s": cut, "q": quoted(cut), "x": cut.encode().hex(), "X": cut.encode().hex().upper()}
        return forms.get(verb)
    return show(value, quote=verb == "q") if verb in "sq" and value is not None else None


def _character(code: int, verb: str) -> str | None:
    if verb == "c":
        return chr(code)
    if verb == "q":
        return f"'{chr(code)}'"
    return f"U+{code:04X}" if verb == "U" else None
