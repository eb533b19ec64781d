"""A home of its own with real azdock processes and a real emulator in the background."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from azdock import wire
from azdock.azure.jobs import import_sdk
from azdock.cli.env import Env
from azdock.cli.main import main
from azdock.cli.streams import In, Out, Streams
from azdock.emulator import daemon

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 40.0  # seconds; nothing here may take longer, however loaded the machine is
IMAGE = "azdock/host"


def _warm() -> None:
    """Import what every quick() would otherwise import again."""
    import_sdk()
    for name in ("cli.app", "cli.verb", "commands.run", "commands.ps", "services.lifecycle", "services.listing"):
        importlib.import_module(f"azdock.{name}")


_warm()


@dataclass(frozen=True)
class Result:
    """What a command printed and returned."""

    out: str
    err: str
    code: int

    def check(self) -> Result:
        """Itself, when it succeeded."""
        assert self.code == 0, self
        return self


@dataclass(frozen=True)
class Machine:
    """Runs azdock against `home`."""

    home: Path
    begun: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def environ(self) -> dict[str, str]:
        """The environment of its processes."""
        path = os.pathsep.join(one for one in (str(ROOT), os.environ.get("PYTHONPATH", "")) if one)
        return {**os.environ, "AZDOCK_HOME": str(self.home), "PYTHONPATH": path}

    def begin(self, *argv: str, **options: Any) -> subprocess.Popen[str]:
        """An azdock process with pipes for its output; close it with end()."""
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        made = subprocess.Popen([sys.executable, "-m", "azdock", *argv], env=self.environ, text=True, **streams)
        self.begun.append(made)
        return made

    def run(self, *argv: str) -> Result:
        """An azdock process to its end."""
        return end(self.begin(*argv))

    def quick(self, *argv: str, first: Callable[[], object] = lambda: None) -> Result:
        """The same in a fork of this process, which saves the imports; `first` is called there before azdock is."""
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            child = os.fork()
            if child == 0:
                code = 70
                try:
                    first()
                    with open(os.devnull, "rb") as nothing:
                        code = main(argv, Env(Streams(Out(out), Out(err), In(nothing)), self.environ))
                finally:
                    os._exit(code)
            _, status = os.waitpid(child, 0)
            texts = [(stream.seek(0), stream.read().decode())[1] for stream in (out, err)]
        return Result(*texts, os.waitstatus_to_exitcode(status))

    def start(self) -> dict[str, Any]:
        """Have the emulator run, impatient with containers that do not end; its facts."""
        self.run("emulator", "start", "--fast").check()
        facts = self.facts
        url = f"{facts['url']}/_azdock/behaviour"
        httpx.patch(url, json={"grace": 0.2}, headers=self._headers, timeout=LIMIT).raise_for_status()
        return facts

    @property
    def facts(self) -> dict[str, Any]:
        """What `emulator status` tells; {} when it does not run."""
        return daemon.status(self.home) or {}

    @property
    def state(self) -> Path:
        """The state file of the context local."""
        return self.home / "state-local.json"

    def names(self) -> list[str]:
        """The names that `ps -a` shows, sorted."""
        return sorted(self.quick("ps", "-a", "--format", "{{.Names}}").check().out.split())

    def jobs(self) -> list[str]:
        """The container names of all jobs on the emulator, sorted."""
        return sorted(job["tags"]["azdock-name"] for job in self._list())

    def runs(self, name: str) -> list[str]:
        """The executions of a container's job, newest first."""
        job = next(one["name"] for one in self._list() if one["tags"]["azdock-name"] == name)
        return [one["name"] for one in self._list(f"/{job}/executions")]

    def _list(self, under: str = "") -> list[dict[str, Any]]:
        facts = self.facts
        group = f"/subscriptions/{facts['subscription_id']}/resourceGroups/{facts['resource_group']}"
        url = f"{facts['url']}{group}/providers/{wire.APP_NAMESPACE}/jobs{under}?api-version={wire.APP_API_VERSION}"
        found: list[dict[str, Any]] = httpx.get(url, headers=self._headers, timeout=LIMIT).json()["value"]
        return found

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {daemon.token(self.home)}"}

    def snapshot(self, text: str) -> None:
        """Wait until the emulator's snapshot on the disk contains `text`."""
        path = self.home / "emulator" / "world.json"
        until(lambda: path.exists() and text in path.read_text(encoding="utf-8"))


@contextmanager
def machine(home: Path) -> Iterator[Machine]:
    """A machine whose emulator is ended at the end, with everything that runs in it."""
    made = Machine(home)
    try:
        yield made
    finally:
        for process in made.begun:
            if process.poll() is None:
                process.kill()
                process.communicate()
        if made.facts:
            made.run("emulator", "stop").check()


def end(process: subprocess.Popen[str], limit: float = LIMIT) -> Result:
    """Wait for a process; one that does not end is killed, and the test fails."""
    try:
        out, err = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        raise AssertionError(f"no end within {limit:.0f} s; stdout {out!r}, stderr {err!r}") from None
    return Result(out or "", err or "", process.returncode)


def until(condition: Callable[[], object], limit: float = LIMIT) -> None:
    """Wait for a condition."""
    deadline = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def clean(result: Result) -> Result:
    """Itself, when no Python traceback reached the user."""
    assert "Traceback" not in result.err and "Exception ignored" not in result.err, result.err
    return result


def listed(machine: Machine, format: str = "{{json .}}") -> list[dict[str, Any]]:
    """Rows of `ps -a`."""
    return [json.loads(line) for line in machine.quick("ps", "-a", "--format", format).check().out.splitlines()]
