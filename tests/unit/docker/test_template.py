"""Templates: docker's own outputs, recorded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from azdock.docker.inspect import go_view
from azdock.docker.template import Struct, Template, TemplateExecError, TemplateSyntaxError

RECORDED = json.loads((Path(__file__).parent / "data" / "inspect.json").read_text())
PREFIX = "template parsing error: "


def render(text: str, value: Any, *, json_fallback: bool = False) -> str:
    """What docker prints, an error included."""
    try:
        return Template(text).render(value, json_fallback=json_fallback)
    except (TemplateSyntaxError, TemplateExecError) as bad:
        return f"{PREFIX}{bad}"


@pytest.mark.parametrize("case", RECORDED["cases"], ids=[case["template"] for case in RECORDED["cases"]])
def test_as_recorded(case: dict[str, str]) -> None:
    """A template gives what docker inspect -f gave, output or error."""
    view = go_view(RECORDED["document"])
    assert render(case["template"], view, json_fallback=True) == case.get("error", case.get("output"))


@pytest.mark.parametrize(
    ("text", "kind"),
    [("{{", TemplateSyntaxError), ("{{nofunc}}", TemplateSyntaxError), ("{{.Nope}}", TemplateExecError)],
)
def test_kinds_of_mistakes(text: str, kind: type[Exception]) -> None:
    """A mistake in the text is told apart from one that only the value shows."""
    with pytest.raises(kind):
        Template(text).render(Struct("x.Y", {"A": 1}))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("{{print 999999.5}} {{print 1000000.0}} {{print 1234567.0}}", "999999.5 1e+06 1.234567e+06"),
        ("{{print 0.0001}} {{print 0.00001}} {{print 1e20}}", "0.0001 1e-05 1e+20"),
        ("{{print 100000.0}} {{print 0.0}} {{print -1.5}}", "100000 0 -1.5"),
        ('{{printf "%q" "\\x7f\\v\\x00\\u2028\\a"}}', '"\\x7f\\v\\x00\\u2028\\a"'),
        ('{{printf "%q" "é\\\\u00zz"}}', '"é\\\\u00zz"'),
        ('{{json "a<b\\u2028"}}', '"a<b\\u2028"'),
        ("{{- 1 -}}  x", "1x"),
        ('{{println "a" 1}}', "a 1\n"),
        ("{{range $i, $v := .L}}{{$i}}={{$v}};{{else}}none{{end}}", "0=a;1=b;"),
        ("{{range .L}}{{if eq . `b`}}{{break}}{{end}}{{.}}{{end}}", "a"),
        ("{{range .L}}{{if eq . `a`}}{{continue}}{{end}}{{.}}{{end}}", "b"),
        ("{{range .M}}{{.}}{{end}} {{.M}} {{.L}}", "12 map[a:1 b:2] [a b]"),
        ("{{title `a b`}} {{lower `A`}} {{pad `` 1 1}}|{{join .L `,`}}", "A B a |a,b"),
        ("{{or 0 `x`}} {{and 1 0}} {{not 0}} {{ne 1 2}} {{le 1 1}} {{gt 2 1}}", "x 0 true true true true"),
        ("{{$x := 1}}{{if true}}{{$x = 2}}{{end}}{{$x}}", "2"),
    ],
)
def test_evaluation(text: str, shown: str) -> None:
    """Go's rules for values, variables, loops and functions hold."""
    assert render(text, Struct("x.Y", {"L": ["a", "b"], "M": {"b": "2", "a": "1"}})) == shown


def test_unchanged_functions() -> None:
    """For a header row functions give back the header; pad still works."""
    template = Template("{{upper .A}}|{{json .A}}|{{pad .A 1 1}}", unchanged=["upper", "json"])
    assert template.render(Struct("x", {"A": "ab"})) == "ab|ab| ab "
