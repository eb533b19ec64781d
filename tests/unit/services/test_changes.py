"""diff: what changed, as far as it can be seen from inside."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from azdock.errors import AzdockError, NotFound, Unsupported
from azdock.services.changes import SECOND, Change, Changes, Seen, changes, parse
from azdock.services.changes_script import CHANGES
from tests.support.box import SHELLS, Box

FILE, FOLDER = 0o100644, 0o040755
START = 1_000 * SECOND


def seen(*entries: tuple[str, int, int], mounts: tuple[str, ...] = (), oldest: dict[str, int] | None = None) -> Seen:
    """What the script would have found; times are nanoseconds after the start."""
    return Seen(
        now=START + 50 * SECOND,
        uptime=60 * SECOND,
        ticks=1000,
        mounts=set(mounts),
        oldest={path: START + time for path, time in (oldest or {}).items()},
        entries={path: (START + time, START + time, mode) for path, mode, time in entries},
    )


def lines(found: list[Change]) -> list[str]:
    return [f"{one.kind} {one.path}" for one in found]


def test_added_and_changed() -> None:
    """Files are added; a folder that holds something older than the start is changed; the root is not told."""
    found = changes(
        seen(
            ("/", FOLDER, 5),
            ("/z", FILE, 5),
            ("/old", FILE, -5),
            ("/data", FOLDER, 5),
            ("/data/new", FILE, 5),
            ("/made", FOLDER, 5),
            ("/made/f", FILE, 5),
            ("/tmp", FOLDER, 5),
            oldest={"/data": -1, "/made": 5},
        )
    )
    assert lines(found) == ["C /data", "A /data/new", "A /made", "A /made/f", "C /tmp", "A /z"]


def test_what_the_engine_made() -> None:
    """Mounts, the files that engines write, and folders touched only for them are no changes of the container's."""
    entries = [("/etc", FOLDER, 7), ("/etc/hosts", FILE, 7), ("/etc/resolv.conf", FILE, 7), ("/run", FOLDER, 7)]
    entries += [("/run/secrets", FOLDER, 7), ("/.dockerenv", FILE, 7)]
    assert lines(changes(seen(*entries, mounts=("/run/secrets", "/proc")))) == []
    assert lines(changes(seen(*entries, ("/etc/mine", FILE, SECOND), mounts=("/run/secrets",)))) == [
        "C /etc",
        "A /etc/mine",
    ]


def test_a_folder_something_was_deleted_from() -> None:
    """The folder is all that is left to see, if it changed after the preparations."""
    assert lines(changes(seen(("/etc", FOLDER, SECOND), mounts=("/etc/hosts",)))) == ["C /etc"]


def test_parse() -> None:
    """The script's words become values; what is none of them is left out."""
    found = parse(
        "now 2026-01-02 12:00:00.5 +0000\nuptime 100.25\nticks 2000\nmount /proc\nmount /my\\040disk\n"
        "oldest 2026-01-02 11:00:00.000000001 +0000 /a b\n2026-01-02 11:30:00.25 +0000 7 81a4 /a b/c d\nbroken\n"
    )
    noon = 1767355200 * SECOND
    assert found.now == noon + SECOND // 2
    assert found.start == noon + SECOND // 2 - 10025 * SECOND // 100 + 20 * SECOND
    assert found.mounts == {"/proc", "/my disk"}
    assert found.oldest == {"/a b": noon - 3600 * SECOND + 1}
    assert found.entries == {"/a b/c d": (noon - 1800 * SECOND + SECOND // 4, 7 * SECOND, 0o100644)}


@pytest.mark.parametrize("shell", [one for one in SHELLS if shutil.which(one)])
def test_script(shell: str, tmp_path: Path) -> None:
    """In every shell the script finds this machine's clock, its mounts, and what was written just now."""
    script = CHANGES.replace("find / ", f"find {tmp_path} ")
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "f").write_text("")
    argv = [*(("busybox", "sh") if shell == "busybox" else (shell,)), "-c", script, "x"]
    found = parse(subprocess.run(argv, capture_output=True, check=True).stdout.decode())
    stamps = [path.stat().st_ctime_ns for path in (tmp_path / "d", tmp_path / "d" / "f")]
    assert set(found.entries) == {str(tmp_path), f"{tmp_path}/d", f"{tmp_path}/d/f"}
    assert [found.entries[str(tmp_path / name)][0] for name in ("d", "d/f")] == stamps
    assert found.oldest == {str(tmp_path): stamps[0], f"{tmp_path}/d": stamps[1]}
    assert "/proc" in found.mounts
    assert 0 <= found.now - stamps[1] < 60 * SECOND
    assert found.start < stamps[0]


def test_refusals(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not running, missing, and without the programs it needs: one sentence each."""
    with pytest.raises(Unsupported, match="Azure keeps no files of a container that does not run") as stopped:
        Changes(Box(running=False)).of("box")
    assert stopped.value.code == 1
    with pytest.raises(NotFound, match=r"^No such container: no$"):
        Changes(Box()).of("no")
    with pytest.raises(AzdockError, match="not found"):
        Changes(Box(shell="/bin/sh", path="/nonexistent")).of("box")
