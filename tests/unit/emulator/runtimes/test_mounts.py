"""Folders of the host inside containers: written, read-only, nested, through links, for every user and runtime."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from azdock.emulator.runtimes.base import Folder, StartError
from azdock.emulator.runtimes.host import HostRuntime, host_image
from azdock.emulator.runtimes.mounts import host_options
from azdock.emulator.runtimes.plain import FOLDER
from tests.unit.emulator.runtimes.lab import Lab, with_config


@pytest.fixture(
    params=[pytest.param("sandbox", marks=pytest.mark.sandbox), pytest.param("engine", marks=pytest.mark.engine)]
)
def isolated(request: pytest.FixtureRequest) -> Lab:
    """The runtimes that really mount."""
    found: Lab = request.getfixturevalue(request.param)
    return found


def test_written_and_read_only(isolated: Lab, tmp_path: Path) -> None:
    """What a container writes is there for the host, a read-only folder refuses it, and mount points are made."""
    out, given = tmp_path / "out", tmp_path / "given"
    out.mkdir()
    given.mkdir()
    (given / "word").write_text("hello\n")
    folders = (Folder(out, "/data/deep"), Folder(given, "/given", read_only=True))

    async def body() -> None:
        script = "cat /given/word; cat /given/word >/data/deep/copy; touch /given/no || echo refused; ls /data"
        code, output = await isolated.outcome("sh", "-c", script, folders=folders)
        assert (code, output.text()) == (0, "hello\nrefused\ndeep\n")
        assert "Read-only file system" in output.text("stderr")

    isolated.closing(body())
    assert (out / "copy").read_text() == "hello\n"
    assert [entry.name for entry in given.iterdir()] == ["word"]


@pytest.mark.sandbox
def test_a_user_that_is_not_root(sandbox: Lab, tmp_path: Path) -> None:
    """A folder that is open to all may be written by the image's user."""
    out = tmp_path / "out"
    out.mkdir()
    out.chmod(0o777)

    async def body() -> None:
        image = with_config(sandbox.image, user="app")
        code, output = await sandbox.outcome(
            "sh", "-c", "id -u >/data/id && ls /data", image=image, folders=(Folder(out, "/data"),)
        )
        assert (code, output.text()) == (0, "id\n"), output.text("stderr")

    sandbox.closing(body())
    assert (out / "id").read_text() == "1000\n"


def test_folders_in_folders(isolated: Lab, tmp_path: Path) -> None:
    """A folder may be mounted in another; the parent comes first."""
    outer, inner = tmp_path / "outer", tmp_path / "inner"
    outer.mkdir()
    inner.mkdir()
    (inner / "f").write_text("in\n")

    async def body() -> None:
        folders = (Folder(outer, "/a"), Folder(inner, "/a/b", read_only=True))
        code, output = await isolated.outcome("sh", "-c", "cat /a/b/f; touch /a/g", folders=folders)
        assert (code, output.text()) == (0, "in\n")

    isolated.closing(body())
    assert sorted(entry.name for entry in outer.iterdir()) == ["b", "g"]


def test_a_file(sandbox: Lab, tmp_path: Path) -> None:
    """A single file may be mounted, over one that the image has or in a folder that it has not; nobody replaces it."""
    (tmp_path / "f").write_text("in\n")

    async def body() -> None:
        folders = (Folder(tmp_path / "f", "/etc/passwd", read_only=True), Folder(tmp_path / "f", "/no/such/g"))
        command = "cat /etc/passwd; echo out >>/no/such/g; echo no >>/etc/passwd"
        code, output = await sandbox.outcome("sh", "-c", command, folders=folders)
        assert code != 0
        assert output.text() == "in\n"

    sandbox.closing(body())
    assert (tmp_path / "f").read_text() == "in\nout\n"


def test_a_program_in_a_folder(isolated: Lab, tmp_path: Path) -> None:
    """A program may lie in a mounted folder; one that is missing there is 127, one that may not be executed 126."""
    place = tmp_path / "place"
    place.mkdir()
    (place / "run").write_text("#!/bin/sh\necho ran\n")
    (place / "run").chmod(0o755)
    (place / "text").write_text("no program\n")
    folders = (Folder(place, "/place"),)

    async def body() -> None:
        code, output = await isolated.outcome("/place/run", folders=folders)
        assert (code, output.text()) == (0, "ran\n")
        for name, code in (("/place/nosuch", 127), ("/place/text", 126)):
            with pytest.raises(StartError) as failed:
                await isolated.outcome(name, folders=folders)
            assert failed.value.code == code and name in failed.value.message

    isolated.closing(body())


@pytest.mark.sandbox
def test_a_link_of_the_image_is_followed_inside(sandbox: Lab, tmp_path: Path) -> None:
    """A mount point that leads through an absolute link of the image lies in the image, not on the host."""
    layer, out = tmp_path / "layer", tmp_path / "out"
    (layer / "real").mkdir(parents=True)
    (layer / "link").symlink_to("/real")
    out.mkdir()

    async def body() -> None:
        image = replace(sandbox.image, layers=(*sandbox.image.layers, layer))
        script = "touch /real/sub/f; ls /link/sub"
        code, output = await sandbox.outcome("sh", "-c", script, image=image, folders=(Folder(out, "/link/sub"),))
        assert (code, output.text()) == (0, "f\n"), output.text("stderr")

    sandbox.closing(body())
    assert [entry.name for entry in out.iterdir()] == ["f"]


@pytest.mark.sandbox
def test_the_hosts_own_files(sandbox: Lab, tmp_path: Path) -> None:
    """azdock/host sees the host's files read-only, and folders under names of their own."""
    out = tmp_path / "out"
    out.mkdir()

    async def body() -> None:
        folders = (Folder(out, "/.azdock"), Folder(out, "/tmp/there"))
        script = "echo x >/.azdock/f; cat /tmp/there/f; touch /new || echo refused; echo y >f; cat /tmp/f"
        code, output = await sandbox.outcome("sh", "-c", script, image=host_image(), folders=folders)
        assert (code, output.text()) == (0, "x\nrefused\ny\n"), output.text("stderr")

    sandbox.closing(body())
    assert (out / "f").read_text() == "x\n"


def test_no_mount_point_on_the_host(tmp_path: Path) -> None:
    """A place in a folder of the host that is not there cannot be made: it is read-only."""
    with pytest.raises(StartError, match="mkdir /usr/nosuch: read-only file system") as failed:
        host_options([Folder(tmp_path, "/usr/nosuch")], "/tmp")
    assert failed.value.code == 126


def test_a_plain_process_is_told(tmp_path: Path) -> None:
    """A process without a sandbox learns where /.azdock is, and can have no other folder."""
    assert os.environ.get(FOLDER) is None
    lab = Lab(HostRuntime("a test", lambda _text: None), host_image(), tmp_path)

    async def body() -> None:
        folders = (Folder(tmp_path, "/.azdock"),)
        code, output = await lab.outcome("sh", "-c", f"echo ${FOLDER}", folders=folders)
        assert (code, output.text()) == (0, f"{tmp_path}\n")
        with pytest.raises(StartError) as failed:
            await lab.outcome("true", folders=(Folder(tmp_path, "/data"),))
        assert failed.value.code == 126

    lab.closing(body())
