"""What a container has printed up to now: Log Analytics' rows and the live replicas' last lines as one log."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace

from azdock import errors
from azdock.azure.loganalytics import Asked, Row
from azdock.azure.logstream import MAX_TAIL, Cut, Record
from azdock.azure.logtable import SAME_NS
from azdock.backends.log_align import ahead, matched
from azdock.backends.log_records import Raw
from azdock.backends.log_replica import ReplicaLog
from azdock.backends.log_run import UNREAD, ending, was_free
from azdock.backends.log_source import LATE_SECONDS, WITHOUT_HISTORY, Late, Notes, Source
from azdock.backends.replicas import is_named
from azdock.docker.channels import LogLine, LogQuery
from azdock.docker.record import Status

# Rows beyond those asked for: marks of the run shim are no lines.
SPARE_ROWS = 16


@dataclass
class Live:
    """The last lines of a replica that can still be read. `first` tells that they begin with its first."""

    log: ReplicaLog
    raws: list[Raw]
    lines: list[LogLine]
    first: bool


@dataclass
class History:
    """One look at the log of all runs. `source` and `latest` are the newest run and its status; `only` tells that
    there is no other run; `ago` is the seconds since it ended."""

    source: Source
    late: Late
    notes: Notes
    latest: Status | None
    only: bool = False
    ago: float = 0.0
    logs: dict[str, ReplicaLog] = field(default_factory=dict)

    def lines(self, query: LogQuery) -> list[LogLine]:
        """The lines that there are now, in order; `logs` has the replicas that go on."""
        goes_on = query.follow and self.latest is not None and bool(self.latest.run) and not self.latest.over
        live = self._live(goes_on, query.replica) if query.tail != 0 or goes_on else []
        if query.tail == 0:
            return []
        # What is printed after the look at the live replicas is for those who follow.
        rows = [] if self._suffices(live, query) else self._rows(live, query)
        names = dict.fromkeys([row[3] for row in rows] + [one.log.name for one in live])
        by_name = {one.log.name: one for one in live}
        found: list[LogLine] = []
        for name in names:
            log = by_name[name].log if name in by_name else self._new(name)
            own = log.own(rows) if len(names) > 1 else rows
            found += self._merged(by_name[name], own) if name in by_name else log.printed(own)
        found = [line for line in found if within(line, query, self.source.same_ns)]
        if len(names) > 1:
            found.sort(key=lambda line: line.time_ns)
        return found if query.tail is None else found[max(0, len(found) - query.tail) :]

    # ---- steps
    def _new(self, name: str) -> ReplicaLog:
        return ReplicaLog(self.source, name, self.late, self.notes)

    def _live(self, goes_on: bool, wanted: str) -> list[Live]:
        found = []
        for name, endpoint in self.source.replicas() if self.latest else ():
            records = self._snapshot(endpoint) if wanted in ("", name) else []
            if not records:
                continue
            log = self.logs[name] = self._new(name)
            raws = log.seed(records, goes_on)
            first = len(records) < MAX_TAIL or bool(raws and log.marks.begins(raws[0][1]))
            if first and not self.source.apart:
                self.source.replicas()  # counts the restarts up to now
                first = not self.source.restarts(name)  # else it is the first of the last start
            found.append(Live(log, raws, log.marks.lines(raws), first))
        return found

    def _snapshot(self, endpoint: str) -> list[Record]:
        try:
            with closing(self.source.stream(endpoint, follow=False)) as stream:
                return [record for records in stream for record in records]
        except (Cut, errors.NotFound):
            return []  # the replica went away meanwhile; Log Analytics has its lines

    def _suffices(self, live: list[Live], query: LogQuery) -> bool:
        """Whether the live lines are all that is wanted, and tell their streams."""
        if not live or not all(one.log.marks.split for one in live):
            return False
        if query.tail is not None and sum(len(one.lines) for one in live) >= query.tail and query.until_ns is None:
            return True
        if not all(one.first for one in live):
            return False
        begun = live[0].raws[0][0] if live[0].raws else None
        since = query.since_ns is not None and begun is not None and begun < query.since_ns
        restarts = self.latest.restarts if self.latest else 0
        return since or (self.only and len(live) > restarts)

    def _rows(self, live: list[Live], query: LogQuery) -> list[Row]:
        asked = Asked(query.run, query.replica, since_ns=query.since_ns, until_ns=query.until_ns, tail=query.tail)
        if query.tail is not None:
            asked = replace(asked, tail=query.tail + SPARE_ROWS)

        def ask() -> list[Row]:
            nonlocal asked
            rows = self.source.rows(asked)
            while asked.tail is not None and len(rows) >= asked.tail and self._short(rows, query.tail or 0):
                asked = replace(asked, tail=asked.tail * 4)
                rows = self.source.rows(asked)
            return rows

        seconds = max(0.0, LATE_SECONDS - self.ago) if not live else LATE_SECONDS
        rows, complete = self.late.rows(ask, lambda rows: self._enough(rows, live, query), seconds)
        if not self.source.keeps:
            self.notes.lost(WITHOUT_HISTORY)
        elif not complete:
            self.notes.lost(UNREAD)
        return rows

    def _short(self, rows: list[Row], tail: int) -> bool:
        """Whether there are too few lines among the rows once the marks are out."""
        logs = map(self._new, {row[3] for row in rows})
        return sum(len(log.marks.rows(log.own(rows))) for log in logs) < tail

    def _enough(self, rows: list[Row], live: list[Live], query: LogQuery) -> bool:
        """Whether nothing that must be among the rows is missing there."""
        if not self.source.keeps:
            return True
        for one in live:
            enough = query.tail is not None and len(one.lines) >= query.tail
            newer = query.since_ns is not None and one.raws and one.raws[0][0] <= query.since_ns
            older = query.until_ns is not None and one.raws and one.raws[0][0] > query.until_ns
            if one.first or enough or newer or older or not one.raws:
                continue
            if not ahead(one.log.own(rows), (), one.raws, self.source.same_ns)[2]:
                return False
        return self._ends(rows, live, query)

    def _ends(self, rows: list[Row], live: list[Live], query: LogQuery) -> bool:
        """Whether the end of the newest run is here, if it is marked and over."""
        latest = self.latest
        wanted = query.until_ns is None and query.run in ("", latest.run if latest else "")
        if latest is None or not (self.source.marked and wanted and latest.terminal and was_free(latest)):
            return True
        own = [row for row in rows if self.source.is_of_run(row)]
        ended = {name for name in {row[3] for row in own} if ending(own, name, latest.run).ended}
        ended |= {one.log.name for one in live if one.log.marks.ended}
        partly = query.tail is not None or query.since_ns is not None or not self.source.apart
        return len(ended) >= (1 if partly else latest.restarts + 1)

    def _merged(self, one: Live, rows: Sequence[Row]) -> list[LogLine]:
        """The rows ahead of the live lines, and those, with the stream of their row where they do not tell it."""
        part: Sequence[Row] = ()
        raws = one.raws
        if raws and not one.first:
            part, raws, _ = ahead(rows, (), raws, self.source.same_ns)
        lines = one.lines if raws is one.raws else one.log.marks.lines(raws)
        if not one.log.marks.split and len(lines) == len(raws):
            places = matched(rows, raws, self.source.same_ns)
            lines = [
                line if place is None else line._replace(stream="err" if rows[place].stream == "stderr" else "out")
                for line, place in zip(lines, places, strict=True)
            ]
        return [*one.log.printed(part), *lines]


def within(line: LogLine, query: LogQuery, same_ns: int = SAME_NS) -> bool:
    """Whether a line is of the query's replica and in its span of time, both ends included, as far as Azure's times are
    exact."""
    if query.replica and line.replica != query.replica:
        return False
    after = query.since_ns is None or line.time_ns >= query.since_ns - same_ns
    return after and (query.until_ns is None or line.time_ns <= query.until_ns + same_ns)


def resolved(source: Source, query: LogQuery) -> LogQuery:
    """The query with the whole name of its replica, which may be given by its last letters. Raises NotFound when there
    neither is nor was one of this name."""
    listed = [name for name, _ in source.replicas()]
    found = [name for name in listed if is_named(name, query.replica)]
    if not found:
        names = dict.fromkeys(row[3] for row in source.rows(Asked()))
        found = [name for name in names if is_named(name, query.replica)]
    if not found:
        known = ", ".join(name.rpartition("-")[2] for name in listed)
        hint = f"there are {known}" if known else ""
        raise errors.NotFound(f"No such replica: {query.replica}", hint=hint)
    return replace(query, replica=found[-1])
