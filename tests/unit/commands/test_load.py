"""azdock load."""

from __future__ import annotations

from pathlib import Path

from tests.support.fakes import Typed, World, azdock


def test_file(tmp_path: Path) -> None:
    """The archive's images are named."""
    archive = tmp_path / "a.tar"
    archive.write_bytes(b"tar")
    world = World()
    result = azdock("load", "-i", str(archive), world=world)
    assert (result.out, result.code) == ("Loaded image: busybox:latest\n", 0)
    assert world.store_.loaded == [str(archive)]


def test_stdin() -> None:
    """Without -i the archive is read from standard input."""
    world = World(stdin=Typed(b"tar"))
    assert azdock("load", world=world).code == 0
    assert len(world.store_.loaded) == 1


def test_terminal() -> None:
    """Nobody types an archive."""
    result = azdock("load", world=World(stdin=Typed(terminal=True)))
    assert (result.err, result.code) == ("requested load from stdin, but stdin is empty\n", 1)


def test_missing() -> None:
    """The words of the file system."""
    result = azdock("load", "-i", "/nosuch")
    assert (result.err, result.code) == ("open /nosuch: no such file or directory\n", 1)
