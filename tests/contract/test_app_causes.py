"""Containers of apps that do not run: each tells its cause and the next command within seconds, and is never said to
run; and logs of several replicas, over updates and restarts, against an emulator."""

from __future__ import annotations

import socket
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from azdock.docker.channels import LogLine, LogQuery
from azdock.docker.explanation import Explanation
from azdock.docker.health import Health, Probe
from azdock.docker.ports import Port
from azdock.docker.record import ContainerRecord
from azdock.docker.spec import Restart
from tests.support.emulator import Emulator
from tests.support.lab import Lab, text, until

ALWAYS = Restart("always")
TICKS = "i=0; while :; do echo $0 $i; i=$((i+1)); sleep 0.05; done"


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    """The backend over apps, against an emulator of its own."""
    home = tmp_path / "home"
    emulator = Emulator(home / "emulator").start()
    made = Lab(emulator, home, "app")
    yield made
    made.close()
    emulator.stop()


def free_ports(count: int) -> list[int]:
    """Ports that nothing listens on just now."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    found = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return found


def server(port: int) -> tuple[str, ...]:
    return (sys.executable, "-m", "http.server", "--bind", "127.0.0.1", str(port))


def caused(lab: Lab, record: ContainerRecord, word: str) -> Explanation:
    """The explanation once it names a cause; the container never seems to run meanwhile."""
    end = time.monotonic() + 5
    while True:
        status = lab.backend.status(record)
        assert status.state != "running", status
        found: Explanation = lab.backend.explain(replace(record, seen=status))
        if word in found.cause:
            return found
        assert time.monotonic() < end, found
        time.sleep(0.1)


def test_crash(lab: Lab) -> None:
    """Its exit code, and its last lines behind the evidence."""
    record = lab.run("sh", "-c", "echo no database; exit 3", restart=ALWAYS)
    until(lambda: lab.backend.status(record).restarts > 1)
    found = caused(lab, record, "exit code 3")
    assert (found.next, found.reason) == ("azdock logs web", "CrashLoopBackOff")
    assert [note.text for note in found.notes if note.source == "log"][-1] == "no database"


def test_wrong_port(lab: Lab) -> None:
    """Both ports are named, also in one line from the status alone."""
    told, really = free_ports(2)
    record = lab.run(*server(really), ports=(Port(told),))
    found = caused(lab, record, "but the program listens")
    assert found.cause == f"Azure sends requests to port {told}, but the program listens on port {really}."
    assert found.next == f"azdock run -p HOST:{really} work/tool:1 ..."
    assert lab.backend.first_line(record, lab.backend.status(record)) == found.cause


@pytest.mark.parametrize(
    ("kind", "cause"),
    [
        ("startup", "The startup probe fails: status code 404"),
        ("readiness", "The readiness probe fails: status code 404"),
    ],
)
def test_probe(lab: Lab, kind: str, cause: str) -> None:
    """Which probe, and what it got."""
    (port,) = free_ports(1)
    probe = Probe("http", port, "/nothing", interval=1.0, retries=6)  # the server takes its time to start, too
    health = Health(startup=probe) if kind == "startup" else Health(readiness=probe)
    record = lab.run(*server(port), ports=(Port(port),), health=health, restart=ALWAYS)
    found = caused(lab, record, "404")
    assert found.cause.startswith(cause)
    assert found.next == "azdock logs web"


def test_lines_of_the_start_before(lab: Lab) -> None:
    """What every start of a crashing container printed comes once, live and later."""
    record = lab.run("sh", "-c", "echo a; echo b; sleep 0.1; exit 1", restart=ALWAYS)
    found: list[bytes] = []
    for line in lab.backend.logs(record, LogQuery(follow=True, run=record.seen.run)):
        found.append(line.data)
        if len(found) == 8:
            break
    assert found == [b"a\n", b"b\n"] * 4
    assert lab.printed(record).startswith(b"a\nb\n" * 4)


def follow(lab: Lab, record: ContainerRecord) -> tuple[list[LogLine], threading.Thread]:
    """Read a log in a thread of its own."""
    lines: list[LogLine] = []
    reader = lab.connect().logs(record, LogQuery(follow=True))

    def gather() -> None:
        for batch in reader.batches():
            lines.extend(batch)

    thread = threading.Thread(target=gather)
    thread.start()
    return lines, thread


def test_replicas_side_by_side(lab: Lab) -> None:
    """Each replica's lines come once and in order; one alone can be had by its last letters."""
    record = lab.up("sh", "-c", TICKS, "tick", scale=(3, 3), restart=ALWAYS)
    until(lambda: len(lab.backend.replicas(record)) == 3)
    lines, thread = follow(lab, record)
    names = lab.backend.replicas(record)
    until(lambda: all(sum(line.replica == name for line in lines) > 9 for name in names))
    one = lab.printed(record, replica=names[1][-5:], tail=2)
    assert len(one.splitlines()) == 2
    lab.backend.stop(record, None)
    thread.join(20)
    assert not thread.is_alive()
    for name in names:
        mine = [line for line in lines if line.replica == name]
        assert text(mine) == b"".join(b"tick %d\n" % number for number in range(len(mine)))


def test_update_while_followed(lab: Lab) -> None:
    """The follower goes on with the replicas of the new revision, and misses nothing of the old one."""
    record = lab.up("sh", "-c", f"trap 'echo bye $V; exit 0' TERM; {TICKS}", "tick", env=("V=1",), restart=ALWAYS)
    lines, thread = follow(lab, record)
    until(lambda: len(lines) > 5)
    status = lab.backend.update(record, replace(record.spec, env=("V=2",)))
    until(lambda: len({line.replica for line in lines}) == 2)
    until(lambda: b"bye 1\n" in [line.data for line in lines])
    lab.backend.stop(replace(record, spec=replace(record.spec, env=("V=2",)), seen=status), None)
    thread.join(20)
    assert not thread.is_alive()
    assert lines[-1].data == b"bye 2\n"
