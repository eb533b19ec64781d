"""The processes of a container, from its /proc, and ps' options over them.

Processes have the numbers that the container sees, which on a machine of one's own docker translates to the host's.
SOURCE: proc(5) for the files; ps(1) of procps for the columns; moby daemon/top_unix.go for "Couldn't find PID field".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from azdock.docker.proctree import FACTS, Link, Viewpoint, own, viewpoint
from azdock.docker.values import BadValue

# The kernel's clock ticks as /proc shows them, on every architecture that containers run on.
TICKS = 100
# tr: arguments end in NUL, and may hold newlines. A process may vanish while it is read.
SCRIPT = f"""\
{FACTS}echo "now:$(date +%s)"
grep -saH '' /proc/uptime /proc/meminfo /etc/passwd /etc/group /proc/[0-9]*/stat /proc/[0-9]*/status
for p in /proc/[0-9]*; do
  {{ line=$(tr '\\000\\n' '\\036 ' <$p/cmdline) && echo "$p/cmdline:$line"; }} 2>/dev/null
done
:
"""
_SEPARATOR = "\x1e"


@dataclass(frozen=True, slots=True)
class Process:
    """One process: times in seconds, sizes in KiB, `started` Unix seconds, `tty` the kernel's device number."""

    pid: int
    parent: int
    name: str
    arguments: tuple[str, ...]
    state: str
    group: int
    session: int
    tty: int
    foreground: int
    priority: int
    nice: int
    threads: int
    processor: float
    started: float
    elapsed: float
    uids: tuple[int, ...]
    gids: tuple[int, ...]
    virtual: int
    resident: int
    locked: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All processes that were seen, who looked, and what is needed to word them; `memory` is KiB."""

    processes: Mapping[int, Process]
    view: Viewpoint
    now: float
    memory: int
    users: Mapping[int, str] = field(default_factory=dict)
    groups: Mapping[int, str] = field(default_factory=dict)

    def user(self, uid: int) -> str:
        """The name of a user in the container, else the number."""
        return self.users.get(uid, str(uid))

    def own(self) -> list[Process]:
        """The container's processes by number, without azdock's."""
        links = [Link(one.pid, one.parent, one.session, one.name) for one in self.processes.values()]
        return [self.processes[pid] for pid in sorted(own(links, self.view))]


def parse(text: str) -> Snapshot:
    """What SCRIPT printed. Raises ValueError when it is something else."""
    facts: dict[str, list[str]] = {}
    for line in text.split("\n"):
        name, _, rest = line.partition(":")
        facts.setdefault(name, []).append(rest)
    if "self" not in facts or "/proc/uptime" not in facts:
        raise ValueError("the container does not show its processes")
    uptime = float(facts["/proc/uptime"][0].split()[0])
    now = float(facts["now"][0] or 0)
    found = {}
    for name, lines in facts.items():
        if name.startswith("/proc/") and name.endswith("/stat"):
            folder = name.removesuffix("stat")
            one = _process("\n".join(lines), facts, folder, uptime, now)
            if one is not None:
                found[one.pid] = one
    memory = next((int(line.split()[1]) for line in facts.get("/proc/meminfo", ()) if line.startswith("MemTotal")), 0)
    return Snapshot(
        found, viewpoint(facts), now, memory,
        _names(facts.get("/etc/passwd", ())), _names(facts.get("/etc/group", ())),
    )  # fmt: skip


def _names(lines: Iterable[str]) -> dict[int, str]:
    found: dict[int, str] = {}
    for line in lines:
        name, *rest = line.split(":")
        if len(rest) >= 2 and rest[1].isdigit():
            found.setdefault(int(rest[1]), name)
    return found


def stat_fields(line: str) -> tuple[int, str, list[str]] | None:
    """Number, name and the fields from the state on of /proc/PID/stat; the name may hold blanks and brackets."""
    head, bracket, rest = line.rpartition(")")
    pid, _, name = head.partition("(")
    fields = rest.split()
    return (int(pid), name, fields) if bracket and len(fields) > 20 else None


def _process(line: str, facts: Mapping[str, list[str]], folder: str, uptime: float, now: float) -> Process | None:
    """None for one that vanished while it was read."""
    found, status = stat_fields(line), dict(_pairs(facts.get(f"{folder}status", ())))
    if found is None or "Uid" not in status:
        return None
    pid, name, rest = found
    words = facts.get(f"{folder}cmdline", [""])[0].rstrip("\n")
    arguments = tuple(words.removesuffix(_SEPARATOR).split(_SEPARATOR)) if words else ()
    numbers = [int(word) for word in rest[1:21]]
    elapsed = max(uptime - numbers[18] / TICKS, 0.0)
    return Process(
        pid=pid, parent=numbers[0], name=name, arguments=arguments, state=rest[0], group=numbers[1],
        session=numbers[2], tty=numbers[3], foreground=numbers[4], priority=numbers[14], nice=numbers[15],
        threads=numbers[16], processor=(numbers[10] + numbers[11]) / TICKS, started=now - elapsed, elapsed=elapsed,
        uids=tuple(map(int, status["Uid"].split())), gids=tuple(map(int, status["Gid"].split())),
        virtual=_kib(status, "VmSize"), resident=_kib(status, "VmRSS"), locked=_kib(status, "VmLck"),
    )  # fmt: skip


def _pairs(lines: Iterable[str]) -> Iterable[tuple[str, str]]:
    for line in lines:
        name, _, value = line.partition(":")
        yield name, value.strip()


def _kib(status: Mapping[str, str], name: str) -> int:
    return int(status.get(name, "0").split()[0])


@dataclass(frozen=True, slots=True)
class Listing:
    """What docker's API gives to `docker top`: titles and one row of texts for each process."""

    titles: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def listing(snapshot: Snapshot, options: Sequence[str]) -> Listing:
    """The container's processes as ps with these options shows them. Raises BadValue."""
    from azdock.docker.ps_columns import COLUMNS

    columns = chosen(options)
    titles = tuple(title for _, title in columns)
    if "PID" not in titles:
        raise BadValue("Couldn't find PID field in ps output")
    rows = [tuple(COLUMNS[name][1](one, snapshot) for name, _ in columns) for one in snapshot.own()]
    return Listing(titles, tuple(rows))


