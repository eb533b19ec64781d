"""Any sequence of lines, seen through any cuts, tails and late rows, comes out once and in order."""

from __future__ import annotations

from itertools import accumulate
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from azdock.backends import log_align, log_history, log_replica
from azdock.backends.log_history import History
from azdock.backends.log_records import Joiner, Overlap
from azdock.backends.log_run import RunLog
from azdock.backends.log_source import Notes
from azdock.backends.shim import MARK, STDERR
from azdock.docker.channels import LogLine, LogQuery
from tests.support.logworld import LogWorld, Pace, Printed, stamp

TAIL = 4
NAME = "job-abc-x1"

plain_texts = st.sampled_from(["a", "b", "", "a b", "é\u2028", "F x", "P "])
plain_lines = st.builds(Printed, st.just("stdout"), plain_texts)
long_lines = st.builds(Printed, st.just("stdout"), st.just("long" * 3), st.just(True), st.just((5, 3)))
paces = st.lists(st.builds(Pace, st.integers(0, 9), st.integers(0, 6), st.booleans()), max_size=6)
# Rows show up in order, some of them together.
lateness = st.lists(st.sampled_from([0, 0, 0, 0, 1, 2]), max_size=40).map(lambda steps: list(accumulate(steps)))


@st.composite
def marked_lines(draw: st.DrawFn) -> list[Printed]:
    """What the run shim makes of lines on both streams."""
    body = draw(st.lists(st.one_of(plain_lines, st.builds(_error, plain_texts)), max_size=30))
    begin = [Printed("stdout", f"{MARK}azdock {NAME} begin out"), Printed("stderr", f"{MARK}azdock {NAME} begin err")]
    unended = draw(st.sampled_from(["", "no end"]))
    end = [
        Printed("stderr", f"{MARK}azdock {NAME} end err 0"),
        Printed("stdout", f"{unended}{MARK}azdock {NAME} end out 0"),
    ]
    return [*begin, *body, *end]


def _error(text: str) -> Printed:
    return Printed("stderr", STDERR + text)


def followed(world: LogWorld) -> tuple[list[LogLine], RunLog, Notes]:
    notes = Notes()
    log = RunLog(world, world.late_waits(), notes)
    # A long line is a short one here.
    with patch.object(log_replica, "MAX_TAIL", TAIL), patch.object(log_align, "PART_CHARACTERS", 5):
        return [line for batch in log.batches() for line in batch], log, notes


def expected(lines: list[Printed], split: bool) -> list[tuple[str, bytes]]:
    found = []
    for line in lines:
        text, mark, _ = line.text.partition(MARK)
        if mark and not text:
            continue
        stream = "err" if split and line.stream == "stderr" else "out"
        end = "" if mark or not line.ended else "\n"
        found.append((stream, (text.removeprefix(STDERR) + end).encode()))
    return found


def seen(lines: list[LogLine]) -> list[tuple[str, bytes]]:
    return [(line.stream, line.data) for line in lines]


@settings(deadline=None)
@given(marked_lines(), paces, lateness, st.booleans(), st.booleans())
def test_a_marked_run(lines: list[Printed], paces: list[Pace], late: list[int], gone: bool, known: bool) -> None:
    """With marks, known or not, everything comes, also when the replica vanishes with its end and rows are late."""
    world = LogWorld(lines, list(paces), late=late, gone=gone, marked=known)
    found, log, notes = followed(world)
    assert seen(found) == expected(lines, split=True)
    assert notes.missing == ""
    assert log.last is not None and log.last.code == 0


@settings(deadline=None)
@given(st.lists(st.one_of(plain_lines, long_lines), max_size=30), paces, lateness)
def test_a_plain_run(lines: list[Printed], paces: list[Pace], late: list[int]) -> None:
    """Without marks the same, as long as the replica can be read after its end."""
    found, log, notes = followed(LogWorld(lines, list(paces), late=late))
    assert seen(found) == expected(lines, split=False)
    assert (notes.missing, log.last) == ("", None)


