"""What is checked of single flag values."""

from __future__ import annotations

import pytest

from tests.support.fakes import azdock


@pytest.mark.parametrize(
    ("flag", "title", "value", "text"),
    [
        ("-e", "-e, --env", "", "invalid environment variable: "),
        ("-e", "-e, --env", "=x", "invalid environment variable: =x"),
        ("-l", "-l, --label", "=x", "invalid label '=x': empty name"),
        ("-a", "-a, --attach", "bogus", "valid streams are STDIN, STDOUT and STDERR"),
        ("--add-host", "--add-host", "x", 'bad format for add-host: "x"'),
        ("--dns", "--dns", "x", "IP address is not correctly formatted: x"),
        ("--link", "--link", "a:b:c", "bad format for links: a:b:c"),
        ("--device-read-bps", "--device-read-bps", "x", "bad format: x"),
        ("--ulimit", "--ulimit", "x", "invalid ulimit argument: x"),
        ("--mount", "--mount", "x", "invalid field 'x' must be a key=value pair"),
        ("-m", "-m, --memory", "1x", "invalid suffix: 'x'"),
        ("-m", "-m, --memory", "-1", "invalid size: '-1'"),
        ("-m", "-m, --memory", "", "invalid size: ''"),
        ("--cpus", "--cpus", "abc", "failed to parse abc as a rational number"),
        ("--cpus", "--cpus", "0.0000000001", "value is too precise"),
        ("--health-interval", "--health-interval", "5", 'time: missing unit in duration "5"'),
        ("--blkio-weight", "--blkio-weight", "99999", 'strconv.ParseUint: parsing "99999": value out of range'),
        ("--timeout", "--timeout", "0", "a run needs at least one second"),
        ("--health-via", "--health-via", "curl", "must be one of probe, exec"),
        ("--readiness-probe", "--readiness-probe", "tcp:x", "invalid port: x"),
        ("--startup-probe", "--startup-probe", "tcp:1,period=x", "period must be a whole number of seconds: x"),
    ],
)
def test_bad_values(flag: str, title: str, value: str, text: str) -> None:
    """A bad value is told as docker tells it, before anything else happens."""
    result = azdock("run", flag, value, "busybox")
    usage = "Usage:  azdock run [OPTIONS] IMAGE [COMMAND] [ARG...]\n\nRun 'azdock run --help' for more information\n"
    assert (result.err, result.code) == (f'invalid argument "{value}" for "{title}" flag: {text}\n\n{usage}', 125)


@pytest.mark.parametrize(
    "argv",
    [
        ("--add-host", "a:1.2.3.4"),
        ("--dns", "::1"),
        ("--link", "a:b"),
        ("--device-read-bps", "/dev/sda:1mb"),
        ("--ulimit", "nofile=1:2"),
        ("--memory-swap", "-1"),
        ("--liveness-probe", "http:8080/x,period=5"),
    ],
)
def test_good_values(argv: tuple[str, ...]) -> None:
    """What docker accepts is accepted here; whether Azure can do it is another question."""
    assert azdock("create", *argv, "busybox").code == 0
