"""Pure: rows of Log Analytics laid over lines of the live stream, by time and text.

Both are the same lines in the same order, but rows come late and lack some, times of rows are rounded and their text
may be cut; the stream shows the last lines only. So one line alone never decides: the neighbours must fit, too.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence

from azdock.azure.loganalytics import Row
from azdock.backends.log_records import Raw

# Text of a row that is surely whole; longer ones may have been cut by the collector.
SURELY_WHOLE = 8_000
# azure-monitor-docs, logs/data-collector-api.md: bytes of a field; a character at the edge goes as a whole.
FIELD_BYTES = 32 * 1024 - 3
# A part of a line of the runtime has 16 KB, and a character four bytes at most.
PART_CHARACTERS = 4 * 1024
# Neighbours that are compared: a tail of the live stream is no longer.
CONTEXT = 300


def same(row: Row, line: Raw, within_ns: int) -> bool:
    """Whether a row is this line."""
    if abs(row[0] - line[0]) > within_ns:
        return False
    return row[2] == line[1] or (len(row[2]) > SURELY_WHOLE and line[1].startswith(row[2]))


def find(rows: Sequence[Row], lines: Sequence[Raw], within_ns: int) -> int | None:
    """The index of the row that is `lines[0]`: the lines after it must go on as the rows do; None without one."""
    return _best(rows, lines[0], within_ns, lambda place: agreeing(rows, place, lines, within_ns))


def find_last(rows: Sequence[Row], lines: Sequence[Raw], within_ns: int) -> int | None:
    """The index of the row that is `lines[-1]`, judged by the lines before it."""

    def score(place: int) -> int:
        most = min(place + 1, len(lines), CONTEXT)
        steps = (step for step in range(most) if not same(rows[place - step], lines[-1 - step], within_ns))
        return next(steps, most)

    return _best(rows, lines[-1], within_ns, score)


def _best(rows: Sequence[Row], line: Raw, within_ns: int, score: Callable[[int], int]) -> int | None:
    first = bisect_left(rows, line[0] - within_ns, key=_time)
    last = bisect_right(rows, line[0] + within_ns, key=_time)
    places = [place for place in range(first, last) if same(rows[place], line, within_ns)]
    if len(places) < 2:
        return places[0] if places else None
    return max(places, key=lambda place: (score(place), -abs(rows[place][0] - line[0]), place))


def agreeing(rows: Sequence[Row], place: int, lines: Sequence[Raw], within_ns: int) -> int:
    """How many lines in a row are the rows from `place` on, up to CONTEXT."""
    most = min(len(rows) - place, len(lines), CONTEXT)
    steps = (step for step in range(most) if not same(rows[place + step], lines[step], within_ns))
    return next(steps, most)


def between(
    rows: Sequence[Row], before: Sequence[Raw], after: Sequence[Raw], within_ns: int
) -> tuple[Sequence[Row], bool]:
    """The rows after the lines `before` and ahead of the lines `after` (either may be empty), and whether the first of
    `after` was found among the rows, so that all before it have arrived."""
    start, end, found = 0, len(rows), True
    if before:
        last = find_last(rows, before, within_ns)
        start = bisect_right(rows, before[-1][0] + within_ns, key=_time) if last is None else last + 1
    if after:
        first = find(rows, after, within_ns)
        found = first is not None
        end = bisect_left(rows, after[0][0] - within_ns, key=_time) if first is None else first
    return rows[start : max(start, end)], found


def ahead(
    rows: Sequence[Row], before: Sequence[Raw], after: list[Raw], within_ns: int
) -> tuple[Sequence[Row], list[Raw], bool]:
    """As between(), where `after` may begin in the middle of a long line: its first line is mended then."""
    part, found = between(rows, before, after, within_ns)
    if found or not after:
        return part, after, found
    place = _whole(rows, after, within_ns)
    if place is None:
        return part, after, False
    part, _ = between(rows[:place], before, (), within_ns)
    return part, [(after[0][0], rows[place].text, after[0][2]), *after[1:]], True


def _whole(rows: Sequence[Row], lines: Sequence[Raw], within_ns: int) -> int | None:
    """The index of the row of a long line of which `lines[0]` is the end."""
    at = lines[0][0]
    places = list(range(bisect_left(rows, at - within_ns, key=_time), bisect_right(rows, at + within_ns, key=_time)))
    if len(lines) > 1 and (following := find(rows, lines[1:], within_ns)):
        places.append(following - 1)
    for place in places:
        text = rows[place].text
        if len(text) >= PART_CHARACTERS and (text.endswith(lines[0][1]) or is_cut(text)):
            return place
    return None


def is_cut(text: str) -> bool:
    """Whether a row's text may lack its end."""
    return len(text) > SURELY_WHOLE and len(text.encode("utf-8", "replace")) >= FIELD_BYTES


def matched(rows: Sequence[Row], lines: Sequence[Raw], within_ns: int) -> list[int | None]:
    """For each line the index of its row, or None: each row is at most one line, and order is kept where it can be."""
    if not lines or not rows:
        return [None] * len(lines)
    first = find(rows, lines, within_ns)
    if first is not None:
        count = min(len(rows) - first, len(lines))
        if all(same(rows[first + step], lines[step], within_ns) for step in range(count)):
            return [first + step if step < count else None for step in range(len(lines))]
    return _one_by_one(rows, lines, within_ns)


def _one_by_one(rows: Sequence[Row], lines: Sequence[Raw], within_ns: int) -> list[int | None]:
    by_text: dict[str, list[int]] = {}
    begin = bisect_left(rows, min(line[0] for line in lines) - within_ns, key=_time)
    for place in range(begin, len(rows)):
        by_text.setdefault(rows[place][2][:SURELY_WHOLE], []).append(place)
    found: list[int | None] = []
    for line in lines:
        known = by_text.get(line[1][:SURELY_WHOLE], [])
        near = [(abs(rows[place][0] - line[0]), place) for place in known if same(rows[place], line, within_ns)]
        found.append(min(near)[1] if near else None)
        if near:
            known.remove(min(near)[1])
    return found


def _time(row: Row) -> int:
    return row[0]
