"""--format of the list verbs: table, table TEMPLATE, json, raw, or a template."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from azdock.docker.template_values import Struct, show
from azdock.output.table import layout

_FIELD = re.compile(r"\{\{\.(\w+)\}\}")


class FormatError(ValueError):
    """A --format docker would refuse; the text is docker's."""


@dataclass(frozen=True, slots=True)
class View:
    """One noun's list: Go's type name, headers by placeholder, and docker's own templates.

    `methods` are placeholders with one argument, for the header row. `strict` checks the template even with no rows,
    as ps does.
    """

    type_name: str
    headers: Mapping[str, str]
    table: str
    quiet: str = ""
    raw: str = ""
    methods: Mapping[str, Callable[[str], str]] = field(default_factory=dict)
    strict: bool = False
    template_wins: bool = False  # over --quiet, as with images
    hidden: frozenset[str] = frozenset()  # placeholders that JSON leaves out


def method(call: Callable[[str], Any]) -> Callable[[str], Any]:
    """Mark a function as a placeholder that takes one argument ({{.Label "key"}})."""
    call.arity = 1  # type: ignore[attr-defined]
    return call


def row(view: View, fields: Mapping[str, Any], methods: Mapping[str, Callable[[str], Any]] | None = None) -> Struct:
    """One row of a list: the placeholders' values, plus those with an argument."""
    document = {key: fields[key] for key in sorted(fields) if key not in view.hidden}
    return Struct(view.type_name, {**fields, **(methods or {})}, document=document, escape_html=True)


def render_list(view: View, rows: Sequence[Struct], format: str = "", *, quiet: bool = False) -> str:
    """The whole list as text. Raises FormatError in docker's wording.

    `rows` come from `row`. With `quiet` the format is ignored, unless the view lets a template win.
    """
    text = format
    if quiet and view.quiet and not (view.template_wins and format not in ("", "table")):
        text = view.quiet
    is_table = text in ("", "table") or text.startswith("table")
    if is_table:
        text = text.removeprefix("table").strip() or view.table
    elif text == "json":
        text = "{{json .}}"
    elif text == "raw" and view.raw:
        text = view.raw
    text = text.strip(" ").replace("\\t", "\t").replace("\\n", "\n")
    template = _parse(view, text)
    lines = [_apply(view, template, one) for one in rows]
    if not is_table:
        return "".join(f"{line}\n" for line in lines)
    header = Struct("formatter.SubHeaderContext", {**view.headers, **view.methods}, lenient=True)
    return layout([_header(view, text, header), *lines])


def check(view: View, format: str) -> None:
    """What ps does before it lists anything: a template that cannot work is refused. Raises FormatError."""
    text = format.removeprefix("table").strip() if format.startswith("table") else format
    if text in ("", "json", "raw"):
        return
    fields = dict.fromkeys(view.headers, "")
    methods = {name: method(lambda _: "") for name in view.methods}
    _apply(view, _parse(view, text), row(view, fields, methods))


class _Template(Protocol):
    def render(self, value: Any) -> str: ...


class _Fields:
    """A template of bare placeholders, as docker's default tables are: the whole engine takes 10 ms to import."""

    def __init__(self, text: str) -> None:
        self._pieces = _FIELD.split(text)  # text, name, text, name, ..., text

    def render(self, value: Struct) -> str:
        return "".join(show(value.fields[one]) if at % 2 else one for at, one in enumerate(self._pieces))


def _parse(view: View, text: str) -> _Template:
    if set(_FIELD.findall(text)) <= set(view.headers) and not set("{}") & set(_FIELD.sub("", text)):
        return _Fields(text)
    from azdock.docker.template import Template, TemplateSyntaxError

    try:
        return Template(text)
    except TemplateSyntaxError as error:
        raise FormatError(
            f"{'failed to parse template' if view.strict else 'template parsing error'}: {error}"
        ) from None


def _apply(view: View, template: _Template, one: Struct) -> str:
    if isinstance(template, _Fields):
        return template.render(one)
    from azdock.docker.template import TemplateExecError

    try:
        return template.render(one)
    except TemplateExecError as error:
        prefix = "failed to execute template" if view.strict else "template parsing error"
        raise FormatError(f"{prefix}: {error}") from None


# docker replaces these by the identity for the header row
_UNCHANGED = ("json", "join", "title", "lower", "upper", "truncate", "split")


def _header(view: View, text: str, header: Struct) -> str:
    plain = _parse(view, text)
    if isinstance(plain, _Fields):
        return plain.render(header)
    from azdock.docker.template import Template

    return _apply(view, Template(text, unchanged=_UNCHANGED), header)
