"""Runtimes to test, each skipped where the machine has not what it needs."""

from __future__ import annotations

import asyncio
import io
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from azdock.emulator.runtimes import bubblewrap
from azdock.emulator.runtimes.base import ImageConfig, ImageRef, Runtime
from azdock.emulator.runtimes.host import HostRuntime, host_image
from azdock.emulator.runtimes.sandbox import SandboxRuntime
from azdock.emulator.runtimes.scripted import ScriptedRuntime
from tests.unit.emulator.runtimes.lab import Lab, make_root

ENGINE_IMAGE = "azdock-test-root:latest"


class EmptyStore:
    """An image store that nobody asks."""

    async def resolve(self, reference: str, auth: tuple[str, str] | None = None, pull: str = "missing") -> ImageRef:
        """Nothing is here."""
        raise AssertionError(reference, auth, pull)

    async def images(self) -> list[dict[str, Any]]:
        """Nothing is here."""
        return []

    async def load(self, archive: Path) -> list[str]:
        """Nothing can be stored."""
        raise AssertionError(archive)

    async def remove(self, reference: str, force: bool) -> list[tuple[str, str]]:
        """Nothing is here."""
        raise AssertionError(reference, force)


@pytest.fixture(scope="session")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An unpacked image."""
    folder = tmp_path_factory.mktemp("image")
    folder.chmod(0o755)
    return make_root(folder)


@pytest.fixture(scope="session")
def wrap(tmp_path_factory: pytest.TempPathFactory) -> bubblewrap.Bubblewrap:
    """A working bubblewrap."""
    try:
        return bubblewrap.probe(tmp_path_factory.mktemp("probe"))
    except bubblewrap.Unavailable as error:
        pytest.skip(str(error))


@pytest.fixture
def sandbox(wrap: bubblewrap.Bubblewrap, root: Path, tmp_path: Path) -> Lab:
    """The sandbox runtime with an image."""
    notices: list[str] = []
    image = ImageRef("local/root", "sha256:0", ImageConfig(command=("sh",)), (root,))
    return Lab(SandboxRuntime(wrap, EmptyStore(), tmp_path, notices.append), image, tmp_path)


@pytest.fixture(scope="session")
def engine_image(root: Path) -> Iterator[str]:
    """The same image in a Docker engine."""
    docker = pytest.importorskip("docker")
    try:
        client = docker.from_env(timeout=10)
    except docker.errors.DockerException as error:
        pytest.skip(f"no Docker engine: {error}")
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        archive.add(root, ".")
    client.api.import_image_from_data(data.getvalue(), *ENGINE_IMAGE.split(":"), changes=['CMD ["sh"]'])
    yield ENGINE_IMAGE
    client.api.remove_image(ENGINE_IMAGE, force=True)
    client.close()


Maker = Callable[[], Lab]


def _labs(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, Maker]:
    def engine() -> Lab:
        from azdock.emulator.runtimes.engine import connect

        reference = request.getfixturevalue("engine_image")
        runtime = asyncio.run(connect(tmp_path / "home", print))
        return Lab(runtime, asyncio.run(runtime.resolve(reference)), tmp_path)

    def sandboxed_host() -> Lab:
        lab: Lab = request.getfixturevalue("sandbox")
        return Lab(lab.runtime, host_image(), tmp_path)

    plain: Runtime = HostRuntime("nothing installed", lambda _: None)
    return {
        "sandbox": lambda: request.getfixturevalue("sandbox"),
        "host": sandboxed_host,
        "engine": engine,
        "plain": lambda: Lab(plain, host_image(), tmp_path),
        "scripted": lambda: Lab(ScriptedRuntime(), asyncio.run(ScriptedRuntime().resolve("any")), tmp_path),
    }


@pytest.fixture(
    params=[
        pytest.param("sandbox", marks=pytest.mark.sandbox),
        pytest.param("host", marks=pytest.mark.sandbox),
        pytest.param("engine", marks=pytest.mark.engine),
        "plain",
        "scripted",
    ]
)
def lab(request: pytest.FixtureRequest, tmp_path: Path) -> Lab:
    """Every runtime in turn."""
    return _labs(request, tmp_path)[request.param]()


@pytest.fixture
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Lab:
    """The engine runtime with an image."""
    return _labs(request, tmp_path)["engine"]()
