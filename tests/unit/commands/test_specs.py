"""Flags of run and create as a ContainerSpec."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from azdock.docker.spec import ContainerSpec, Resources, Restart
from tests.support.fakes import Services, World, azdock

RUN = "\n\nRun 'azdock run --help' for more information\n"
FROM_ENGINE = "azdock: Error response from Azure: "


def spec_of(*argv: str, environ: dict[str, str] | None = None) -> ContainerSpec:
    services = Services()
    result = azdock("create", *argv, world=World(services, environ=environ))
    assert result.code == 0, result.err
    spec: ContainerSpec = services.calls[0][1]
    return spec


@pytest.mark.parametrize(
    ("argv", "changed"),
    [
        ((), {}),
        (("--entrypoint", "sh"), {"entrypoint": ("sh",)}),
        (("--entrypoint", ""), {"entrypoint": ()}),
        (("-e", "A=1", "-e", "B", "-e", "C"), {"env": ("A=1", "B=host")}),
        (("-l", "a=1", "--label", "b", "-l", "a=2"), {"labels": {"a": "2", "b": ""}}),
        (
            ("-m", "512m", "--cpus", "0.5", "--memory-reservation", "64m"),
            {"resources": Resources(500_000_000, 512 * 1024**2, 64 * 1024**2)},
        ),
        (("--restart", "on-failure:3"), {"restart": Restart("on-failure", 3)}),
        (("-it",), {"tty": True, "stdin_open": True, "session": True}),
        (("--scale", "2..5"), {"scale": (2, 5)}),
        (("--scale", "3"), {"scale": (3, 3)}),
        (("-a", "STDERR"), {"attach": ("stderr",)}),
        (("--rm",), {"auto_remove": True}),
        (("-h", "box", "-u", "1:2", "-w", "/tmp"), {"hostname": "box", "user": "1:2", "workdir": "/tmp"}),
        (("--stop-signal", "INT", "--stop-timeout", "3"), {"stop_signal": "INT", "stop_timeout": 3}),
        (("--timeout", "90"), {"timeout": 90}),
        (("--timeout", "2h"), {"timeout": 7200}),
        (("--workload-profile", "D4"), {"workload_profile": "D4"}),
    ],
)
def test_fields(argv: tuple[str, ...], changed: dict[str, Any]) -> None:
    """Every flag a job honours lands in its field, and the others keep their defaults."""
    spec = spec_of(*argv, "busybox", "echo", environ={"AZDOCK_HOME": "/x", "B": "host"})
    fields = {name: getattr(spec, name) for name in ContainerSpec.__slots__ if name != "asked"}
    expected = ContainerSpec(image="busybox", command=("echo",))
    assert fields == {name: getattr(expected, name) for name in fields} | changed


def test_files(tmp_path: Path) -> None:
    """Files come first, flags win later."""
    (tmp_path / "e1").write_text('# no\nA=1\n\nB="q"\n')
    (tmp_path / "l1").write_text("x=1\ny=2\n")
    spec = spec_of(
        "--env-file", str(tmp_path / "e1"), "-e", "A=2", "--label-file", str(tmp_path / "l1"), "-l", "y=3", "i"
    )
    assert spec.env == ("A=1", 'B="q"', "A=2")
    assert dict(spec.labels) == {"x": "1", "y": "3"}


@pytest.mark.parametrize(
    ("argv", "err"),
    [
        (("-p", "abc", "i"), "azdock: invalid containerPort: abc"),
        (("-p", "99999:80", "i"), "azdock: invalid hostPort: 99999"),
        (("-p", "80:80/xyz", "i"), "azdock: invalid proto: xyz"),
        (
            ("--expose", "abc", "i"),
            'azdock: invalid range format for --expose: abc, error: strconv.ParseUint: parsing "abc": invalid syntax',
        ),
        (
            ("--restart", "on-failure:x", "i"),
            "azdock: invalid restart policy format: maximum retry count must be an integer",
        ),
        (("--restart", "bogus", "i"), FROM_ENGINE + "invalid restart policy 'bogus'"),
        (
            ("--restart", "always:3", "i"),
            FROM_ENGINE + "maximum retry count cannot be used with restart policy 'always'",
        ),
        (("--memory-swappiness", "101", "i"), "azdock: invalid value: 101. Valid memory swappiness range is 0-100"),
        (("--network", "", "i"), "azdock: no name set for network"),
        (("--env-file", "/nosuch", "i"), "azdock: open /nosuch: no such file or directory"),
        (("--label-file", "/nosuch", "i"), "azdock: open /nosuch: no such file or directory"),
        (("", "true"), "azdock: invalid reference format"),
        (("bad image",), "azdock: invalid reference format"),
        (
            ("--pull", "sometimes", "i"),
            'azdock: invalid pull option: \'sometimes\': must be one of "always", "missing" or "never"',
        ),
        (("-m", "1m", "i"), FROM_ENGINE + "Minimum memory limit allowed is 6MB"),
        (
            ("-m", "64m", "--memory-reservation", "128m", "i"),
            FROM_ENGINE + "Minimum memory limit can not be less than memory reservation limit, see usage",
        ),
    ],
)
def test_refusals(argv: tuple[str, ...], err: str) -> None:
    """docker's own validation comes first, in its words, with 125."""
    services = Services()
    result = azdock("run", "--rm=false", *argv, world=World(services))
    assert (result.err, result.code) == (err + RUN, 125)
    assert services.calls == []
