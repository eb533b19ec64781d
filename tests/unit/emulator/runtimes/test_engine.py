"""What only the engine runtime does."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from azdock.emulator.runtimes.base import ImageError
from azdock.emulator.runtimes.engine import LABEL, EngineRuntime, connect
from azdock.emulator.runtimes.engined import start_error
from tests.unit.emulator.runtimes.lab import Lab, said


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        (
            'OCI runtime exec failed: exec failed: unable to start container process: exec: "x": executable file not'
            " found in $PATH: unknown\r\n",
            127,
            'exec: "x": executable file not found in $PATH',
        ),
        (
            'failed to create shim task: unable to start container process: exec: "/etc": permission denied: unknown',
            126,
            'exec: "/etc": permission denied',
        ),
        ("unable to find user u: no matching entries in passwd file", 126, None),
        ("something else", 126, "something else"),
    ],
)
def test_start_error(text: str, code: int, message: str | None) -> None:
    """An engine's sentence shrinks to runc's part of it."""
    error = start_error(text)
    assert (error.code, error.message) == (code, message or text)


@pytest.mark.engine
def test_limits_reach_the_engine(engine: Lab) -> None:
    """CPU and memory limits are the container's, swap included, and a killed memory eater is told as such."""

    async def body() -> None:
        runtime = engine.runtime
        assert isinstance(runtime, EngineRuntime)
        container, output = await engine.start("sh", "-c", "echo up; sleep 60", cpu=0.5, memory=64 << 20)
        await said(output, "up")
        host = runtime.api.inspect_container(container.id)["HostConfig"]
        assert (host["NanoCpus"], host["Memory"], host["MemorySwap"]) == (500_000_000, 64 << 20, 64 << 20)
        assert container.usage()["memory_bytes"] > 0
        eater, _ = await engine.start("sh", "-c", "x=aaaaaaaa; while :; do x=$x$x; done", memory=24 << 20)
        ended = await asyncio.wait_for(eater.wait(), 30)
        assert (ended.code, ended.oom) == (137, True)

    engine.closing(body())


@pytest.mark.engine
def test_leftovers_are_removed(engine: Lab, tmp_path: Path) -> None:
    """Containers of an earlier emulator of the same home are removed at the next start, others are not."""

    async def body() -> None:
        runtime = engine.runtime
        assert isinstance(runtime, EngineRuntime)
        await engine.start("sleep", "60")
        other = await connect(tmp_path / "other", print)
        await other.close()
        mine = {"label": f"{LABEL}={runtime.ident}"}
        assert len(runtime.api.containers(all=True, filters=mine)) == 1
        again = await connect(tmp_path / "home", print)
        assert again.api.containers(all=True, filters=mine) == []
        await again.close()

    engine.closing(body())


@pytest.mark.engine
def test_images(engine: Lab) -> None:
    """The engine's own images resolve with their configuration; unknown ones and refused ones have a code."""

    async def body() -> None:
        image = await engine.runtime.resolve("azdock-test-root:latest", pull="never")
        assert (image.config.command, image.id[:7]) == (("sh",), "sha256:")
        assert (await engine.runtime.resolve("azdock/host")).host
        assert any("azdock-test-root:latest" in row["tags"] for row in await engine.runtime.images())
        with pytest.raises(ImageError) as caught:
            await engine.runtime.resolve("azdock-test-nosuch:latest", pull="never")
        assert caught.value.code == "MANIFEST_UNKNOWN"
        with pytest.raises(ImageError) as caught:
            await engine.runtime.remove("azdock-test-nosuch:latest", False)
        assert caught.value.code == "NOT_FOUND"

    engine.closing(body())


@pytest.mark.engine
def test_nothing_is_left(engine: Lab) -> None:
    """A container that has ended is gone from the engine."""

    async def body() -> None:
        runtime = engine.runtime
        assert isinstance(runtime, EngineRuntime)
        await engine.outcome("true")
        assert runtime.api.containers(all=True, filters={"label": f"{LABEL}={runtime.ident}"}) == []

    begin = time.monotonic()
    engine.closing(body())
    assert time.monotonic() - begin < 30
