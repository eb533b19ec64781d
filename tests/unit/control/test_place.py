"""Where control processes listen."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from azdock.control.place import Place
from azdock.settings import EMBEDDED, Context, Settings

ID = "0123456789ab" * 5 + "abcd"


def place(home: Path, container: str = ID, context: Context = EMBEDDED) -> Place:
    return Place(Settings(home=home, context=context), container)


@contextmanager
def claimed(where: Place) -> Iterator[None]:
    found = where.claim()
    assert found is not None
    yield
    found[0].close()
    os.close(found[1])


@pytest.mark.parametrize("name", ["home", "/".join(["deep" * 20] * 4)], ids=["short", "long"])
def test_serving(tmp_path: Path, name: str) -> None:
    """Whoever claims a place serves it alone, however deep the home lies, and only its owner may enter."""
    where = place(tmp_path / name)
    before = Path.cwd()
    assert where.connect() is None
    with claimed(where):
        found = where.connect()
        assert found is not None
        found.close()
        assert where.claim() is None
        assert stat.S_IMODE(where.socket.stat().st_mode) == 0o600
        assert stat.S_IMODE(where.folder.stat().st_mode) == 0o700
        assert where.holds(where.facts()) and not where.holds(None)
    assert Path.cwd() == before


def test_what_a_dead_process_left(tmp_path: Path) -> None:
    """A socket that nobody serves is no connection, and is replaced."""
    where = place(tmp_path)
    with claimed(where):
        pass
    assert where.socket.exists() and where.connect() is None
    with claimed(where):
        found = where.connect()
        assert found is not None
        found.close()


def test_leaving(tmp_path: Path) -> None:
    """Nothing stays but a log in which something is said."""
    where = place(tmp_path)
    with claimed(where):
        where.log.write_text("")
        where.leave()
        assert list(where.folder.iterdir()) == []
        where.log.write_text("Traceback")
        where.leave()
        assert list(where.folder.iterdir()) == [where.log]


def test_places_do_not_mix(tmp_path: Path) -> None:
    """Another container, another context, a context that was changed, another home: other sockets."""
    cloud = Context(name="cloud", subscription="s")
    sockets = {
        place(tmp_path).socket, place(tmp_path, "f" * 64).socket, place(tmp_path, context=cloud).socket,
        place(tmp_path, context=Context(name="cloud", subscription="t")).socket, place(tmp_path / "other").socket,
    }  # fmt: skip
    assert len(sockets) == 5
