"""What a container uses, from its control group and /proc, as docker stats counts it.

In the embedded Azure's sandbox the network is the machine's, and so are the figures of it.
SOURCE: docs.kernel.org/admin-guide/cgroup-v2.html and cgroup-v1; docker/cli, cli/command/container/stats_helpers.go.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from azdock.docker.processes import TICKS, stat_fields
from azdock.docker.proctree import FACTS, Link, inside, own, viewpoint

END = "azdock-end"
# A line of input asks for a sample. Version 1 has a folder for each controller, version 2 one for all; the top of a
# machine's tree is nobody's own (version 1 keeps release_agent there, version 2 no memory.current).
SCRIPT = f"""\
c=/sys/fs/cgroup
own() {{
  while IFS=: read -r _ names path; do
    case ",$names," in *",$1,"*)
      for d in "$c/$1$path" "$c/$1"; do
        [ -e "$d/cgroup.procs" ] && [ ! -e "$d/release_agent" ] && echo "$d" && return
      done;;
    esac
  done </proc/self/cgroup
}}
if [ -e $c/cgroup.controllers ]; then
  d=$(own ''); set -- "$d/cpu.stat" "$d/memory.current" "$d/memory.max" "$d/memory.stat" "$d/pids.current" "$d/io.stat"
else
  m=$(own memory); b=$(own blkio)
  set -- "$(own cpuacct)/cpuacct.usage" "$m/memory.usage_in_bytes" "$m/memory.limit_in_bytes" "$m/memory.stat" \\
    "$(own pids)/pids.current" "$b/blkio.throttle.io_service_bytes"
fi
while read -r _; do
  {FACTS}  grep -saH '' "$@" /proc/uptime /proc/net/dev /proc/[0-9]*/stat /proc/[0-9]*/io
  echo "{END}:"