@settings(deadline=None)
@given(marked_lines(), st.integers(0, 40), lateness, st.sampled_from([None, 0, 1, 3, 50]))
def test_history(lines: list[Printed], printed: int, late: list[int], tail: int | None) -> None:
    """What was printed up to a moment, from rows and the live stream's last lines together."""
    world = LogWorld(lines, late=late, marked=True)
    world.printed = min(printed, len(lines))
    notes = Notes()
    history = History(world, world.late_waits(), notes, world.status(), only=True)
    with patch.object(log_replica, "MAX_TAIL", TAIL), patch.object(log_history, "MAX_TAIL", TAIL):
        found = history.lines(LogQuery(tail=tail))
    whole = expected(lines[: world.printed], split=True)
    assert seen(found) == (whole if tail is None else whole[max(0, len(whole) - tail) :])
    assert notes.missing == ""


@settings(deadline=None)
@given(marked_lines(), st.integers(2, 40), paces, lateness)
def test_history_then_follow(lines: list[Printed], printed: int, paces: list[Pace], late: list[int]) -> None:
    """Whoever follows from some moment on gets what was before and what comes, each line once."""
    world = LogWorld(lines, list(paces), late=late, marked=True)
    world.printed = min(printed, len(lines) - 1)
    notes = Notes()
    history = History(world, world.late_waits(), notes, world.status(), only=True)
    with patch.object(log_replica, "MAX_TAIL", TAIL), patch.object(log_history, "MAX_TAIL", TAIL):
        found = history.lines(LogQuery(follow=True))
        log = RunLog(world, world.late_waits(), notes, logs=history.logs)
        found += [line for batch in log.batches() for line in batch]
    assert seen(found) == expected(lines, split=True)
    assert notes.missing == ""


@settings(deadline=None)
@given(st.lists(plain_lines, max_size=30), st.lists(st.integers(0, 30), max_size=6), st.integers(1, 9))
def test_overlap(lines: list[Printed], connections: list[int], size: int) -> None:
    """Streams that begin anywhere in what was read, and end anywhere, add up to the whole, however they are chopped."""
    records = [(stamp(number // 3 * 1000), "F " + line.text) for number, line in enumerate(lines)]
    overlap, found, done = Overlap(), list[tuple[str, str]](), 0
    for end in [*connections, len(records)]:
        end = max(done, min(end, len(records)))
        overlap.reconnect()
        shown = records[max(0, done - 5) : end] if done else records[:end]
        for start in range(0, len(shown), size):
            found += overlap.take(shown[start : start + size])
        done = end
    assert len(found) <= len(records)  # equal neighbours of one moment cannot be told from a repetition
    if len(set(records)) == len(records):
        assert found == records


@settings(deadline=None)
@given(st.data())
def test_joiner(data: st.DataObject) -> None:
    """Parts of long lines on both streams, mixed in any way the runtime may mix them, become the lines again."""
    line = st.tuples(st.sampled_from(["out", "err"]), st.lists(plain_texts, min_size=1))
    texts = data.draw(st.lists(line, max_size=8))
    joiner, found, wanted = Joiner(), list[str](), list[str]()
    for number, (stream, parts) in enumerate(texts):
        whole = (STDERR if stream == "err" else "") + "".join(parts)
        first, *rest = parts
        pieces = [(STDERR if stream == "err" else "") + first, *rest]
        records = [(stamp(number * 1000), "P " + piece) for piece in pieces[:-1]]
        records.append((stamp(number * 1000), "F " + pieces[-1]))
        size = data.draw(st.integers(1, 3))
        for start in range(0, len(records), size):
            found += [text for _, text, _ in joiner.feed(records[start : start + size])]
        wanted.append(whole)
    assert found == wanted
    assert joiner.end() == []
