"""Finding the embedded Azure, or starting it."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from azdock.azure import embedded
from azdock.errors import Unreachable

FACTS = dict.fromkeys(embedded.Embedded.__slots__, "x")


def write(home: Path, pid: int, **changes: Any) -> None:
    (home / "emulator").mkdir(exist_ok=True)
    (home / "emulator" / "status.json").write_text(json.dumps({**FACTS, "pid": pid, **changes}))


def dead_pid() -> int:
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    return done.pid


class Starter:
    """Stands for the process that starts an emulator."""

    def __init__(self, home: Path, code: int = 0, said: str = "", writes: bool = True) -> None:
        self.home, self.code, self.said, self.writes = home, code, said, writes
        self.calls: list[tuple[list[str], dict[str, str]]] = []

    def __call__(self, command: list[str], *, env: dict[str, str], **_rest: Any) -> Any:
        self.calls.append((command, env))
        if self.writes:
            write(self.home, os.getpid())
        return subprocess.CompletedProcess(command, self.code, "", self.said)


def test_found(tmp_path: Path) -> None:
    """A status file whose process lives is enough."""
    write(tmp_path, os.getpid(), url="http://127.0.0.1:1", runtime="sandbox")
    found = embedded.ensure(tmp_path)
    assert found.url == "http://127.0.0.1:1"


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"pid": 1}'])
def test_half_written(tmp_path: Path, text: str) -> None:
    """A file that is being written counts as none."""
    (tmp_path / "emulator").mkdir()
    (tmp_path / "emulator" / "status.json").write_text(text)
    assert embedded.find(tmp_path) is None


def test_dead(tmp_path: Path) -> None:
    """A status file that its process left behind counts as none."""
    write(tmp_path, dead_pid())
    assert embedded.find(tmp_path) is None


def test_number_of_another_process(tmp_path: Path) -> None:
    """A living process that does not hold the server's lock is somebody else's."""
    write(tmp_path, os.getpid())
    with open(tmp_path / embedded.LOCK_FILE, "wb") as file:
        assert embedded.find(tmp_path) is None
        fcntl.flock(file, fcntl.LOCK_EX)
        assert embedded.find(tmp_path) is not None


def test_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without one it is started, for this home."""
    starter = Starter(tmp_path)
    monkeypatch.setattr(subprocess, "run", starter)
    assert embedded.ensure(tmp_path).pid == os.getpid()
    command, environ = starter.calls[0]
    assert command[1:] == ["-m", "azdock", "emulator", "start"]
    assert environ["AZDOCK_HOME"] == str(tmp_path)


@pytest.mark.parametrize(("said", "shown"), [("first\nno bubblewrap\n", "no bubblewrap"), ("", "no message")])
def test_start_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, shown: str) -> None:
    """The last line of what the start printed is the reason."""
    monkeypatch.setattr(subprocess, "run", Starter(tmp_path, 1, said, writes=False))
    with pytest.raises(Unreachable, match=f"did not start: {shown}") as caught:
        embedded.ensure(tmp_path)
    assert caught.value.hint == "azdock emulator logs"


def test_start_that_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A start that takes too long is an error, not a hang."""

    def late(*args: Any, **rest: Any) -> None:
        raise subprocess.TimeoutExpired("azdock", 60)

    monkeypatch.setattr(subprocess, "run", late)
    with pytest.raises(Unreachable, match="within 60 seconds"):
        embedded.ensure(tmp_path)


def test_secret(tmp_path: Path) -> None:
    """The secret is read when it is needed; its absence is an error."""
    write(tmp_path, os.getpid(), client_secret_file=str(tmp_path / "secret"))
    found = embedded.ensure(tmp_path)
    with pytest.raises(Unreachable, match="secret"):
        embedded.secret(found)
    (tmp_path / "secret").write_text("s3\n")
    assert embedded.secret(found) == "s3"
