"""Choosing a runtime."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from azdock.emulator.runtimes import bubblewrap, select
from azdock.emulator.runtimes.base import ImageError, Runtime
from azdock.emulator.runtimes.bubblewrap import Bubblewrap
from azdock.emulator.runtimes.host import HostRuntime, Notice
from tests.unit.emulator.runtimes.conftest import EmptyStore


class Machine:
    """A machine with or without bubblewrap and an engine."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, sandbox: bool, engine: bool) -> None:
        self.sandbox, self.engine = sandbox, engine
        monkeypatch.setattr(bubblewrap, "probe", self.probe)
        fake: Any = ModuleType("engine")
        fake.connect, fake.EngineUnavailable = self.connect, LookupError
        monkeypatch.setitem(sys.modules, "azdock.emulator.runtimes.engine", fake)
        store: Any = ModuleType("images")
        store.Images = lambda _folder: EmptyStore()
        monkeypatch.setitem(sys.modules, "azdock.emulator.runtimes.images", store)

    def probe(self, _folder: Path) -> Bubblewrap:
        """Bubblewrap, if any."""
        if not self.sandbox:
            raise bubblewrap.Unavailable("not installed")
        return Bubblewrap("bwrap", "nsenter", "setsid", True)

    async def connect(self, _home: Path, _notice: Notice) -> Runtime:
        """An engine, if any."""
        if not self.engine:
            raise LookupError("no daemon")
        runtime: Any = HostRuntime("x", print)
        runtime.name = "engine"
        return runtime  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("kind", "sandbox", "engine", "name"),
    [
        ("auto", True, True, "sandbox"),
        ("auto", False, True, "engine"),
        ("auto", False, False, "host"),
        ("sandbox", True, False, "sandbox"),
        ("engine", True, True, "engine"),
    ],
)
def test_choice(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str, sandbox: bool, engine: bool, name: str
) -> None:
    """auto prefers the sandbox, then an engine, then the host alone."""
    Machine(monkeypatch, sandbox, engine)

    async def body() -> None:
        runtime = await select.choose(kind, tmp_path, print)
        assert runtime.name == name
        await runtime.close()

    asyncio.run(body())


@pytest.mark.parametrize(
    ("kind", "text"),
    [("sandbox", "sandbox: not installed"), ("engine", "engine: no daemon"), ("podman", "unknown runtime podman")],
)
def test_explicit_kind_that_is_unavailable(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str, text: str
) -> None:
    """A runtime that was asked for by name and cannot work is an error that says why."""
    Machine(monkeypatch, False, False)
    with pytest.raises(select.RuntimeUnavailable, match=text):
        asyncio.run(select.choose(kind, tmp_path, print))


def test_host_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without both, azdock/host resolves and any other image is refused with what to install and why."""
    Machine(monkeypatch, False, False)

    async def body() -> None:
        runtime = await select.choose("auto", tmp_path, print)
        assert (await runtime.resolve("docker.io/azdock/host:latest")).host
        with pytest.raises(ImageError, match=r"install azdock\[sandbox\] or start a Docker engine.*no daemon"):
            await runtime.resolve("busybox")
        with pytest.raises(ImageError):
            await runtime.load(tmp_path)
        with pytest.raises(ImageError):
            await runtime.remove("busybox", force=False)
        assert await runtime.images() == []

    asyncio.run(body())
