"""What the runtime tests share: a small image made of this machine's own programs, and containers with their output."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from azdock.emulator.runtimes.base import Container, ContainerRun, ExecSession, ImageConfig, ImageRef, Runtime

PROGRAMS = ("sh", "cat", "sleep", "true", "id", "ls", "stty", "tty", "env", "head", "seq", "touch", "mkdir", "hostname")


def make_root(folder: Path) -> Path:
    """Fill a folder with a few programs, the libraries they need, and an /etc."""
    for name in PROGRAMS:
        source = Path(shutil.which(name) or f"/bin/{name}")
        listing = subprocess.run(["ldd", str(source.resolve())], capture_output=True, text=True, check=False).stdout
        for library in re.findall(r"(/\S+)", listing):
            copy(folder, Path(library), library)
        copy(folder, source, f"/bin/{name}")
    (folder / "etc").mkdir()
    (folder / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\napp:x:1000:50:app:/home/app:/bin/sh\n")
    (folder / "etc/group").write_text("root:x:0:\nstaff:x:50:\nextra:x:60:app\n")
    (folder / "tmp").mkdir(mode=0o777)
    (folder / "tmp").chmod(0o1777)
    return folder


def copy(folder: Path, source: Path, path: str) -> None:
    """Copy one file of this machine to `path` below a folder."""
    target = folder / path.lstrip("/")
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source.resolve(), target)


@dataclass
class Output:
    """A sink that remembers."""

    pieces: list[tuple[str, bytes, int]] = field(default_factory=list)

    def sink(self, stream: str, data: bytes, time_ns: int) -> None:
        """Take a piece."""
        self.pieces.append((stream, data, time_ns))

    def bytes(self, stream: str = "stdout") -> bytes:
        """All of one stream."""
        return b"".join(data for name, data, _ in self.pieces if name == stream)

    def text(self, stream: str = "stdout") -> str:
        """All of one stream as text."""
        return self.bytes(stream).decode()


@dataclass
class Lab:
    """A runtime, an image in it, and a place for scratch folders."""

    runtime: Runtime
    image: ImageRef
    folder: Path

    def run(self, *argv: str, **changes: Any) -> tuple[ContainerRun, Output]:
        """A container to start, and where its output will be."""
        output = Output()
        facts: dict[str, Any] = {
            "name": "main", "image": self.image, "command": argv, "args": (), "env": (), "hostname": "job-a-x1",
            "cpu": 0.0, "memory": 0, "scratch": Path(tempfile.mkdtemp(dir=self.folder)), "sink": output.sink,
        }  # fmt: skip
        return ContainerRun(**(facts | changes)), output

    async def start(self, *argv: str, **changes: Any) -> tuple[Container, Output]:
        """Start a container."""
        run, output = self.run(*argv, **changes)
        return await self.runtime.start(run), output

    async def outcome(self, *argv: str, **changes: Any) -> tuple[int, Output]:
        """Run a container to its end: exit code and output."""
        container, output = await self.start(*argv, **changes)
        return (await asyncio.wait_for(container.wait(), 20)).code, output

    def closing(self, body: Coroutine[Any, Any, None]) -> None:
        """Run a test's coroutine, then close the runtime in the same loop."""

        async def both() -> None:
            try:
                await body
            finally:
                await self.runtime.close()

        asyncio.run(both())


async def said(output: Output, text: str, seconds: float = 10.0) -> None:
    """Wait until a container has said something."""
    deadline = time.monotonic() + seconds
    while text not in output.text():
        assert time.monotonic() < deadline, f"{text!r} never came; got {output.pieces!r}"
        await asyncio.sleep(0.01)


async def read_all(session: ExecSession) -> str:
    """Everything a session says until its terminal closes."""
    data = b""
    while piece := await asyncio.wait_for(session.read(), 10):
        data += piece
    return data.decode()


def with_config(image: ImageRef, **config: Any) -> ImageRef:
    """The same image with another configuration."""
    return ImageRef(image.reference, image.id, ImageConfig(**config), image.layers, image.host)
