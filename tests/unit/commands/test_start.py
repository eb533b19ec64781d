"""azdock start -a, and what start refuses."""

from __future__ import annotations

import pytest

from azdock.docker.channels import Attachment, LogLine
from azdock.docker.record import Status
from azdock.docker.spec import ContainerSpec
from azdock.errors import CommandNotFound
from tests.support.fakes import Services, Typed, World, azdock, record


def services(**spec: object) -> Services:
    made = record("web", seen=Status(), spec=ContainerSpec(image="i", **spec))  # type: ignore[arg-type]
    return Services(records={"web": made}, lines_=[LogLine("out", b"x\n", 1)], final=Status("exited", "r", 5))


def test_attached() -> None:
    """start -a shows the run and returns its code."""
    result = azdock("start", "-a", "web", world=World(services()))
    assert (result.out, result.code) == ("x\n", 5)


def test_attached_to_a_container_that_removes_itself() -> None:
    """--rm of its creation still counts."""
    made = services(auto_remove=True)
    azdock("start", "-a", "web", world=World(made))
    assert made.calls[-1] == ("discard", "web")


def test_attached_to_a_missing_program() -> None:
    """start -a answers 1 then, as docker does."""
    made = services()
    made.fail = {"finish": CommandNotFound("no x")}
    result = azdock("start", "-a", "web", world=World(made))
    assert (result.err, result.code) == ("Error response from Azure: no x\n", 1)


def test_several_cannot_be_attached() -> None:
    """docker's sentence."""
    result = azdock("start", "-a", "a", "b")
    assert (result.err, result.code) == ("you cannot start and attach multiple containers at once\n", 1)


@pytest.mark.parametrize(("opened", "stdin"), [(True, True), (False, False)])
def test_interactive(opened: bool, stdin: bool) -> None:
    """Our input goes to a container that was made with -i, and to no other."""
    made = services(stdin_open=opened)
    azdock("start", "-i", "web", world=World(made, Typed(b"some input")))
    assert made.attachments == [Attachment(output=True, stdin=stdin, data=b"some input" if stdin else None)]
