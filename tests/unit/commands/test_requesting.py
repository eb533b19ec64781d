"""What a function is asked: --data, standard input, headers; and when Ctrl-C ends the waiting."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from azdock.commands import requesting
from azdock.docker.channels import LogLine
from azdock.docker.invocation import Invocation
from azdock.docker.record import Status
from tests.support.fakes import Services, Typed, World, azdock, record

FUNCTION = replace(record("fn", seen=Status()), backend="function")


class Asked(Services):
    """Services whose new containers are functions."""

    def create(self, *args: Any, **named: Any) -> Any:
        made = super().create(*args, **named)
        self.records = {id: replace(one, backend="function") for id, one in self.records.items()}
        return replace(made, record=replace(made.record, backend="function"))


def asked(services: Services) -> Invocation:
    (attachment,) = services.attachments
    assert attachment.invocation is not None
    return attachment.invocation


def known() -> Services:
    return Services(records={"fn": FUNCTION}, lines_=[LogLine("out", b"hi\n", 1)])


def test_run_reads_what_is_piped_in() -> None:
    """`echo x | azdock run --backend function IMG` needs no -i: the input is the request's body."""
    services = Asked(lines_=[LogLine("out", b"answer", 1)])
    result = azdock("run", "--backend", "function", "img", world=World(services, Typed(b'{"name":"x"}')))
    assert asked(services) == Invocation(data=b'{"name":"x"}')
    assert services.attachments[0].output
    assert (result.out, result.code) == ("answer", 0)


def test_run_with_an_empty_pipe_sends_no_body() -> None:
    """Many a CI gives its commands an empty pipe: that is no body."""
    services = Asked()
    azdock("run", "--backend", "function", "img", world=World(services, Typed(b"")))
    assert asked(services).data is None


def test_data_wins_over_standard_input(tmp_path: Path) -> None:
    """--data is text, @FILE a file, - our input; with it nothing else is read."""
    (tmp_path / "body").write_bytes(b"\x00\xff")
    for given, body in (("text", b"text"), (f"@{tmp_path}/body", b"\x00\xff"), ("-", b"typed"), ("", b"")):
        services = Asked()
        azdock("run", "--backend", "function", "--data", given, "img", world=World(services, Typed(b"typed")))
        assert asked(services).data == body


def test_a_file_that_is_missing() -> None:
    """It is told before anything is started."""
    services = known()
    result = azdock("start", "--data", "@/no/such", "fn", world=World(services))
    assert "open /no/such: no such file or directory" in result.err
    assert services.attachments == []


def test_start_asks_as_told() -> None:
    """start takes route, method, headers, variables and slot; without -i it leaves our input alone."""
    services = known()
    argv = [
        "start",
        "--route",
        "/api/echo?x=1",
        "--method",
        "put",
        "--header",
        "X-A:b",
        "-e",
        "A=1",
        "--slot",
        "staging",
        "fn",
    ]
    result = azdock(*argv, world=World(services, Typed(b"not mine")))
    assert asked(services) == Invocation("api/echo?x=1", "PUT", None, (("X-A", "b"),), ("A=1",), "staging")
    assert not services.attachments[0].output
    assert (result.out, result.code) == ("fn\n", 0)


def test_start_attached_prints_the_answer() -> None:
    """start -a prints the response and returns the exit code; -i makes our input the body."""
    services = known()
    services.final = Status("exited", "run1", 3)
    result = azdock("start", "-ai", "fn", world=World(services, Typed(b"body")))
    assert asked(services).data == b"body"
    assert (result.out, result.code) == ("hi\n", 3)


@pytest.mark.parametrize("flag", ["--data=x", "--route=x", "--method=GET", "--header=A: b", "--slot=x", "-eA=1"])
def test_other_containers_take_no_request(flag: str) -> None:
    """A job or an app is not asked: refused before it starts."""
    services = Services(records={"web": record("web", seen=Status())})
    result = azdock("start", flag, "web", world=World(services))
    assert "a run of web is no request" in result.err
    assert result.code != 0
    assert services.attachments == []


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (("--method", "G T"), "must be an HTTP method"),
        (("--header", "nocolon"), "must be NAME: VALUE"),
        (("--header", "A b: c"), "must be NAME: VALUE"),
        (("--route", "https://elsewhere/x"), "must be a path"),
    ],
)
def test_bad_flags(argv: tuple[str, ...], words: str) -> None:
    """docker's exit code for a malformed flag, and what it must be."""
    result = azdock("run", "--backend", "function", *argv, "img")
    assert words in result.err
    assert result.code == 125


def test_ctrl_c_removes_what_would_remove_itself() -> None:
    """Ctrl-C in a --rm run leaves nothing behind; else azdock says that the invocation may go on."""

    class Interrupted(Asked):
        def follow_run(self, record: Any) -> Any:
            raise KeyboardInterrupt

    services = Interrupted()
    assert azdock("run", "--rm", "--backend", "function", "img", world=World(services)).code == 130
    assert services.calls[-1][0] == "discard"
    services = Interrupted()
    result = azdock("run", "--backend", "function", "img", world=World(services))
    assert "the invocation may go on; azdock stop web" in result.err
    assert result.code == 130
    assert "discard" not in [call[0] for call in services.calls]


def test_price() -> None:
    """What costs money by the hour is asked about; without a terminal only --yes will do."""
    services = Asked(price="this makes the plan azdock-ep1 (EP1)")
    result = azdock("run", "--backend", "function", "--plan", "EP1", "img", world=World(services))
    assert "this makes the plan azdock-ep1 (EP1), and nobody is here to be asked\nhint: give --yes" in result.err
    assert result.code == 125
    assert services.records == {}
    result = azdock("run", "--backend", "function", "--plan", "EP1", "--yes", "img", world=World(services))
    assert result.code == 0
    for answer, code in ((b"y\n", 0), (b"n\n", 125), (b"", 125)):
        typed = World(Asked(price="it costs"), Typed(answer, terminal=True))
        result = azdock("create", "--backend", "function", "--plan", "EP1", "img", world=typed)
        assert "it costs\nAre you sure you want to continue? [y/N] " in result.err
        assert result.code == code


def test_piped() -> None:
    """A pipe and a file are input, a terminal and /dev/null are not."""
    world = World(stdin=Typed(b"x"))
    assert requesting.is_piped(world)
    world.typed.close()
    with Path("/dev/null").open("rb") as file:
        world.inp._file = file
        assert not requesting.is_piped(world)
