"""The ps view."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from azdock.docker.ports import Endpoint, Port
from azdock.docker.record import ContainerRecord, Ident, Status
from azdock.docker.spec import ContainerSpec, ImageFacts
from azdock.output.containers import container_row, container_view
from azdock.output.format import render_list

NOW = datetime(2024, 1, 1, 12, tzinfo=UTC)
RECORD = ContainerRecord(
    Ident("77003af47947" + "b" * 52, "web-1"),
    ContainerSpec("busybox", ("sleep", "600"), labels={"com.x.my-key_b": "2", "a": "1"}),
    NOW - timedelta(minutes=3),
    "job",
    {},
    ImageFacts(),
    Status("running", started_at=NOW - timedelta(minutes=3)),
)


def ps(format: str = "", *, quiet: bool = False, size: bool = False, image_size: int = 0) -> str:
    """What ps prints for RECORD."""
    row = container_row(RECORD, NOW, size=size, image_size=image_size)
    return render_list(container_view(size=size), [row], format, quiet=quiet)


@pytest.mark.parametrize(
    ("format", "text"),
    [
        (
            "",
            "CONTAINER ID   IMAGE     COMMAND       CREATED         STATUS         PORTS     NAMES\n"
            '77003af47947   busybox   "sleep 600"   3 minutes ago   Up 3 minutes             web-1\n',
        ),
        ('table {{.Names}}\\t{{.Label "com.x.my-key_b"}}', "NAMES     my key b\nweb-1     2\n"),
        (
            'table {{.Names}}|{{upper .ID}}|{{.Label "a"}}|{{pad .State 2 2}}|{{json .Image}}',
            'NAMES|CONTAINER ID|a|  STATE  |IMAGE\nweb-1|77003AF47947|1|  running  |"busybox"\n',
        ),
        ("tablex {{.ID}}", "x CONTAINER ID\nx 77003af47947\n"),
        ("{{.Labels}} {{.Size}}", "a=1,com.x.my-key_b=2 0B\n"),
        ("no placeholders", "no placeholders\n"),
        (
            "json",
            '{"Command":"\\"sleep 600\\"","CreatedAt":"2024-01-01 11:57:00 +0000 UTC","ID":"77003af47947",'
            '"Image":"busybox","Labels":"a=1,com.x.my-key_b=2","LocalVolumes":"0","Mounts":"","Names":"web-1",'
            '"Networks":"bridge","Platform":null,"Ports":"","RunningFor":"3 minutes ago","Size":"0B","State":"running",'
            '"Status":"Up 3 minutes"}\n',
        ),
        (
            "raw",
            'container_id: 77003af47947\nimage: busybox\ncommand: "sleep 600"\n'
            "created_at: 2024-01-01 11:57:00 +0000 UTC\nstate: running\nstatus: Up 3 minutes\nnames: web-1\n"
            "labels: a=1,com.x.my-key_b=2\nports: \n\n",
        ),
    ],
)
def test_formats(format: str, text: str) -> None:
    """Every form of --format prints what docker prints."""
    assert ps(format) == text


def test_quiet_beats_a_format() -> None:
    """With --quiet only ids are printed, whatever the format."""
    assert ps("{{.Names}}", quiet=True) == "77003af47947\n"


def test_size() -> None:
    """--size adds a column; the image's size stands behind the container's when it is known."""
    assert ps(size=True).splitlines()[0].endswith("   SIZE")
    assert ps(size=True).splitlines()[1].endswith("   0B")
    assert ps("{{.Size}}", size=True, image_size=1983524) == "0B (virtual 1.98MB)\n"


@pytest.mark.parametrize(
    ("argv", "long", "short"),
    [
        (("sleep", "600"), '"sleep 600"', '"sleep 600"'),
        (("sh", "-c", "exit 3"), "\"sh -c 'exit 3'\"", "\"sh -c 'exit 3'\""),
        (("sh", "-c", 'echo "a b" $X é'), '"sh -c \'echo \\"a b\\" $X é\'"', '"sh -c \'echo \\"a b\\" $…"'),
        (
            ('a "b', "it's", "", "x\ny", "é" * 23),
            f'"a \\"b it\'s  x\\ny {"é" * 23}"',
            '"a \\"b it\'s  x\\ny éééé…"',
        ),
        (("echo", "a rather long command line"), None, '"echo \'a rather long…"'),
        (("echo", "語" * 10), f'"echo {"語" * 10}"', f'"echo {"語" * 7}…"'),
        ((), '""', '""'),
    ],
)
def test_command(argv: tuple[str, ...], long: str | None, short: str) -> None:
    """Arguments with blanks are quoted, and the whole is cut to twenty columns unless it may be long."""
    record = ContainerRecord(RECORD.ident, ContainerSpec("busybox", argv), NOW, "job", {})
    assert container_row(record, NOW).fields["Command"] == short
    if long is not None:
        assert container_row(record, NOW, no_trunc=True).fields["Command"] == long


def test_no_trunc() -> None:
    """Ids are whole when nothing may be shortened."""
    assert container_row(RECORD, NOW, no_trunc=True).fields["ID"] == RECORD.ident.id


@pytest.mark.parametrize(
    ("state", "text"),
    [("running", "https://web.x.io -> 80/tcp, 443/tcp, 9000/tcp"), ("exited", ""), ("created", "")],
)
def test_ports(state: str, text: str) -> None:
    """PORTS shows the address of what is published, the port of what is not, and nothing without a process."""
    endpoints = (Endpoint(80, "tcp", "https://web.x.io"), Endpoint(9000, "tcp", "web:9000", external=False))
    spec = ContainerSpec("web", ports=(Port(80), Port(9000, host_ip="127.0.0.1")))
    seen = Status(state, endpoints=endpoints if state == "running" else ())  # type: ignore[arg-type]
    one = replace(RECORD, spec=spec, image=ImageFacts(exposed=("443/tcp",)), seen=seen)
    fields = container_row(one, NOW).fields
    assert fields["Ports"] == text
    assert fields["Networks"] == "bridge"
