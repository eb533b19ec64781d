"""Apps in real sandboxes: fresh roots, folders that stay, limits of memory."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from azdock.emulator import shares
from azdock.emulator.runtimes import bubblewrap
from azdock.emulator.runtimes.base import ImageConfig, ImageRef
from azdock.emulator.runtimes.sandbox import SandboxRuntime
from tests.unit.emulator.applab import app, container, events, only, output, run, settled, until, world
from tests.unit.emulator.runtimes.conftest import EmptyStore
from tests.unit.emulator.runtimes.lab import make_root

pytestmark = pytest.mark.sandbox


class OneImage(EmptyStore):
    """A store in which every reference is the same image."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def resolve(self, reference: str, auth: tuple[str, str] | None = None, pull: str = "missing") -> ImageRef:
        """The image."""
        assert (auth, pull) == (None, "missing")
        return ImageRef(reference, "sha256:0", ImageConfig(command=("sh",)), (self._root,))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An unpacked image."""
    return make_root(tmp_path_factory.mktemp("image"))


@pytest.fixture
def sandbox(root: Path, tmp_path: Path) -> SandboxRuntime:
    """A sandbox runtime with the image."""
    try:
        wrap = bubblewrap.probe(tmp_path / "probe")
    except bubblewrap.Unavailable as error:
        pytest.skip(str(error))
    return SandboxRuntime(wrap, OneImage(root), tmp_path / "home", lambda _text: None)


def mounting(volume: dict[str, Any], *command: str) -> dict[str, Any]:
    """An app with one container that mounts a volume at /v."""
    one = container(*command, volumeMounts=[{"volumeName": "v", "mountPath": "/v"}])
    return app(one, volumes=[{"name": "v", **volume}])


def test_a_restart_has_a_fresh_root_and_its_old_folders(sandbox: SandboxRuntime, tmp_path: Path) -> None:
    """What a container wrote into its root is gone after a restart; its EmptyDir stays with the replica, and ends with
    it."""

    async def body() -> None:
        async with world(tmp_path / "home", sandbox) as made:
            script = "ls /f /v; touch /f /v/g; [ -e /v/g ] && sleep 0.05; exit 1"
            runner = run(made, mounting({"storageType": "EmptyDir"}, "sh", "-c", script))
            facts = await settled(runner, "Failed")
            name = facts.replicas[0].name
            lines = [line for line in output(made, name) if not line.startswith("ls:")]
            assert lines[:3] == ["/v:", "/v:", "g"] and "/f" not in lines
            await runner.ended()
            assert not (tmp_path / "home" / "scratch" / name).exists()

    asyncio.run(body())


def test_a_share(sandbox: SandboxRuntime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A share is written by an app and outlives it; a read-only one refuses."""
    share = tmp_path / "share"
    share.mkdir()
    monkeypatch.setattr(shares, "resolve", lambda _world, _environment, name: (share, name == "readonly"))

    async def body() -> None:
        async with world(tmp_path / "home", sandbox) as made:
            volume = {"storageType": "AzureFile", "storageName": "rw"}
            runner = run(made, mounting(volume, "sh", "-c", "echo kept >/v/file; exec sleep 60"))
            await settled(runner, "RunningAtMaxScale")
            await until((share / "file").exists)
            await runner.ended()
            volume["storageName"] = "readonly"
            runner = run(made, mounting(volume, "sh", "-c", "cat /v/file; touch /v/no; exec sleep 60"))
            name = (await settled(runner, "RunningAtMaxScale")).replicas[0].name
            await until(lambda: len(output(made, name)) == 2)
            assert sorted(output(made, name))[0] == "kept" and "Read-only file system" in " ".join(output(made, name))
        assert (share / "file").read_text() == "kept\n"

    asyncio.run(body())


def test_a_share_that_refuses(sandbox: SandboxRuntime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A volume that cannot be mounted: the revision has failed, and the system log says why."""

    def refuse(*_: Any) -> tuple[Path, bool]:
        raise shares.MountFailed("mount error(13): Permission denied")

    monkeypatch.setattr(shares, "resolve", refuse)

    async def body() -> None:
        async with world(tmp_path / "home", sandbox) as made:
            runner = run(made, mounting({"storageType": "AzureFile", "storageName": "x"}, "true"))
            facts = await settled(runner, "Failed")
            assert facts.details == "1/1 Pending:VolumeMountFailure on legion"
            assert only(facts).details == "Container is waiting with reason: VolumeMountFailure on legion."
            assert any("VolumeMountFailure: volume 'v': mount error(13)" in text for text in events(made))

    asyncio.run(body())
