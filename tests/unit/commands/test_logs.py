"""azdock logs."""

from __future__ import annotations

import pytest

from azdock.docker.channels import Ending, LogLine, LogQuery
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


def test_json() -> None:
    """One object for each line, all on stdout, and whether all are there."""
    result = azdock("logs", "--format", "json", "web", world=World(services()))
    assert result.out.splitlines() == [
        '{"time": "2026-01-02T12:00:00.000000005Z", "stream": "stdout", "log": "one\\n", "replica": ""}',
        '{"time": "2026-01-02T12:00:00.123456789Z", "stream": "stderr", "log": "two", "replica": ""}',
        '{"complete": true}',
    ]
    assert (result.err, result.code) == ("", 0)


def test_other_formats() -> None:
    """Only JSON is known."""
    result = azdock("logs", "--format", "yaml", "web", world=World(services()))
    assert (result.err, result.code) == ("--format yaml: log lines can be shown as json only\n", 1)


def test_missing_lines() -> None:
    """One warning, and in JSON the reason; the lines that are there are shown."""
    made = services()
    made.ending = Ending(missing="lines are late")
    result = azdock("logs", "web", world=World(made))
    assert (result.out, result.err, result.code) == ("one\n", "twoWARNING: lines are late\n", 0)
    result = azdock("logs", "--format", "json", "web", world=World(made))
    assert result.out.splitlines()[-1] == '{"complete": false, "reason": "lines are late"}'
    assert result.err == "WARNING: lines are late\n"


def test_one_replica() -> None:
    """--replica is part of what is asked for."""
    made = services()
    azdock("logs", "--replica", "abcde", "web", world=World(made))
    assert made.calls[-1][2].replica == "abcde"
