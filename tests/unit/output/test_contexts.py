"""The context ls view."""

from __future__ import annotations

import pytest

from azdock.output.contexts import CONTEXT_VIEW, context_row
from azdock.output.format import render_list

ROWS = [
    context_row(name="local", description="here", endpoint="http://localhost:1", current=True),
    context_row(name="work", description="", endpoint="eu", current=False, error="gone"),
]


@pytest.mark.parametrize(
    ("format", "quiet", "text"),
    [
        (
            "",
            False,
            "NAME      DESCRIPTION   DOCKER ENDPOINT      ERROR\n"
            "local *   here          http://localhost:1   \n"
            "work                    eu                   gone\n",
        ),
        ("", True, "local\nwork\n"),
        ("{{.Error}}", True, "local\nwork\n"),
        ("table {{.Current}}|{{.Name}}", False, "<no value>|NAME\ntrue|local\nfalse|work\n"),
        ("raw", False, "raw\nraw\n"),
        ("{{json .}}", False, None),
    ],
)
def test_list(format: str, quiet: bool, text: str | None) -> None:
    """The context in use has a star in the table; a raw format is printed as it stands."""
    expected = text or (
        '{"Current":true,"Description":"here","DockerEndpoint":"http://localhost:1","Error":"","Name":"local"}\n'
        '{"Current":false,"Description":"","DockerEndpoint":"eu","Error":"gone","Name":"work"}\n'
    )
    assert render_list(CONTEXT_VIEW, ROWS, format, quiet=quiet) == expected
