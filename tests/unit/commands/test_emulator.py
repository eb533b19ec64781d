"""azdock emulator: flags and texts; what the daemon does is tested with the emulator."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from azdock.emulator import daemon, switches
from tests.support.fakes import Result, World, azdock

FACTS = {"pid": 1, "url": "http://127.0.0.1:1", "tls_url": None}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[tuple[Any, ...]]:
    """What the daemon was asked; it runs."""
    calls: list[tuple[Any, ...]] = []
    log = tmp_path / "log"
    log.write_bytes(b"line\n")
    monkeypatch.setattr(daemon, "start", lambda home, options: calls.append(("start", home, options)) or FACTS)
    monkeypatch.setattr(daemon, "serve", lambda home, options: calls.append(("serve", home, options)) or 0)
    monkeypatch.setattr(daemon, "stop", lambda home: calls.append(("stop", home)) or True)
    monkeypatch.setattr(daemon, "status", lambda _home: FACTS)
    monkeypatch.setattr(daemon, "reset", lambda home: calls.append(("reset", home)))
    monkeypatch.setattr(daemon, "token", lambda _home: "secret")
    monkeypatch.setattr(daemon, "log_file", lambda _home: log)
    return calls


def run(*argv: str) -> Result:
    return azdock("emulator", *argv, world=World(environ={"AZDOCK_HOME": "/h"}))


@pytest.mark.parametrize(
    ("argv", "call"),
    [
        (("start",), ("start", Path("/h"), daemon.Options())),
        (
            ("start", "--port", "80", "--tls", "--runtime", "engine", "--realistic"),
            ("start", Path("/h"), daemon.Options(port=80, tls=True, runtime="engine", manner="realistic")),
        ),
        (("start", "--foreground", "--fast"), ("serve", Path("/h"), daemon.Options())),
        (("start", "--nasty"), ("start", Path("/h"), daemon.Options(manner="nasty"))),
        (("stop",), ("stop", Path("/h"))),
        (("reset",), ("reset", Path("/h"))),
    ],
)
def test_daemon_is_asked(asked: list[tuple[Any, ...]], argv: tuple[str, ...], call: tuple[Any, ...]) -> None:
    """Flags become options."""
    assert run(*argv).code == 0
    assert asked == [call]


@pytest.mark.usefixtures("asked")
def test_texts() -> None:
    """Status as text and JSON, the token, the log."""
    assert run("start").out == "http://127.0.0.1:1\n"
    assert run("status").out == "pid:     1\nurl:     http://127.0.0.1:1\ntls_url:\n"
    assert '"url": "http://127.0.0.1:1"' in run("status", "--format", "json").out
    assert run("token").out == "secret\n"
    assert run("logs").out == "line\n"


@pytest.mark.parametrize(
    "argv",
    [("start", "--runtime", "x"), ("start", "--fast", "--realistic"), ("start", "--port", "70000"),
     ("start", "--nasty", "--realistic"), ("status", "--format", "xml"), ("set", "--format", "xml")],
)  # fmt: skip
@pytest.mark.usefixtures("asked")
def test_mistakes(argv: tuple[str, ...]) -> None:
    """125, before anything is done."""
    assert run(*argv).code == 125


@pytest.mark.usefixtures("asked")
def test_behaviour(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without arguments every behaviour is printed; with them the changes are sent, and nothing is printed."""
    sent: list[dict[str, Any]] = []

    def behaviour(_home: Path, changes: dict[str, Any]) -> dict[str, Any]:
        sent.append(changes)
        return {"grace": 3.0, "full_tag": True, "log_destination": "", **changes}

    monkeypatch.setattr(switches, "behaviour", behaviour)
    assert run("set").out == "grace=3\nfull_tag=true\nlog_destination=\n"
    assert run("set", "grace=1.5", "full-tag=false", "log_destination=none").out == ""
    assert sent == [{}, {"grace": 1.5, "full_tag": False, "log_destination": "none"}]
    assert '"grace": 1.5' in run("set", "--format", "json", "grace=1.5").out


@pytest.mark.usefixtures("asked")
def test_a_behaviour_needs_a_name_and_a_value() -> None:
    """What is no NAME=VALUE is refused with an example of the form."""
    result = run("set", "grace")
    assert (result.err, result.code) == ("grace: must be NAME=VALUE\n", 1)


@pytest.mark.parametrize("verb", ["status", "token", "set"])
def test_not_running(monkeypatch: pytest.MonkeyPatch, verb: str) -> None:
    """One sentence, and the next command to type."""
    monkeypatch.setattr(daemon, "status", lambda _home: None)
    result = run(verb)
    assert (result.err, result.code) == ("the embedded Azure does not run\nhint: azdock emulator start\n", 1)


def test_what_the_daemon_refuses(tmp_path: Path) -> None:
    """A failure of the daemon is its own sentence and code 1, without a traceback."""
    (tmp_path / "emulator").mkdir()
    (tmp_path / "emulator" / "start.lock").mkdir()
    result = azdock("emulator", "start", world=World(environ={"AZDOCK_HOME": str(tmp_path)}))
    assert result.code == 1 and "the emulator cannot use" in result.err
