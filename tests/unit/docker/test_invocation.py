"""How an answer becomes an exit code."""

from __future__ import annotations

import pytest

from azdock.docker.invocation import exit_code


@pytest.mark.parametrize(
    ("status", "header", "code"),
    [
        (200, None, 0),
        (204, None, 0),
        (299, None, 0),
        (302, None, 1),
        (404, None, 1),
        (500, None, 1),
        (200, "7", 7),
        (500, "0", 0),
        (200, " 255 ", 255),
        (200, "256", 0),
        (200, "-1", 0),
        (500, "seven", 1),
        (200, "", 0),
    ],
)
def test_exit_code(status: int, header: str | None, code: int) -> None:
    """The header where it is an exit code, else the status: 2xx is success, everything else is not."""
    assert exit_code(status, header) == code
