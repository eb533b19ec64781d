"""azdock trigger."""

from __future__ import annotations

from typing import Any

import pytest

from azdock.backends.abilities import Trigger
from azdock.errors import Unsupported
from tests.support.fakes import Result, World, azdock

EVERY = [Trigger("tick", "timerTrigger", "%TICK%"), Trigger("work", "queueTrigger", "jobs", disabled=True)]


class Functions:
    """Stands for services.functions.Functions."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    def triggers(self, name: str) -> list[Trigger]:
        return EVERY

    def add_trigger(self, name: str, function: str, **wish: str) -> None:
        self.calls.append(("add", name, function, wish))

    def remove_trigger(self, name: str, function: str) -> None:
        if function == "fixed":
            raise Unsupported("no")
        self.calls.append(("rm", name, function))


class Place(World):
    """A world with functions."""

    def __init__(self, service: Functions) -> None:
        super().__init__()
        self.service = service

    def functions(self) -> Any:
        return self.service


def run(*argv: str, service: Functions | None = None) -> Result:
    return azdock("trigger", *argv, world=Place(service or Functions()))


def test_ls() -> None:
    """A function in each line, with what it listens to and whether it does."""
    result = run("ls", "web")
    lines = [line.split() for line in result.out.splitlines()]
    assert lines == [
        ["FUNCTION", "TRIGGER", "SOURCE", "STATUS"],
        ["tick", "timer", "%TICK%", "enabled"],
        ["work", "queue", "jobs", "disabled"],
    ]
    assert run("ls", "-q", "web").out == "tick\nwork\n"
    assert run("ls", "--format", "{{.Function}}={{.Source}}", "web").out == "tick=%TICK%\nwork=jobs\n"


@pytest.mark.parametrize(
    ("flags", "kind", "source"),
    [
        (("--timer", "0 */5 * * * *"), "timerTrigger", "0 */5 * * * *"),
        (("--timer", "00:05:00"), "timerTrigger", "00:05:00"),
        (("--queue", "jobs"), "queueTrigger", "jobs"),
        (("--servicebus", "jobs"), "serviceBusTrigger", "jobs"),
        (("--eventgrid", "/subscriptions/1/x"), "eventGridTrigger", "/subscriptions/1/x"),
        ((), "", ""),
    ],
)
def test_add(flags: tuple[str, ...], kind: str, source: str) -> None:
    """Each flag is one kind of trigger; without any the function is only enabled."""
    service = Functions()
    result = run("add", *flags, "web", "tick", service=service)
    assert (result.out, result.code) == ("tick\n", 0)
    assert service.calls == [("add", "web", "tick", {"kind": kind, "source": source, "connection": ""})]


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--timer", "*/5 * * * *"), "seconds first: 0 */5 * * * *"),
        (("--timer", "soon"), "six fields"),
        (("--eventgrid", "mytopic"), "must be an Azure id"),
        (("--timer", "0 0 0 * * *", "--queue", "q"), "give one of --queue, --timer"),
    ],
)
def test_bad_input(flags: tuple[str, ...], words: str) -> None:
    """What cannot be right is refused before anything is asked, with what would be right."""
    service = Functions()
    result = run("add", *flags, "web", "tick", service=service)
    assert words in result.err
    assert result.code == 125
    assert service.calls == []


def test_rm() -> None:
    """Several functions at once; the first that fails ends it."""
    service = Functions()
    assert run("rm", "web", "a", "b", service=service).out == "a\nb\n"
    result = run("rm", "web", "a", "fixed", "b", service=service)
    assert (result.out, result.err, result.code) == ("a\n", "no\n", 125)
