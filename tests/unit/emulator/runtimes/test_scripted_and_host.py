"""The stand-in for tests, and the host without a sandbox."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from azdock.emulator.runtimes.base import ImageError
from azdock.emulator.runtimes.host import UNSANDBOXED, HostRuntime, host_image, is_host
from azdock.emulator.runtimes.scripted import ScriptedRuntime
from tests.unit.emulator.runtimes.lab import Lab, read_all


@pytest.mark.parametrize(
    ("reference", "auth", "pull", "code"),
    [
        ("any/thing:1", None, "missing", ""),
        ("missing-image", None, "missing", "MANIFEST_UNKNOWN"),
        ("any", None, "never", "MANIFEST_UNKNOWN"),
        ("r.io/private/x", None, "missing", "UNAUTHORIZED"),
        ("r.io/private/x", ("user", "word"), "always", ""),
        ("azdock/host", None, "never", ""),
    ],
)
def test_scripted_images(reference: str, auth: tuple[str, str] | None, pull: str, code: str) -> None:
    """The name alone decides whether a scripted image exists."""
    runtime = ScriptedRuntime()
    if not code:
        assert asyncio.run(runtime.resolve(reference, auth, pull)).reference == reference
        return
    with pytest.raises(ImageError) as caught:
        asyncio.run(runtime.resolve(reference, auth, pull))
    assert caught.value.code == code


def test_scripted_store(tmp_path: Path) -> None:
    """Loaded images are listed and can be removed; errors have the store's codes."""
    (tmp_path / "app.tar").write_bytes(b"x")
    (tmp_path / "empty.tar").touch()

    async def body() -> None:
        runtime = ScriptedRuntime()
        assert await runtime.load(tmp_path / "app.tar") == ["app:latest"]
        assert [row["tags"] for row in await runtime.images()] == [["app:latest"]]
        assert (await runtime.remove("app:latest", False))[0] == ("Untagged", "app:latest")
        with pytest.raises(ImageError):
            await runtime.remove("app:latest", False)
        with pytest.raises(ImageError):
            await runtime.load(tmp_path / "empty.tar")

    asyncio.run(body())


@pytest.mark.parametrize(
    ("reference", "expected"),
    [("azdock/host", True), ("azdock/host:latest", True), ("docker.io/azdock/host", True), ("azdock/hosts", False)],
)
def test_is_host(reference: str, expected: bool) -> None:
    """The reserved image is known in all its spellings."""
    assert is_host(reference) is expected


def test_plain_containers_name_their_first_process(tmp_path: Path) -> None:
    """A command beside a plain process can signal that process, and not the host's process 1."""
    lab = Lab(HostRuntime("why", lambda _text: None), host_image(), tmp_path)

    async def body() -> None:
        run, output = lab.run("sh", "-c", "trap 'exit 4' USR1; echo $$; while :; do sleep 0.05; done")
        container = await lab.runtime.start(run)
        while not output.text():
            await asyncio.sleep(0.02)
        say_and_send = "echo $AZDOCK_FIRST_PROCESS; kill -USR1 $AZDOCK_FIRST_PROCESS"
        session = await container.exec(["sh", "-c", say_and_send], 80, 24)
        assert (await read_all(session)).strip() == output.text().strip()
        assert (await container.wait()).code == 4

    lab.closing(body())


def test_unsandboxed_host_says_so_once(tmp_path: Path) -> None:
    """Without bubblewrap a host container is a plain process in its scratch folder, and that is told once."""
    notices: list[str] = []
    lab = Lab(HostRuntime("why", notices.append), host_image(), tmp_path)

    async def body() -> None:
        for _ in range(2):
            run, output = lab.run("sh", "-c", "pwd; echo $HOME $HOSTNAME")
            await (await lab.runtime.start(run)).wait()
            place = run.scratch / "tmp"
            assert output.text() == f"{place}\n{place} job-a-x1\n"
        assert notices == [UNSANDBOXED]

    lab.closing(body())
