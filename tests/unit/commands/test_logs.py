"""azdock logs."""

from __future__ import annotations

import pytest

from azdock.commands.logs import rfc3339_nano
from azdock.docker.channels import LogLine, LogQuery
from tests.support.fakes import NOON, Services, World, azdock, record

NOON_NS = int(NOON.timestamp()) * 10**9


def services() -> Services:
    lines = [LogLine("out", b"one\n", NOON_NS + 5), LogLine("err", b"two", NOON_NS + 123456789)]
    return Services(records={"web": record()}, lines_=lines)


@pytest.mark.parametrize(
    ("argv", "query"),
    [
        ((), LogQuery()),
        (("-f",), LogQuery(follow=True)),
        (("--tail", "5"), LogQuery(tail=5)),
        (("-n0",), LogQuery(tail=0)),
        (("--tail", "all"), LogQuery()),
        (("--tail", "-1"), LogQuery()),
        (("--tail", "x"), LogQuery()),
        (("--since", "1767355200"), LogQuery(since_ns=NOON_NS)),
        (("--until", "1h"), LogQuery(until_ns=NOON_NS - 3600 * 10**9)),
    ],
)
def test_query(argv: tuple[str, ...], query: LogQuery) -> None:
    """Flags become a query."""
    made = services()
    azdock("logs", *argv, "web", world=World(made))
    assert made.calls[-1] == ("lines", "web", query)


def test_streams() -> None:
    """Each line goes to the stream it was written to, untouched."""
    result = azdock("logs", "web", world=World(services()))
    assert (result.out, result.err) == ("one\n", "two")


def test_timestamps() -> None:
    """Nine digits and Z."""
    result = azdock("logs", "web", "-t", world=World(services()))
    assert (result.out, result.err) == ("2026-01-02T12:00:00.000000005Z one\n", "2026-01-02T12:00:00.123456789Z two")


@pytest.mark.parametrize("name", ["since", "until"])
def test_bad_times(name: str) -> None:
    """docker's sentence, unless the container is missing: that wins."""
    result = azdock("logs", f"--{name}", "bogus", "web", world=World(services()))
    assert result.err == f'invalid value for "{name}": failed to parse value as time or duration: "bogus"\n'
    assert result.code == 1
    assert "No such container: x" in azdock("logs", f"--{name}", "bogus", "x").err


def test_exactness() -> None:
    """Times are exact to the nanosecond, floats are not involved."""
    assert rfc3339_nano(1767355200999999999) == "2026-01-02T12:00:00.999999999Z"