def moment(seconds: float) -> datetime:
    """A time of a process, in UTC as Azure's containers have it."""
    return datetime.fromtimestamp(seconds, UTC)


# which processes: ps' letters for "all of them"; a container has no others
_EVERYBODY = frozenset("eAaxdw")
FULL = ("user=UID", "pid", "ppid", "c", "stime", "tname", "time", "cmd")
USER = ("user", "pid", "pcpu", "pmem", "vsz", "rss", "tname", "stat", "start_time", "bsdtime", "args")
SHORT = ("pid", "tname", "time", "ucmd")


def chosen(options: Sequence[str]) -> list[tuple[str, str]]:
    """(column, title) of each column that ps' options ask for. Raises BadValue for options beyond them."""
    words, named, style = list(options), list[str](), "" if options else "f"
    while words:
        word = words.pop(0)
        letters = word.removeprefix("-")
        for place, letter in enumerate(letters):
            if letter == "o":
                texts = letters[place + 1 :] or (words.pop(0) if words else "")
                if not texts:
                    raise BadValue('ps: error: list of columns is missing after "-o"')
                named += texts.replace(" ", ",").split(",") if "=" not in texts else _titled(texts)
                break
            if letter == "u" or (letter == "f" and word.startswith("-")):
                style = letter
            elif letter not in _EVERYBODY:
                raise BadValue(f"ps: {word}: azdock top knows -ef, aux and -o COLUMN,... only")
    if not named:
        named = list({"f": FULL, "u": USER}.get(style, SHORT))
    return [_column(name) for name in named if name]


def _titled(texts: str) -> list[str]:
    """Columns of which the last has a title of its own: everything behind "=" is the title."""
    names, _, title = texts.partition("=")
    *others, last = names.split(",")
    return [*others, f"{last}={title}"]


def _column(text: str) -> tuple[str, str]:
    from azdock.docker.ps_columns import COLUMNS

    name, equals, title = text.partition("=")
    if name not in COLUMNS:
        raise BadValue(f'ps: error: unknown user-defined format specifier "{name}"')
    return name, title if equals else COLUMNS[name][0]
