"""Runs wrapped command lines under a chosen shell, and undoes their marks with the codec."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from azdock.backends.shim import Mark, Plan, split, stream_of, wrap
from azdock.docker.channels import Stream

SECONDS = 60


@dataclass(frozen=True)
class Result:
    """What a run printed when its marks are undone; `marks` in the order of the streams out, err."""

    code: int
    out: bytes
    err: bytes
    marks: tuple[Mark, ...]

    @property
    def end(self) -> Mark:
        """The mark that ends stdout."""
        return next(mark for mark in self.marks if (mark.kind, mark.stream) == ("end", "out"))


@dataclass(frozen=True)
class Shell:
    """A shell as the sh of an image. `folder` holds `sh`; `path` is the PATH of the shim and its command."""

    name: str
    folder: Path
    path: str
    prefix: tuple[str, ...] = ()  # what makes the shell process 1, if anything does
    places: str = "/dev/shm /tmp"  # where the shim may make its pipes

    def argv(self, command: Sequence[str], plan: Plan = Plan()) -> list[str]:  # noqa: B008
        """The wrapped command line with every /bin/sh replaced by this shell."""
        words = wrap(command, plan)
        if plan.session:
            script = words.index("--session") + 1
            words[script] = self.own(words[script])
        return [*self.prefix, str(self.folder / "sh"), "-c", self.own(words[2]), *words[3:]]

    def own(self, text: str) -> str:
        """A script in which every /bin/sh is this shell."""
        return text.replace("/bin/sh", str(self.folder / "sh")).replace("/dev/shm /tmp", self.places)

    def environment(self, env: Mapping[str, str] | None = None) -> dict[str, str]:
        """A small environment."""
        return {"PATH": self.path, "HOME": "/", **(env or {})}

    def run(self, command: Sequence[str], plan: Plan = Plan(), env: Mapping[str, str] | None = None) -> Result:  # noqa: B008
        """Run to the end."""
        with self.start(command, plan, env) as running:
            return running.finish()

    @contextlib.contextmanager
    def start(
        self,
        command: Sequence[str],
        plan: Plan = Plan(),  # noqa: B008
        env: Mapping[str, str] | None = None,
    ) -> Iterator[Running]:
        """Start; whatever is left of the process group is killed at the end."""
        with subprocess.Popen(
            self.argv(command, plan),
            env=self.environment(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        ) as process:
            try:
                yield Running(process, bool(self.prefix))
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)


@dataclass
class Running:
    """A run under way."""

    process: subprocess.Popen[bytes]
    boxed: bool
    seen: dict[Stream, bytes] = field(default_factory=lambda: {"out": b"", "err": b""})

    @property
    def pid(self) -> int:
        """The shim's own process."""
        return only_child(self.process.pid) if self.boxed else self.process.pid

    def signal(self, number: int) -> None:
        """Send a signal to the shim."""
        os.kill(self.pid, number)

    def read_until(self, stream: Stream, text: bytes) -> bytes:
        """Read one stream until `text` was seen; the rest stays for finish()."""
        pipe = self.process.stdout if stream == "out" else self.process.stderr
        assert pipe is not None
        while text not in self.seen[stream]:
            piece = os.read(pipe.fileno(), 65536)
            assert piece, self.seen
            self.seen[stream] += piece
        return self.seen[stream]

    def finish(self) -> Result:
        """Wait for the end and undo the marks."""
        out, err = self.process.communicate(timeout=SECONDS)
        code = self.process.returncode
        marks, texts = [], {}
        streams: tuple[tuple[Stream, bytes], ...] = (("out", out), ("err", err))
        for stream, raw in streams:
            found, texts[stream] = undo(self.seen[stream] + raw)
            marks += found
        return Result(128 - code if code < 0 else code, texts["out"], texts["err"], tuple(marks))


def undo(raw: bytes) -> tuple[list[Mark], bytes]:
    """The marks and the text of one stream; checks that each line of stderr, and none of stdout, had a prefix."""
    marks: list[Mark] = []
    parts: list[str] = []
    records = raw.decode("utf-8", "surrogateescape").split("\n")
    assert records.pop() == "", "something came after the last mark"
    for record in records:
        text, mark = split(record)
        if mark and (not marks or mark.token == marks[0].token):
            marks.append(mark)
            plain = any(one.plain for one in marks)
            kind, text = stream_of(text)
            assert not text or plain or kind == mark.stream
            parts.append(text)
        else:
            kind, text = stream_of(record)
            assert kind == marks[0].stream or marks[0].plain, record[:100]
            parts.append(text + "\n")
    assert marks[-1].kind == "end", marks
    return marks, "".join(parts).encode("utf-8", "surrogateescape")


def only_child(pid: int) -> int:
    """The one child of a process, as soon as it has one. Raises ProcessLookupError when that has ended already."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        except FileNotFoundError as error:
            raise ProcessLookupError(pid) from error
        if found:
            return int(found[0])
        if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
            raise ProcessLookupError(pid)
        time.sleep(0.001)
    raise AssertionError(f"{pid} has no child")


def program(name: str) -> str:
    """A program of this machine; the test is skipped without it."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def make(name: str, folder: Path, prefix: tuple[str, ...] = (), places: str = "/dev/shm /tmp") -> Shell:
    """A shell of this machine in a folder as an image would have it: busybox with its own programs only."""
    found = program(name)
    (folder / "sh").symlink_to(found)
    if name != "busybox":
        return Shell(name, folder, os.defpath + ":/usr/local/bin", prefix, places)
    applets = subprocess.run([found, "--list"], capture_output=True, text=True, check=True).stdout.split()
    for applet in set(applets) - {"sh"}:
        (folder / applet).symlink_to(found)
    return Shell(name, folder, str(folder), prefix, places)
