"""azdock cp."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.box import Box
from tests.support.fakes import Memory, Result, Typed, World, azdock, record

USAGE = (
    "\n\nUsage:  azdock cp [OPTIONS] CONTAINER:SRC_PATH DEST_PATH|-\n\tazdock cp [OPTIONS] SRC_PATH|- "
    "CONTAINER:DEST_PATH\n\nRun 'azdock cp --help' for more information\n"
)


class Beside(World):
    """A world whose one container "box" is this machine."""

    def __init__(self, box: Box | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.box = box or Box()
        known = record("box")
        self.services.records[known.ident.id] = known

    def exec(self) -> Any:
        return self.box


def cp(*args: str, **options: Any) -> Result:
    return azdock("cp", *args, world=Beside(**options))


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Iterator[Path]:
    """A working directory with a file and an empty folder."""
    before = Path.cwd()
    os.chdir(tmp_path)
    (tmp_path / "f").write_text("hi\n")
    (tmp_path / "there").mkdir()
    yield tmp_path
    os.chdir(before)


def test_both_ways_without_a_terminal(folder: Path) -> None:
    """Nothing is printed; paths begin in the working directory."""
    assert cp("f", f"box:{folder}/there/g") == Result("", "", 0)
    assert cp(f"box:{folder}/there/g", "back") == Result("", "", 0)
    assert (folder / "back").read_text() == "hi\n"


def test_summary(folder: Path) -> None:
    """docker's line, on a terminal or when -q=false asks for it; the place as docker spells it."""
    assert cp("-q=false", "f", f"box:{folder}/there/").err == f"Successfully copied 2.05kB to box:{folder}/there/\n"
    assert cp("--quiet=false", f"box:{folder}/f", "there/").err == f"Successfully copied 2.05kB to {folder}/there/\n"
    assert (
        cp("f", f"box:{folder}/x", out=Memory(terminal=True)).err == f"Successfully copied 2.05kB to box:{folder}/x\n"
    )
    assert cp("-q", "f", f"box:{folder}/x", out=Memory(terminal=True)).err == ""


def test_archives(folder: Path) -> None:
    """ "-" is a tar archive on standard output, or on standard input."""
    world = Beside()
    assert azdock_bytes(world, "cp", f"box:{folder}/f", "-") == 0
    data = world.memory.data
    assert data.startswith(b"f\0")
    assert cp("-", f"box:{folder}/there", stdin=Typed(data)) == Result("", "", 0)
    assert (folder / "there" / "f").read_text() == "hi\n"


def azdock_bytes(world: World, *argv: str) -> int:
    from azdock.cli.main import main

    try:
        return main(list(argv), world)
    finally:
        world.typed.close()


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("", "box:/"), "source can not be empty"),
        (("f", ""), "destination can not be empty"),
        (("box:/a", "other:/b"), "copying between containers is not supported"),
        (("f", "g"), "must specify at least one container source"),
        (("-", "-"), "must specify at least one container source"),
        (("nosuch", "box:/"), "lstat {at}/nosuch: no such file or directory"),
        (("nosuch", "no:/"), "lstat {at}/nosuch: no such file or directory"),
        (("f", "no:/"), "Error response from Azure: No such container: no"),
        (("-", "no:/"), 'destination "no:/" must be a directory'),
        (("no:/x", "."), "Error response from Azure: No such container: no"),
        (("no:/x", "no/f"), 'invalid output path: directory "{at}/no" does not exist'),
        (("box:/nosuch", "."), "Error response from Azure: Could not find the file /nosuch in container box"),
        (("f", "box:{at}/nodir/x"), "Error response from Azure: Could not find the file {at}/nodir in container box"),
        (("there", "box:{at}/f"), "cannot copy directory"),
        (("f", "box:{at}/nodir/"), "no such directory"),
    ],
)
def test_mistakes(args: tuple[str, str], words: str, folder: Path) -> None:
    """docker's sentence and docker's code for each."""
    result = cp(*(arg.format(at=folder) for arg in args))
    assert (result.out, result.err, result.code) == ("", words.format(at=folder) + "\n", 1)


def test_usage() -> None:
    """Two lines, one for each direction."""
    assert cp("f") == Result("", "azdock: 'azdock cp' requires 2 arguments" + USAGE, 1)
    assert cp("--nosuch", "f", "box:/") == Result("", "unknown flag: --nosuch" + USAGE, 125)


def test_not_running(folder: Path) -> None:
    """The reason and a way out; code 1."""
    assert cp("f", "box:/", box=Box(running=False)) == Result(
        "",
        "cp: Azure keeps no files of a container that does not run\n"
        "hint: do it while box runs (azdock start box), or let it print what is needed (azdock logs box)\n",
        1,
    )


def test_warnings(folder: Path) -> None:
    """What went wrong without failing is told once."""
    box = Box(spoil={2: refusing})
    result = cp("-q", f"box:{folder}/there", "copied", box=box)
    assert (folder / "copied").is_dir()
    assert (result.err, result.code) == ("", 0)
    (folder / "there" / "big").write_bytes(b"x" * (5 << 20))
    box = Box(spoil=dict.fromkeys(range(4, 20), refusing))
    result = cp(f"box:{folder}/there", "again", box=box)
    assert result.code == 0
    assert result.err.startswith("WARNING: temporary files may be left in the container (/tmp/azdock-cp-")
    for path in Path("/tmp").glob("azdock-cp-" + result.err.partition("azdock-cp-")[2].partition(")")[0]):
        for file in path.iterdir():
            file.unlink()
        path.rmdir()


def refusing(inner: Any) -> Any:
    """A connection that is never made."""
    from azdock.errors import Unreachable

    inner.close()
    raise Unreachable("Azure cannot be reached")


def test_terminated(folder: Path) -> None:
    """SIGTERM ends a copy like Ctrl-C: the container's temporary files go first, the code tells the signal."""
    (folder / "big").write_bytes(b"x" * (9 << 20))
    box = Box(spoil={2: terminating})
    result = cp("big", f"box:{folder}/there", box=box)
    assert result.code == 128 + signal.SIGTERM
    assert box.commands[-1][4:] == (box.commands[1][4],)  # the transfer's folder is removed
    assert not list(Path("/tmp").glob(f"azdock-cp-{box.commands[1][4]}"))
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


def terminating(inner: Any) -> Any:
    """The signal comes while a chunk is under way."""
    assert threading.current_thread() is threading.main_thread()
    os.kill(os.getpid(), signal.SIGTERM)
    return inner
