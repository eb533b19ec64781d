"""azdock export."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from azdock.errors import AzdockError, NotFound
from tests.support.fakes import Memory, Result, World, azdock


class Exporting(World):
    """A world in which an export gives two pieces, or breaks after the first."""

    def __init__(self, failure: AzdockError | None = None, out: Memory | None = None) -> None:
        super().__init__(out=out)
        self.failure = failure

    def copy(self, show: Callable[[int], None] = lambda _: None) -> Any:
        return self

    def export(self, name: str, write: Callable[[bytes], object]) -> None:
        assert name == "web"
        write(b"one ")
        if self.failure:
            raise self.failure
        write(b"two")


def test_standard_output() -> None:
    """The archive and nothing else."""
    assert azdock("export", "web", world=Exporting()) == Result("one two", "", 0)


def test_terminal() -> None:
    """Nobody wants to see that."""
    words = "cowardly refusing to save to a terminal. Use the -o flag or redirect\n"
    assert azdock("export", "web", world=Exporting(out=Memory(terminal=True))) == Result("", words, 1)


def test_file(tmp_path: Path) -> None:
    """-o writes a file that only its owner can read, also from a terminal."""
    file = tmp_path / "x.tar"
    file.write_text("an older one")
    assert azdock("export", "-o", str(file), "web", world=Exporting(out=Memory(terminal=True))) == Result("", "", 0)
    assert file.read_bytes() == b"one two"
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["x.tar"]


def test_failure_leaves_nothing(tmp_path: Path) -> None:
    """Half an archive is none, and what was there before stays."""
    file = tmp_path / "x.tar"
    file.write_text("an older one")
    result = azdock("export", "-o", str(file), "web", world=Exporting(NotFound("No such container: web")))
    assert result == Result("", "Error response from Azure: No such container: web\n", 1)
    assert file.read_text() == "an older one"
    assert [path.name for path in tmp_path.iterdir()] == ["x.tar"]


def test_bad_places(tmp_path: Path) -> None:
    """docker's words, before anything is asked of Azure."""
    words = f"failed to export container: invalid output path: stat {tmp_path}/no: no such file or directory\n"
    assert azdock("export", "-o", f"{tmp_path}/no/x", "web", world=World()) == Result("", words, 1)
    words = "failed to export container: cannot write to a directory\n"
    assert azdock("export", "-o", str(tmp_path), "web", world=World()) == Result("", words, 1)
