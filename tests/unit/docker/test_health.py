"""Health checks: commands that are HTTP or TCP checks, the probe flags, and which check holds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azdock.docker.health import Health, Probe, effective, parse_probe, translate
from azdock.docker.values import BadValue


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("curl -f http://localhost:8080/x || exit 1", Probe("http", 8080, "/x")),
        ("curl --fail --silent --show-error http://localhost/", Probe("http", 80, "/")),
        ("curl -fsS -o /dev/null -m 5 http://127.0.0.1:3000/health?full=1", Probe("http", 3000, "/health?full=1")),
        ("curl -fk https://localhost:8443/x > /dev/null 2>&1 || exit 1", Probe("http", 8443, "/x", "https")),
        ("curl -f localhost:8080/x || false", Probe("http", 8080, "/x")),
        ("curl http://localhost:8080/x", Probe("tcp", 8080)),
        ("wget -q --spider http://localhost/", Probe("http", 80, "/")),
        ("wget --no-verbose --tries=1 --spider http://localhost:8080/ || exit 1", Probe("http", 8080, "/")),
        ("wget -nv -t 1 -qO- 'http://[::1]:90/a'", Probe("http", 90, "/a")),
        ("/usr/bin/wget -O /dev/null -T 3 http://0.0.0.0:90", Probe("http", 90, "/")),
        ("nc -z localhost 5432", Probe("tcp", 5432)),
        ("nc -vz -w 2 127.0.0.1 6379 || exit 1", Probe("tcp", 6379)),
    ],
)
def test_translated(text: str, expected: Probe) -> None:
    """A command of curl, wget or nc to the container itself is a check of Azure's, in every form."""
    found = translate(("CMD-SHELL", text))
    assert found is not None
    assert (found.kind, found.port, found.path, found.scheme) == (
        expected.kind,
        expected.port,
        expected.path,
        expected.scheme,
    )
    assert found.command == ("CMD-SHELL", text)
    assert translate(("CMD", "sh", "-c", text)) is not None


def test_words() -> None:
    """The form without a shell is read word by word."""
    found = translate(("CMD", "curl", "-f", "http://localhost/$x"))
    assert found is not None
    assert (found.kind, found.port, found.path) == ("http", 80, "/$x")


@pytest.mark.parametrize(
    "text",
    [
        "pg_isready -U postgres",
        "curl -f http://example.com/",
        "curl -f http://localhost:$PORT/",
        "curl -f http://localhost/ | grep ok",
        "curl -f http://localhost/ && curl -f http://localhost/b",
        "curl -X POST -f http://localhost/",
        "curl -H 'Host: a' -f http://localhost/",
        "curl --unix-socket /x -f http://localhost/",
        "curl -f",
        "curl -f http://localhost/ http://localhost/b",
        "curl -f ftp://localhost/",
        "curl -f 'http://localhost",
        "wget --post-data=a http://localhost/",
        "nc localhost 5432",
        "nc -z db 5432",
        "nc -z localhost http",
        "",
    ],
)
def test_not_translated(text: str) -> None:
    """Any other command is left to be refused, or run by azdock."""
    assert translate(("CMD-SHELL", text)) is None


@given(st.lists(st.text(max_size=30), max_size=6))
def test_any_command(words: list[str]) -> None:
    """No command makes the translation fail, and a port that comes out is one."""
    for test in (("CMD", *words), ("CMD-SHELL", f"curl -f {' '.join(words)}"), ("CMD", "nc", "-z", *words)):
        found = translate(test)
        assert found is None or 1 <= found.port <= 65535


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tcp:5432", Probe("tcp", 5432)),
        ("http:8080", Probe("http", 8080, "/")),
        ("https:8443/a/b", Probe("http", 8443, "/a/b", "https")),
        (
            "http:8080/path,period=5,timeout=1s,failures=3,delay=2",
            Probe("http", 8080, "/path", interval=5.0, timeout=1.0, retries=3, delay=2.0),
        ),
    ],
)
def test_probe_flag(text: str, expected: Probe) -> None:
    """A probe flag names the check, then its times."""
    assert parse_probe(text) == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "must begin with"),
        ("exec:ls", "must begin with"),
        ("http:", "invalid port"),
        ("tcp:70000", "invalid port"),
        ("tcp:80/x", "no path"),
        ("tcp:80,foo=1", "unknown option foo"),
        ("tcp:80,period=a", "period must be a whole number of seconds"),
        ("tcp:80,failures=3s", "failures must be a whole number: 3s"),
    ],
)
def test_probe_flag_refused(text: str, words: str) -> None:
    """A malformed probe says what is wrong."""
    with pytest.raises(BadValue, match=words):
        parse_probe(text)


IMAGE = ("CMD-SHELL", "curl -f http://localhost/")


def test_effective_of_the_image() -> None:
    """The image's HEALTHCHECK holds unless --health-cmd replaces it or --no-healthcheck drops it."""
    own = Probe("tcp", 90, command=("CMD-SHELL", "nc -z localhost 90"))
    found = effective(None, IMAGE)
    assert found is not None
    assert (found.kind, found.port) == ("http", 80)
    assert effective(Health(check=own), IMAGE) == own
    assert effective(Health(disabled=True), IMAGE) is None
    assert effective(None, ()) is None
    assert effective(None, ("NONE",)) is None


def test_effective_times() -> None:
    """Times without a command belong to the image's test; by exec it stays a command."""
    found = effective(Health(check=Probe("http", interval=5, retries=2)), IMAGE)
    assert found is not None
    assert (found.kind, found.port, found.interval, found.retries) == ("http", 80, 5, 2)
    by_exec = effective(Health(check=Probe("exec", interval=5)), IMAGE)
    assert by_exec == Probe("exec", command=IMAGE, interval=5)


def test_effective_of_another_command() -> None:
    """An image's test that is no HTTP or TCP check stays a command."""
    assert effective(None, ("CMD", "pg_isready")) == Probe("exec", command=("CMD", "pg_isready"))
