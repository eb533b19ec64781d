"""Which processes are the container's own."""

from __future__ import annotations

import pytest

from azdock.docker.proctree import Link, Viewpoint, inside, own, viewpoint

# 9 runs under the shim 1 with its helpers; 30 is an exec that runs 33 and 36, and the reader 34 with 35
SHIMMED = [
    Link(1, 0, 0, "sh"), Link(4, 1, 0, "tr"), Link(5, 1, 0, "awk"), Link(6, 1, 0, "tr"), Link(8, 1, 8, "sh"),
    Link(9, 8, 8, "server"), Link(12, 1, 8, "orphan"), Link(30, 0, 30, "sh"), Link(31, 30, 30, "dd"),
    Link(33, 30, 33, "sleep"), Link(34, 30, 34, "sh"), Link(35, 34, 34, "grep"),
]  # fmt: skip


def test_shim() -> None:
    """The shim, its helpers, the shell around the command and the exec that looks are not shown; all else is."""
    assert own(SHIMMED, Viewpoint(34, shim=True)) == {9, 12, 33}


def test_without_shim() -> None:
    """A shell that is the container's own command is shown."""
    assert own(SHIMMED, Viewpoint(34)) == {1, 4, 5, 6, 8, 9, 12, 33}


@pytest.mark.parametrize(
    ("links", "shown"),
    [
        ([Link(1, 0, 1, "sh"), Link(2, 1, 1, "sed"), Link(3, 1, 1, "sh"), Link(4, 3, 1, "server")], {4}),
        ([Link(1, 0, 1, "sh"), Link(4, 1, 1, "sh"), Link(5, 4, 1, "job")], {4, 5}),
    ],
)
def test_shim_in_small_images(links: list[Link], shown: set[int]) -> None:
    """Without setsid the helpers are told by name; without pipes there are none, and the command is the only child."""
    assert own([*links, Link(50, 0, 50, "sh")], Viewpoint(50, shim=True)) == shown


def test_among_the_host_s_processes() -> None:
    """Where the container has the host's processes, its own are those below its first one."""
    links = [Link(1, 0, 1, "init"), Link(700, 1, 700, "sh"), Link(701, 700, 700, "job"), Link(800, 1, 800, "other"),
             Link(900, 1, 900, "sh"), Link(901, 900, 900, "grep")]  # fmt: skip
    view = Viewpoint(901, first=700)
    assert own(links, view) == {700, 701}
    assert inside(links, view) == {700, 701, 900, 901}


def test_viewpoint() -> None:
    """What the shell facts print."""
    facts = {"self": ["34"], "first": [""], "shim": ["1"]}
    assert viewpoint(facts) == Viewpoint(34, 0, True)
    assert viewpoint(facts | {"first": ["7"], "shim": [""]}) == Viewpoint(34, 7, False)
