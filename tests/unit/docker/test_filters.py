"""ps --filter."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from azdock.docker import filters
from azdock.docker.ports import Endpoint, Port
from azdock.docker.record import ContainerRecord, Ident, Status
from azdock.docker.spec import ContainerSpec, ImageFacts
from azdock.docker.values import BadValue

NOON = datetime(2024, 1, 1, 12, tzinfo=UTC)


def container(name: str, digit: str, minutes: int, state: str, **labels: str) -> ContainerRecord:
    """A container of busybox, created `minutes` after noon, with an id of one digit repeated."""
    return ContainerRecord(
        Ident(digit * 64, name),
        ContainerSpec("busybox", labels=labels),
        NOON + timedelta(minutes=minutes),
        "job",
        {},
        ImageFacts(id="sha256:" + "e" * 64, labels={"of": "image"}),
        Status(state=state, exit_code=3 if state == "exited" else 0),  # type: ignore[arg-type]
    )


ALL = [
    container("web-1", "1", 1, "running", a="1"),
    container("web-2", "2", 2, "exited"),
    container("db", "3", 3, "created", b=""),
    replace(container("other", "4", 4, "running"), ident=Ident("12" + "4" * 62, "other")),
]


@pytest.mark.parametrize(
    ("items", "names"),
    [
        ([], "web-1 web-2 db other"),
        ([""], "web-1 web-2 db other"),
        (["name=web"], "web-1 web-2"),
        (["name=^/db$"], "db"),
        (["name=^web-1$", "name=db"], "web-1 db"),
        (["name=["], ""),
        (["name=[", "name=db"], "db"),
        (["NAME = db"], "db"),
        (["label=a"], "web-1"),
        (["label=a=2"], ""),
        (["label=a", "label=of=image"], "web-1"),
        (["label=a", "label=b"], ""),
        (["label="], ""),
        (["status=exited", "status=created"], "web-2 db"),
        (["exited=3"], "web-2"),
        (["exited=0"], ""),
        (["exited=+3"], "web-2"),
        (["before=db"], "web-1 web-2"),
        (["before=/db"], "web-1 web-2"),
        (["since=web-2"], "db other"),
        (["since=" + "2" * 64], "db other"),
        (["since=web-1", "before=other"], "web-2 db"),
        (["before=db", "before=web-2"], "web-1"),
        (["id=2"], "web-2"),
        (["id=1"], ""),
        (["id=11"], "web-1"),
        (["id="], ""),
        (["id=zz"], ""),
        (["ancestor=busybox:latest", "name=db"], "db"),
        (["ancestor=eeee", "name=db"], "db"),
        (["ancestor=zzz"], ""),
        (["ancestor=ZZ"], ""),
        (["health=none", "name=db"], "db"),
        (["health=healthy"], ""),
        (["is-task=true"], ""),
        (["is-task=false", "name=db"], "db"),
        (["is-task=false", "is-task=true"], ""),
        (["isolation=foo", "name=db"], "db"),
        (["publish=80/tcp"], ""),
        (["publish=1-2-3"], ""),
        (["expose=80/foo"], ""),
        (["volume="], ""),
        (["network=x"], ""),
        (["network=", "name=db"], "db"),
    ],
)
def test_matches(items: list[str], names: str) -> None:
    """Docker's rules decide which containers are listed."""
    wanted = filters.parse(items)
    wanted.check(ALL)
    assert [one.ident.name for one in ALL if wanted.matches(one, ALL)] == names.split()


@pytest.mark.parametrize(
    ("item", "expected"),
    [("status=exited", True), ("exited=3", False), ("before=db", False), ("since=db", False), ("name=a", False)],
)
def test_implies_all(item: str, expected: bool) -> None:
    """Only a status makes ps look at containers that do not run."""
    assert filters.parse([item]).implies_all is expected


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ("bad", "bad format of filter (expected name=value)"),
        ("bogus=1", "Invalid filter 'bogus'"),
        ("=x", "Invalid filter ''"),
        ("status=Exited", "Invalid filter 'status=Exited'"),
        ("status=", "Invalid filter 'status='"),
        ("health=foo", "Unrecognised filter value for health: foo"),
        ("is-task=1", "Invalid filter 'is-task=[1]'"),
        ("is-task=", "Invalid filter 'is-task=[]'"),
        ("exited=0x", 'strconv.Atoi: parsing "0x": invalid syntax'),
        ("exited=", 'strconv.Atoi: parsing "": invalid syntax'),
        ("exited=99999999999999999999", 'strconv.Atoi: parsing "99999999999999999999": value out of range'),
        ("publish=x", 'error while looking up for publish x: strconv.ParseUint: parsing "x": invalid syntax'),
        (
            "publish=99999",
            'error while looking up for publish 99999: strconv.ParseUint: parsing "99999": value out of range',
        ),
        ("publish=80-70", "error while looking up for publish 80-70: Invalid range specified for the Port: 80-70"),
        ("publish=80-", 'error while looking up for publish 80-: strconv.ParseUint: parsing "": invalid syntax'),
        ("expose=/", "error while looking up for expose /: Empty string specified for ports."),
    ],
)
def test_refused(item: str, message: str) -> None:
    """A condition that makes no sense is refused in the words of docker's engine."""
    with pytest.raises(BadValue) as bad:
        filters.parse([item])
    assert str(bad.value) == message


def test_unknown_key_comes_first() -> None:
    """A key that does not exist is found before a value that is wrong."""
    with pytest.raises(BadValue, match="Invalid filter 'bogus'"):
        filters.parse(["health=x", "bogus=1"])


@pytest.mark.parametrize("value", ["nope", "", "22"])
def test_no_such_container(value: str) -> None:
    """before and since want a full id or name of a container that exists."""
    with pytest.raises(BadValue) as bad:
        filters.parse([f"since={value}"]).check(ALL)
    assert str(bad.value) == f"no such container {value}"


def service() -> ContainerRecord:
    """A container with ports, a network and a health."""
    spec = ContainerSpec("web", ports=(Port(80, host_port=8080),), expose=(Port(53, "udp"),), network="back")
    endpoint = Endpoint(80, "tcp", "https://web.x.io")
    seen = Status("running", health="healthy", endpoints=(endpoint,))
    return replace(container("service", "5", 5, "running"), spec=spec, seen=seen)


@pytest.mark.parametrize(
    ("item", "matches"),
    [
        ("health=healthy", True),
        ("health=none", False),
        ("network=back", True),
        ("network=bridge", False),
        ("expose=80", True),
        ("expose=79-81/tcp", True),
        ("expose=53", False),
        ("expose=53/udp", True),
        ("publish=8080", True),
        ("publish=443", True),
        ("publish=80", False),
    ],
)
def test_services(item: str, matches: bool) -> None:
    """Ports, network and health of a container are found; a published port by the port outside."""
    one = service()
    assert filters.parse([item]).matches(one, [one]) is matches
