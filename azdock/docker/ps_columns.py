"""The columns of ps: name -> title and text. SOURCE: ps(1) of procps, STANDARD FORMAT SPECIFIERS."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from azdock.docker.processes import Process, Snapshot, moment

Text = Callable[[Process, Snapshot], str]
DAY = 86_400
# linux/Documentation/admin-guide/devices.txt: majors of terminals
_PTS, _LAST_PTS, _TTY, _CONSOLE = 136, 143, 4, (5, 1)


def _command(one: Process, _: Snapshot) -> str:
    return " ".join(one.arguments) or f"[{one.name}]"


def _terminal(one: Process, _: Snapshot) -> str:
    major, minor = (one.tty >> 8) & 0xFFF, (one.tty & 0xFF) | ((one.tty >> 12) & 0xFFF00)
    if not one.tty:
        return "?"
    if _PTS <= major <= _LAST_PTS:
        return f"pts/{(major - _PTS) * 256 + minor}"
    if (major, minor) == _CONSOLE:
        return "console"
    return f"tty{minor}" if major == _TTY else "?"


def _share(one: Process) -> float:
    return 100 * one.processor / one.elapsed if one.elapsed > 0 else 0.0


def _clock(seconds: float, *, hours: bool) -> str:
    """[DD-]HH:MM:SS, without the hours when they are zero unless `hours`."""
    whole = int(seconds)
    days, rest = divmod(whole, DAY)
    shown = f"{rest // 60 % 60:02}:{rest % 60:02}"
    if hours or whole >= 3600:
        shown = f"{rest // 3600:02}:{shown}"
    return f"{days}-{shown}" if days else shown


def _bsd_time(one: Process, _: Snapshot) -> str:
    return f"{int(one.processor) // 60}:{int(one.processor) % 60:02}"


def _began(one: Process, snapshot: Snapshot) -> str:
    """HH:MM today, else MonDD, else the year."""
    began, now = moment(one.started), moment(snapshot.now)
    if began.date() == now.date():
        return f"{began:%H:%M}"
    return f"{began:%b%d}" if began.year == now.year else f"{began:%Y}"


def _start(one: Process, snapshot: Snapshot) -> str:
    began = moment(one.started)
    return f"{began:%H:%M:%S}" if snapshot.now - one.started < DAY else f"{began:%b %d}"


def _state(one: Process, _: Snapshot) -> str:
    """The state with BSD's letters: priority, locked pages, session leader, threads, foreground."""
    letters = one.state
    letters += "<" if one.nice < 0 else "N" if one.nice > 0 else ""
    letters += "L" if one.locked else ""
    letters += "s" if one.session == one.pid else ""
    letters += "l" if one.threads > 1 else ""
    return letters + ("+" if one.foreground == one.group else "")


def _number(value: Callable[[Process], int]) -> Text:
    return lambda one, _: str(value(one))


def _user(place: int) -> Text:
    return lambda one, snapshot: snapshot.user(one.uids[place])


def _group(place: int) -> Text:
    return lambda one, snapshot: snapshot.groups.get(one.gids[place], str(one.gids[place]))


def _memory(one: Process, snapshot: Snapshot) -> str:
    return f"{100 * one.resident / snapshot.memory if snapshot.memory else 0.0:.1f}"


REAL, EFFECTIVE = 0, 1
_percent: Text = lambda one, _: f"{_share(one):.1f}"  # noqa: E731 (a row of the table)
_time: Text = lambda one, _: _clock(one.processor, hours=True)  # noqa: E731
_elapsed: Text = lambda one, _: _clock(one.elapsed, hours=False)  # noqa: E731
_name: Text = lambda one, _: one.name  # noqa: E731
_long: Text = lambda one, _: f"{moment(one.started):%a %b %e %H:%M:%S %Y}"  # noqa: E731
_letter: Text = lambda one, _: one.state  # noqa: E731

_ROWS: Mapping[str, tuple[str, Any]] = {
    "pid tgid": ("PID", _number(lambda one: one.pid)),
    "ppid": ("PPID", _number(lambda one: one.parent)),
    "pgid": ("PGID", _number(lambda one: one.group)),
    "pgrp": ("PGRP", _number(lambda one: one.group)),
    "sid": ("SID", _number(lambda one: one.session)),
    "sess session": ("SESS", _number(lambda one: one.session)),
    "tpgid": ("TPGID", _number(lambda one: one.foreground)),
    "user uname": ("USER", _user(EFFECTIVE)),
    "euser": ("EUSER", _user(EFFECTIVE)),
    "ruser": ("RUSER", _user(REAL)),
    "uid": ("UID", _number(lambda one: one.uids[EFFECTIVE])),
    "euid": ("EUID", _number(lambda one: one.uids[EFFECTIVE])),
    "ruid": ("RUID", _number(lambda one: one.uids[REAL])),
    "gid": ("GID", _number(lambda one: one.gids[EFFECTIVE])),
    "egid": ("EGID", _number(lambda one: one.gids[EFFECTIVE])),
    "rgid": ("RGID", _number(lambda one: one.gids[REAL])),
    "group": ("GROUP", _group(EFFECTIVE)),
    "egroup": ("EGROUP", _group(EFFECTIVE)),
    "rgroup": ("RGROUP", _group(REAL)),
    "comm": ("COMMAND", _name),
    "ucmd ucomm": ("CMD", _name),
    "args command": ("COMMAND", _command),
    "cmd": ("CMD", _command),
    "etime": ("ELAPSED", _elapsed),
    "etimes": ("ELAPSED", _number(lambda one: int(one.elapsed))),
    "time cputime": ("TIME", _time),
    "bsdtime": ("TIME", _bsd_time),
    "times cputimes": ("TIME", _number(lambda one: int(one.processor))),
    "pcpu %cpu": ("%CPU", _percent),
    "c": ("C", _number(lambda one: min(int(_share(one)), 99))),
    "pmem %mem": ("%MEM", _memory),
    "rss rssize": ("RSS", _number(lambda one: one.resident)),
    "rsz": ("RSZ", _number(lambda one: one.resident)),
    "vsz vsize": ("VSZ", _number(lambda one: one.virtual)),
    "stat": ("STAT", _state),
    "state s": ("S", _letter),
    "tty tt": ("TT", _terminal),
    "tname": ("TTY", _terminal),
    "stime": ("STIME", _began),
    "start_time bsdstart": ("START", _began),
    "start": ("STARTED", _start),
    "lstart": ("STARTED", _long),
    "nlwp": ("NLWP", _number(lambda one: one.threads)),
    "thcount": ("THCNT", _number(lambda one: one.threads)),
    "pri": ("PRI", _number(lambda one: 39 - one.priority)),
    "ni nice": ("NI", _number(lambda one: one.nice)),
}
COLUMNS: Mapping[str, tuple[str, Text]] = {name: row for names, row in _ROWS.items() for name in names.split()}
