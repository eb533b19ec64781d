"""A run is followed to its end, and no further."""

from __future__ import annotations

from unittest.mock import patch

import pytest

from azdock.backends import log_replica
from azdock.backends.log_replica import CUT_OFF, LEFT_OUT
from azdock.backends.log_run import UNREAD, RunLog, was_free
from azdock.backends.log_source import LATE_SECONDS, WITHOUT_HISTORY, Notes
from azdock.backends.shim import MARK
from azdock.docker.record import Status
from tests.support.logworld import LogWorld, Pace, Printed

NAME = "job-abc-x1"


def marked(*texts: str, code: int = 0) -> list[Printed]:
    """A run of the shim that printed lines on stdout."""
    marks = [f"{MARK}azdock {NAME} {text}" for text in ("begin out", "begin err", f"end err {code}", f"end out {code}")]
    streams = ("stdout", "stderr", "stderr", "stdout")
    begin, end = (list(map(Printed, streams[part], marks[part])) for part in (slice(2), slice(2, 4)))
    return [*begin, *[Printed("stdout", text) for text in texts], *end]


def read(world: LogWorld, attempts: int = 1) -> tuple[bytes, RunLog, str]:
    notes = Notes()
    log = RunLog(world, world.late_waits(), notes, attempts)
    found = b"".join(line.data for batch in log.batches() for line in batch)
    return found, log, notes.missing


def test_between_marks_nothing_else_is_asked() -> None:
    """A marked run that was read live needs neither Log Analytics nor the end of its execution."""
    world = LogWorld(marked("a", "b", code=3), [Pace(during=99)], tail=300)
    world.status = lambda: pytest.fail("the status was asked for")  # type: ignore[method-assign,return-value]
    found, log, missing = read(world)
    assert (found, missing, world.queries) == (b"a\nb\n", "", 0)
    assert log.last is not None and log.last.code == 3


def test_lines_that_never_arrive() -> None:
    """What the stream left out and Log Analytics does not get in time is missing, and that is told."""
    world = LogWorld(marked(*"abcdefgh"), tail=5, late=[99_999])
    with patch.object(log_replica, "MAX_TAIL", 5):
        found, _, missing = read(world)
    assert (found, missing) == (b"f\ng\nh\n", LEFT_OUT)
    assert LATE_SECONDS <= world.slept < LATE_SECONDS + 10


def test_no_log_analytics() -> None:
    """An environment that keeps no logs is not waited for."""
    world = LogWorld(marked("a"), gone=True, keeps=False)
    assert read(world)[::2] == (b"", WITHOUT_HISTORY)
    assert world.slept < 5


def test_rows_that_never_come() -> None:
    """A run that vanished with its lines is waited for, and what is missing is told."""
    world = LogWorld(marked("a"), gone=True, late=[99_999])
    found, _, missing = read(world)
    assert (found, missing) == (b"", UNREAD)
    assert world.slept >= LATE_SECONDS


def test_rows_that_had_to_be_waited_for_must_settle() -> None:
    """Rows do not always arrive in order: one that is missing in the middle is waited for, too."""
    world = LogWorld(marked("a", "b"), gone=True, late=[1, 1, 2, 1, 1, 1])
    assert read(world)[::2] == (b"a\nb\n", "")


def test_a_cut_row() -> None:
    """A line that Log Analytics kept in part is told of."""
    world = LogWorld(marked("x" * 40_000), gone=True)
    assert read(world)[2] == CUT_OFF


def test_a_container_that_was_removed() -> None:
    """Nothing follows."""
    world = LogWorld(marked("a"), gone=True)
    world.status = lambda: None  # type: ignore[method-assign]
    assert read(world)[::2] == (b"", "")


def test_another_attempt_follows() -> None:
    """A command that failed and may be tried again is not the end of the run."""
    world = LogWorld(marked("a", code=1), [Pace(during=99)], tail=300, code=1)
    asked = []
    world.status = lambda: asked.append(1) or Status(state="exited", exit_code=1)  # type: ignore[method-assign,func-returns-value]
    assert read(world, attempts=2)[0] == b"a\n"
    assert asked


@pytest.mark.parametrize(
    ("status", "free"),
    [(Status(exit_code=0), True), (Status(exit_code=127), True), (Status(exit_code=137), False),
     (Status(exit_code=143), False), (Status(exit_known=False), False),
     (Status(exit_code=124, reason="DeadlineExceeded"), False)],
)  # fmt: skip
def test_was_free(status: Status, free: bool) -> None:
    """Only what no signal ended has surely marked its end."""
    assert was_free(status) is free
