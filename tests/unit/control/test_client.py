"""Finding and starting control processes."""

from __future__ import annotations

from pathlib import Path

import pytest

from azdock.control.client import PERSIST_SECONDS, Control, persist
from azdock.docker.channels import ExecRequest
from azdock.errors import AzdockError
from azdock.settings import EMBEDDED, Settings


@pytest.mark.parametrize(("text", "seconds"), [("", PERSIST_SECONDS), ("0", 0), ("7.5", 7.5)])
def test_how_long(text: str, seconds: float) -> None:
    """The environment says how long a process waits for the next command."""
    assert persist({"AZDOCK_CONTROL_PERSIST": text}) == seconds


@pytest.mark.parametrize("text", ["soon", "-1", "inf", "nan"])
def test_nonsense(text: str) -> None:
    """Anything but a number of seconds is an error that names the variable."""
    with pytest.raises(AzdockError, match=f"AZDOCK_CONTROL_PERSIST={text}"):
        persist({"AZDOCK_CONTROL_PERSIST": text})


def test_none_is_wanted(tmp_path: Path) -> None:
    """With 0 nothing is started or asked; with --debug nothing is started, for the wire must be seen."""
    request = ExecRequest(("true",))
    off = Control(Settings(home=tmp_path, context=EMBEDDED), {"AZDOCK_CONTROL_PERSIST": "0"}, print)
    assert off.run("c" * 64, request, begin=True) is None and not off.serves("c" * 64)
    debug = Control(Settings(home=tmp_path, context=EMBEDDED, debug=True), {}, print)
    assert debug.run("c" * 64, request, begin=True) is None
    assert list(tmp_path.iterdir()) == []


def test_nobody_serves(tmp_path: Path) -> None:
    """Who only asks starts nothing."""
    control = Control(Settings(home=tmp_path, context=EMBEDDED), {}, print)
    assert not control.serves("c" * 64)
    assert control.run("c" * 64, ExecRequest(("true",)), begin=False) is None
    assert list(tmp_path.iterdir()) == []
