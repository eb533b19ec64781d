"""What the tags of a function app tell of its latest run: that it was begun, by whom, and how it ended.

The resource is all that azdock's books can be rebuilt from, and Azure keeps no list of invocations.
SOURCE: learn.microsoft.com/azure/azure-resource-manager/management/tag-resources (256 characters a value)
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from azdock.backends import aca_app_status
from azdock.docker.record import Status

BEGUN = "azdock-run"
ENDED = aca_app_status.ENDED
HOST_LENGTH = 100  # of a machine's name, so that the tag holds the rest as well
_START = 22 - 3  # proc_pid_stat(5): field 22 is a process's start; what is behind its name begins with field 3


@dataclass(frozen=True, slots=True)
class Noted:
    """The latest run as the tags have it: "" when none was begun. `by` is who sends its request (see sender()), `ended`
    the end that was noted last, maybe an earlier run's."""

    run: str = ""
    at: datetime | None = None
    by: str = ""
    ended: Status | None = None

    @property
    def end(self) -> Status | None:
        """The end of the latest run; None while nobody has noted one."""
        return self.ended if self.ended is not None and self.ended.run == self.run else None


def begin_tags(run: str, at: datetime, by: str = "") -> dict[str, str]:
    """The tag that notes that a run begins; "" for `by` is this process."""
    text = json.dumps({"run": run, "at": at.isoformat(), "by": by or sender()}, separators=(",", ":"))
    return {BEGUN: text}


def end_tags(status: Status) -> dict[str, str]:
    """The tag that notes how the run `status.run` has ended."""
    return aca_app_status.note(status)


def read(tags: Mapping[str, str]) -> Noted:
    """What the tags tell; a damaged one tells nothing."""
    ended = aca_app_status.noted({"tags": tags})
    # Azure keeps the case of a tag's name as first written, but treats names as equal in any case.
    text = next((value for name, value in tags.items() if name.lower() == BEGUN), "")
    try:
        found = json.loads(text)
        return Noted(str(found["run"]), datetime.fromisoformat(found["at"]), str(found.get("by") or ""), ended)
    except (ValueError, TypeError, KeyError):
        return Noted(ended=ended)


# ---- who sends a request
def sender(pid: int = 0) -> str:
    """ "machine:pid:start" of a process of this machine (0: this one); the start is "" where the system hides it."""
    number = pid or os.getpid()
    return f"{_machine()}:{number}:{_start(number)}"


def is_dead(by: str) -> bool:
    """Whether the sender was a process of this machine that is no more. Nobody here knows of another machine's."""
    machine, _, rest = by.rpartition(":")[0].rpartition(":")
    start = by.rpartition(":")[2]
    if machine != _machine() or not rest.isdecimal():
        return False
    return not _exists(int(rest)) or (bool(start) and _start(int(rest)) != start)


def _machine() -> str:
    """The name of this machine, and which processes can be seen from here: a container has numbers of its own."""
    try:
        seen = Path("/proc/self/ns/pid").readlink().name.strip("pid:[]")
    except OSError:
        seen = ""
    return f"{socket.gethostname()[:HOST_LENGTH]}/{seen}"


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # somebody else's
    return True


def _start(pid: int) -> str:
    """When a process was started, in ticks since the machine's own start; "" where that cannot be told, "-" for one
    that has ended and is only not yet forgotten by its parent."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "-" if fields[0] in ("Z", "X") else fields[_START]
