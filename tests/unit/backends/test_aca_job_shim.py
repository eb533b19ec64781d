"""When a command line is wrapped, what cannot be had without, and what a failure is called."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from azdock.backends import aca_job_shim
from azdock.backends.shim import Mark
from azdock.docker.channels import DETACHED, Attachment
from azdock.docker.record import ContainerRecord, Ident, Status
from azdock.docker.spec import ContainerSpec, ImageFacts
from azdock.errors import Unsupported

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
KNOWN = ImageFacts(id="sha256:1", command=("sh",))
UNKNOWN = ImageFacts()


def record(seen: Status = Status(), **spec: Any) -> ContainerRecord:  # noqa: B008 (frozen)
    return ContainerRecord(Ident("ab" * 32, "web"), ContainerSpec("busybox", **spec), NOON, "job", {}, KNOWN, seen)


@pytest.mark.parametrize(
    ("spec", "image", "wrapped"),
    [
        ({}, KNOWN, True),
        ({"shim": "never"}, KNOWN, False),
        ({"command": ("x",)}, UNKNOWN, False),  # the image may have an ENTRYPOINT
        ({"entrypoint": ("x",)}, UNKNOWN, True),
        ({"entrypoint": (), "command": ("x",)}, UNKNOWN, True),
        ({"entrypoint": ()}, UNKNOWN, False),
    ],
)
def test_wanted(spec: dict[str, Any], image: ImageFacts, wrapped: bool) -> None:
    """A command line is wrapped whenever all of it is known and nobody forbids it."""
    assert aca_job_shim.wanted(ContainerSpec("busybox", **spec), image) is wrapped


@pytest.mark.parametrize(
    ("spec", "image", "flags"),
    [
        ({"workdir": "/x", "stdin_open": True}, KNOWN, []),
        ({"workdir": "/x"}, UNKNOWN, ["workdir"]),
        ({"stdin_open": True, "shim": "never"}, KNOWN, ["interactive"]),
        ({"attach": ("stderr",), "shim": "never"}, KNOWN, ["attach"]),
        ({"attach": ("stdout",), "shim": "never"}, KNOWN, []),
        ({"shim": "always"}, UNKNOWN, ["shim"]),
        ({"shim": "always"}, KNOWN, []),
    ],
)
def test_gaps(spec: dict[str, Any], image: ImageFacts, flags: list[str]) -> None:
    """What needs the shim is refused without it, each with a reason and a way out."""
    found = aca_job_shim.gaps(ContainerSpec("busybox", **spec), image)
    assert [gap.flag for gap in found] == flags
    assert all(gap.action == "refuse" and gap.reason and gap.alternative for gap in found)


@pytest.mark.parametrize(
    ("spec", "attachment", "stdin", "linger"),
    [
        ({}, DETACHED, "none", 0),
        ({}, Attachment(output=True), "none", 9),
        ({"stdin_open": True}, DETACHED, "held", 0),
        ({"stdin_open": True}, Attachment(output=True, stdin=True), "attached", 9),
        ({"stdin_open": True}, Attachment(output=True), "held", 9),
        ({"stdin_open": True}, Attachment(output=True, stdin=True, data=b""), "carried", 9),
    ],
)
def test_plan(spec: dict[str, Any], attachment: Attachment, stdin: str, linger: int) -> None:
    """Only what somebody watches lingers; input is what -i and the attachment make of it."""
    plan = aca_job_shim.plan(record(**spec), 9, attachment)
    assert (plan.stdin, plan.linger) == (stdin, linger)


def test_variables_that_a_shell_cannot_hold() -> None:
    """They are named apart, because some shells drop them."""
    plan = aca_job_shim.plan(record(env=("A=1", "b.c=2", "D-E=3")), 0, DETACHED)
    assert plan.variables == ("b.c=2", "D-E=3")


@pytest.mark.parametrize(
    ("program", "failure", "text"),
    [
        ("nosuch", "missing", 'exec: "nosuch": executable file not found in $PATH'),
        ("/no/such", "missing", 'exec: "/no/such": stat /no/such: no such file or directory'),
        ("/etc/passwd", "invoke", 'exec: "/etc/passwd": permission denied'),
        ("x", "workdir", "the working directory /w cannot be made or entered"),
        ("x", "stdin", "the container has no way to take standard input: it needs base64 and a place for a pipe"),
    ],
)
def test_failure(program: str, failure: str, text: str) -> None:
    """runc's words, recorded from docker."""
    mark = Mark("end", "out", "t", 127, failure)
    assert aca_job_shim.failure(mark, record(command=(program,), workdir="/w")) == text


@pytest.mark.parametrize(
    ("seen", "lacks"),
    [
        (Status("created", exit_code=127, error='exec: "/bin/sh": stat /bin/sh: no such file or directory'), True),
        (Status("created", exit_code=127, error='exec: "nosuch": executable file not found in $PATH'), False),
        (Status("exited", exit_code=127), False),
    ],
)
def test_lacks_shell(seen: Status, lacks: bool) -> None:
    """Only the runtime's own word for the shell counts."""
    assert aca_job_shim.lacks_shell(record(seen)) is lacks


@pytest.mark.parametrize("spec", [{"shim": "always"}, {"workdir": "/x"}, {"stdin_open": True}])
def test_what_needs_a_shell_is_not_run_without(spec: dict[str, Any]) -> None:
    """A container that cannot do what was asked is no container."""
    with pytest.raises(Unsupported, match="no /bin/sh"):
        aca_job_shim.check_shell(record(**spec))


def test_the_rest_runs_without_a_shell() -> None:
    """auto means that a distroless image runs as it is."""
    aca_job_shim.check_shell(record())
