"""Which processes of a container are its own, and which are azdock's: those that look, and those around its command."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

# What the run shim starts beside the command, where setsid does not tell them apart.
_HELPERS = frozenset({"sh", "tr", "awk", "sed"})
# sh: the facts below. Where a container has the host's processes, as it may in the embedded Azure, its own hang below
# the one that AZDOCK_FIRST_PROCESS names. The run shim calls itself azdock-run.
FACTS = """\
echo "self:$$"; echo "first:${AZDOCK_FIRST_PROCESS:-}"
echo "shim:$(grep -sac azdock-run "/proc/${AZDOCK_FIRST_PROCESS:-1}/cmdline")"
"""


@dataclass(frozen=True, slots=True)
class Link:
    """A process by its number, its parent's, its session's, and its name."""

    pid: int
    parent: int
    session: int
    name: str


@dataclass(frozen=True, slots=True)
class Viewpoint:
    """Who looked: `reader` is the process that did, `first` the container's first one, 0 when it is number 1 and all
    are its own; `shim` says that the first one is azdock's run shim."""

    reader: int
    first: int = 0
    shim: bool = False


def viewpoint(facts: Mapping[str, list[str]]) -> Viewpoint:
    """What FACTS printed, by name. Raises KeyError, ValueError when it is something else."""
    shim = facts.get("shim", [""])[0].strip()
    return Viewpoint(int(facts["self"][0]), int(facts["first"][0] or 0), shim not in ("", "0"))


def own(links: Iterable[Link], view: Viewpoint) -> set[int]:
    """The processes that docker would show too."""
    found = {one.pid: one for one in links}
    shown = below(found, view.first) if view.first else set(found)
    shown -= _reading(found, view.reader)
    if view.shim:
        shown -= _shim(found, view.first or 1)
    return shown


def inside(links: Iterable[Link], view: Viewpoint) -> set[int]:
    """All processes of the container, azdock's among them."""
    found = {one.pid: one for one in links}
    return below(found, view.first) | below(found, _top(found, view.reader)) if view.first else set(found)


def below(found: Mapping[int, Link], root: int) -> set[int]:
    """A process and all its descendants."""
    children: dict[int, list[int]] = {}
    for one in found.values():
        children.setdefault(one.parent, []).append(one.pid)
    seen, waiting = set[int](), [root]
    while waiting:
        pid = waiting.pop()
        if pid not in seen:
            seen.add(pid)
            waiting += children.get(pid, [])
    return seen & found.keys()


def _top(found: Mapping[int, Link], pid: int) -> int:
    """The ancestor of a process that came from outside the container."""
    while pid in found and found[pid].parent in found and found[pid].parent != 1:
        pid = found[pid].parent
    return pid


def _reading(found: Mapping[int, Link], reader: int) -> set[int]:
    """The exec that looks, and what it hangs on; other commands of the same connection have sessions of their own."""
    top = _top(found, reader)
    mine = {found[pid].session for pid in (top, reader) if pid in found}
    return {pid for pid in below(found, top) if found[pid].session in mine} - {1}


def _shim(found: Mapping[int, Link], shim: int) -> set[int]:
    """The run shim with its helpers, and the shell that waits for the command's exit code."""
    children = [one for one in found.values() if one.parent == shim]
    apart = sorted(one.pid for one in children if one.session == one.pid and one.name == "sh")
    if shim in found and apart:
        return {one.pid for one in found.values() if one.session == found[shim].session} | {shim, apart[0]}
    if any(one.name in _HELPERS - {"sh"} for one in children):
        return {shim, *(one.pid for one in children if one.name in _HELPERS)}
    return {shim}  # there was no pipe to be made: the command is its only child
