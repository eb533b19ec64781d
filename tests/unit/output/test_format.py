"""--format: mistakes, and when they are found."""

from __future__ import annotations

import pytest

from azdock.docker.template import Template
from azdock.output import format
from azdock.output.containers import container_view
from azdock.output.format import FormatError, View, check, render_list, row

PS = container_view()
PLAIN = View("*formatter.thing", {"A": "AAA"}, "{{.A}}")


@pytest.mark.parametrize(
    ("format", "message"),
    [
        ("{{.Nope}}", "at <.Nope>: can't evaluate field Nope in type *formatter.ContainerContext"),
        ("table {{.Nope}}", "at <.Nope>: can't evaluate field Nope in type *formatter.ContainerContext"),
        ("{{.Label}}", "at <.Label>: wrong number of args for Label: want 1 got 0"),
        ('{{.Label "a" "b"}}', "at <.Label>: wrong number of args for Label: want 1 got 2"),
        ("{{index .Labels 1}}", "at <index .Labels 1>: error calling index: index out of range: 1"),
    ],
)
def test_check(format: str, message: str) -> None:
    """A template that cannot work is refused before anything is listed."""
    with pytest.raises(FormatError) as bad:
        check(PS, format)
    assert str(bad.value).startswith("failed to execute template: template: :1:")
    assert str(bad.value).endswith(message)


@pytest.mark.parametrize("format", ["", "json", "raw", "table", "{{.Names}}", 'table {{.Label "a"}}', "text"])
def test_check_accepts(format: str) -> None:
    """A template that may work is accepted."""
    check(PS, format)


@pytest.mark.parametrize(
    ("view", "format", "message"),
    [
        (PS, "{{", "failed to parse template: template: :1: unclosed action"),
        (PS, "{{nofunc}}", 'failed to parse template: template: :1: function "nofunc" not defined'),
        (PLAIN, "{{", "template parsing error: template: :1: unclosed action"),
    ],
)
def test_broken(view: View, format: str, message: str) -> None:
    """A template that does not parse is refused even with no rows."""
    with pytest.raises(FormatError) as bad:
        render_list(view, [], format)
    assert str(bad.value) == message


def test_lenient_views_find_mistakes_with_rows_only() -> None:
    """Other lists than ps look at a placeholder when there is a row."""
    assert render_list(PLAIN, [], "{{.Nope}}") == ""
    with pytest.raises(FormatError, match=r"^template parsing error: .* field Nope in type "):
        render_list(PLAIN, [row(PLAIN, {"A": 1})], "{{.Nope}}")


@pytest.mark.parametrize(
    ("format", "text"),
    [("", "AAA\n1\n"), ("{{.A}}\\t{{.A}}\\n", "1\t1\n\n"), (" {{.A}} ", "1\n"), ("table", "AAA\n1\n")],
)
def test_escapes(format: str, text: str) -> None:
    """Backslash t and n become a tab and a newline, and blanks around a template go."""
    assert render_list(PLAIN, [row(PLAIN, {"A": 1})], format) == text


def test_no_rows() -> None:
    """Without rows a table is its header, and any other format is nothing."""
    assert render_list(PLAIN, []) == "AAA\n"
    assert render_list(PLAIN, [], "json") == ""


def test_hidden() -> None:
    """A placeholder may stay out of the JSON."""
    view = View("x", {"A": "A", "B": "B"}, "{{.A}}", hidden=frozenset({"B"}))
    one = row(view, {"B": 2, "A": 1})
    assert render_list(view, [one], "json") == '{"A":1}\n'
    assert render_list(view, [one], "{{.B}}") == "2\n"


@pytest.mark.parametrize("text", ["{{.ID}}", "{{.ID}}\t{{.Names}}", "a {{.Ports}}|{{.Size}} b", "no placeholders"])
def test_bare_placeholders_need_no_engine(text: str) -> None:
    """The shortcut for templates of bare placeholders prints what the template engine prints."""
    view = container_view(size=True)
    one = row(view, {name: f"<{name}>" for name in view.headers})
    assert isinstance(format._parse(view, text), format._Fields)
    assert render_list(view, [one], text) == Template(text).render(one) + "\n"


@pytest.mark.parametrize("text", ["{{.Nope}}", "{{ .ID }}", "{{json .ID}}", "{{.ID", "{{.ID}}}"])
def test_everything_else_needs_the_engine(text: str) -> None:
    """Whatever is not a known bare placeholder goes to the template engine, which knows docker's error texts."""
    view = container_view(size=True)
    try:
        assert not isinstance(format._parse(view, text), format._Fields)
    except format.FormatError as refused:
        assert "failed to parse template" in str(refused)