done
"""
PAGE_KIB = 4
# memory.limit_in_bytes of a group without a limit is the largest multiple of the page size.
_NO_LIMIT = 1 << 62


@dataclass(frozen=True, slots=True)
class Usage:
    """What one container uses: cores in percent of one, bytes, tasks; None is what nobody tells.

    `age` is how many seconds ago it was so, None for now.
    """

    cpu: float | None = None
    memory: int | None = None
    limit: int | None = None
    received: int | None = None
    sent: int | None = None
    read: int | None = None
    written: int | None = None
    tasks: int | None = None
    age: float | None = None


# what docker shows of a container that does not run
IDLE = Usage(0.0, 0, 0, 0, 0, 0, 0, 0)
UNKNOWN = Usage()


@dataclass(frozen=True, slots=True)
class _Task:
    link: Link
    threads: int
    ticks: int
    pages: int


@dataclass(frozen=True, slots=True)
class Sample:
    """One reading: `uptime` seconds, `cpu` nanoseconds since the container began, the rest as in Usage."""

    uptime: float
    cpu: int
    usage: Usage = field(default_factory=Usage)


def between(before: Sample, after: Sample) -> Usage:
    """The usage at the later of two readings, with the share of CPU in between, which may be above 100."""
    seconds = after.uptime - before.uptime
    spent = max(after.cpu - before.cpu, 0) / 1e9
    return replace(after.usage, cpu=100 * spent / seconds if seconds > 0 else 0.0)


def together(usages: Sequence[Usage]) -> Usage:
    """What several replicas of a container use, added up; what one of them does not tell is not known. The age is that
    of the oldest."""
    found: dict[str, Any] = {}
    for name in ("cpu", "memory", "limit", "received", "sent", "read", "written", "tasks"):
        values = [getattr(one, name) for one in usages]
        found[name] = None if not values or None in values else sum(values)
    return Usage(**found, age=max((one.age for one in usages if one.age is not None), default=None))


def parse(text: str, granted: int = 0) -> Sample:
    """What SCRIPT printed for one sample. `granted` is the memory in bytes that the container was given, for where its
    control group cannot be seen. Raises ValueError when it is something else."""
    facts: dict[str, list[str]] = {}
    for line in text.split("\n"):
        path, _, rest = line.partition(":")
        facts.setdefault(path, []).append(rest)
    if "/proc/uptime" not in facts or "self" not in facts:
        raise ValueError("the container does not show what it uses")
    groups = {path.rpartition("/")[2]: lines for path, lines in facts.items() if path.startswith("/sys/fs/cgroup/")}
    everything, view = _tasks(facts), viewpoint(facts)
    links = [one.link for one in everything.values()]
    shown = own(links, view)
    mine = [everything[pid] for pid in shown]
    if not _is_own(groups, sum(everything[pid].threads for pid in inside(links, view))):
        groups = {}
    received, sent = _network(facts.get("/proc/net/dev", []))
    read, written = _disks(groups, facts, shown)
    memory = _memory(groups)
    return Sample(
        float(facts["/proc/uptime"][0].split()[0]),
        _processor(groups, mine),
        Usage(
            memory=sum(one.pages for one in mine) * PAGE_KIB * 1024 if memory is None else memory,
            limit=_limit(groups) or granted or None,
            received=received, sent=sent, read=read, written=written,
            tasks=sum(one.threads for one in mine),
        ),
    )  # fmt: skip


def _tasks(facts: Mapping[str, list[str]]) -> dict[int, _Task]:
    found = {}
    for path, lines in facts.items():
        if path.startswith("/proc/") and path.endswith("/stat") and (read := stat_fields("\n".join(lines))):
            pid, name, fields = read
            ticks = sum(int(word) for word in fields[11:15])  # its own and its dead children's
            link = Link(pid, int(fields[1]), int(fields[3]), name)
            found[pid] = _Task(link, int(fields[17]), ticks, int(fields[21]))
    return found


def _is_own(groups: Mapping[str, list[str]], visible: int) -> bool:
    """A group that holds more tasks than can be seen in here is not the container's alone. A few may come and go while
    they are counted."""
    tasks = _number(groups, "pids.current")
    return tasks is not None and tasks <= visible + 2 + visible // 4


def _processor(groups: Mapping[str, list[str]], mine: list[_Task]) -> int:
    nanoseconds = _number(groups, "cpuacct.usage")
    if nanoseconds is not None:
        return nanoseconds
    microseconds = _value(groups, "cpu.stat", "usage_usec")
    if microseconds is not None:
        return microseconds * 1000
    return sum(one.ticks for one in mine) * 1_000_000_000 // TICKS


def _memory(groups: Mapping[str, list[str]]) -> int | None:
    """Without the file cache that can be dropped at once, as docker counts."""
    for file, cache in (("memory.current", "inactive_file"), ("memory.usage_in_bytes", "total_inactive_file")):
        used = _number(groups, file)
        if used is not None:
            return max(used - (_value(groups, "memory.stat", cache) or 0), 0)
    return None


def _limit(groups: Mapping[str, list[str]]) -> int:
    """0 when there is none."""
    found = _number(groups, "memory.max") or _number(groups, "memory.limit_in_bytes") or 0
    return found if found < _NO_LIMIT else 0


def _network(lines: list[str]) -> tuple[int, int]:
    """Bytes received and sent over all interfaces but the loopback one."""
    received = sent = 0
    for line in lines[2:]:
        name, _, rest = line.partition(":")
        numbers = rest.split()
        if name.strip() != "lo" and len(numbers) > 8:
            received, sent = received + int(numbers[0]), sent + int(numbers[8])
    return received, sent


def _disks(
    groups: Mapping[str, list[str]], facts: Mapping[str, list[str]], shown: set[int]
) -> tuple[int | None, int | None]:
    """Bytes read from and written to disks: the group's, else those of the processes that still live."""
    words = [line.split() for name in ("io.stat", "blkio.throttle.io_service_bytes") for line in groups.get(name, ())]
    if words or "io.stat" in groups:
        pairs = [word.partition("=")[::2] for line in words for word in line]
        read = sum(int(value) for key, value in pairs if key == "rbytes")
        written = sum(int(value) for key, value in pairs if key == "wbytes")
        read += sum(int(line[2]) for line in words if len(line) == 3 and line[1].lower() == "read")
        return read, written + sum(int(line[2]) for line in words if len(line) == 3 and line[1].lower() == "write")
    lines = [line for pid in shown for line in facts.get(f"/proc/{pid}/io", ())]
    if not lines:
        return None, None  # nobody may read them
    counted = [line.partition(":")[::2] for line in lines]
    return tuple(sum(int(value) for key, value in counted if key == name) for name in ("read_bytes", "write_bytes"))  # type: ignore[return-value]


def _number(groups: Mapping[str, list[str]], file: str) -> int | None:
    text = groups.get(file, [""])[0].strip()
    return int(text) if text.isdigit() else None


def _value(groups: Mapping[str, list[str]], file: str, name: str) -> int | None:
    rows = (line.split() for line in groups.get(file, ()))
    return next((int(row[1]) for row in rows if len(row) == 2 and row[0] == name), None)
