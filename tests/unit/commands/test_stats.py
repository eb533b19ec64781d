"""azdock stats."""

from __future__ import annotations

import json
from typing import Any

import pytest

from azdock.docker.usage import IDLE, UNKNOWN, Usage
from azdock.services.stats import Row
from tests.support.fakes import Memory, Services, World, azdock, record

BUSY = Usage(12.345, 61_000_000, 536_870_912, 1500, 0, 4096, None, 3)
OLD = Usage(50.0, 1024, 2048, 10, 20, None, None, None, age=75.4)


class Watched:
    """A watch with fixed rows; after `most` looks somebody presses Ctrl-C."""

    def __init__(self, *usages: Usage, most: int = 99) -> None:
        self._rows = [Row("w", record(f"c{number}"), one) for number, one in enumerate(usages)]
        self._most = most
        self.closed = False
        self.empty = not usages

    def __enter__(self) -> Watched:
        return self

    def __exit__(self, *_: object) -> None:
        self.closed = True

    def rows(self) -> list[Row]:
        self._most -= 1
        if self._most < 0:
            raise KeyboardInterrupt
        return self._rows


def run(watched: Watched, *argv: str, out: Memory | None = None) -> Any:
    services = Services(insight=watched)
    result = azdock("stats", *argv, world=World(services, out=out))
    assert watched.closed
    return result, services


def test_table() -> None:
    """docker's columns and units; one second passes so that there is a share of CPU."""
    result, services = run(Watched(BUSY, IDLE, UNKNOWN), "--no-stream")
    assert result.out.splitlines() == [
        "CONTAINER ID   NAME      CPU %     MEM USAGE / LIMIT   MEM %     NET I/O      BLOCK I/O    PIDS",
        "0123456789ab   c0        12.35%    58.17MiB / 512MiB   11.36%    1.5kB / 0B   4.1kB / --   3",
        "0123456789ab   c1        0.00%     0B / 0B             0.00%     0B / 0B      0B / 0B      0",
        "0123456789ab   c2        --        -- / --             --        -- / --      -- / --      --",
    ]
    assert services.calls == [("watch", (), False), ("pause", 1.0)]
    assert result.code == 0


def test_age() -> None:
    """A value of Azure Monitor shows how old it is, next to those that are from now."""
    result, _ = run(Watched(OLD, BUSY), "--no-stream")
    assert [line.rpartition("  ")[2].strip() for line in result.out.splitlines()] == ["AGE", "75s", "now"]
    document = json.loads(run(Watched(OLD), "--no-stream", "--format", "json")[0].out)
    assert (document["Age"], document["PIDs"], document["NetIO"]) == ("75s", "--", "10B / 20B")


def test_json_keys_are_docker_s() -> None:
    """As long as nothing is aged."""
    document = json.loads(run(Watched(BUSY), "--no-stream", "--format", "json", "a")[0].out)
    assert set(document) == {"BlockIO", "CPUPerc", "Container", "ID", "MemPerc", "MemUsage", "Name", "NetIO", "PIDs"}
    assert document["Container"] == "w"


def test_template() -> None:
    """Placeholders, --no-trunc, and docker's words for one that does not exist."""
    result, _ = run(Watched(BUSY), "--no-stream", "--no-trunc", "--format", "{{.Name}} {{.ID}} {{.PIDs}}")
    assert result.out == f"c0 {record().ident.id} 3\n"
    result, _ = run(Watched(BUSY), "--no-stream", "--format", "{{.Nope}}")
    assert result.code == 1
    assert "can't evaluate field Nope in type *container.statsContext" in result.err


@pytest.mark.parametrize("terminal", [True, False])
def test_stream(terminal: bool) -> None:
    """Every second until Ctrl-C: on a terminal over the table before, else one after the other."""
    result, services = run(Watched(IDLE, most=2), "-a", "c0", out=Memory(terminal))
    assert result.code == 130
    assert services.calls == [("watch", ("c0",), True), *[("pause", 1.0)] * 3]
    assert result.out.count("CONTAINER ID") == 2
    assert result.out.count("\033[H") == result.out.count("\033[J") == (2 if terminal else 0)
    assert result.out.count("\033[K\n") == (4 if terminal else 0)


def test_nothing_runs() -> None:
    """The header alone, at once."""
    result, services = run(Watched(), "--no-stream")
    assert result.out.splitlines()[0].startswith("CONTAINER ID") and len(result.out.splitlines()) == 1
    assert services.calls == [("watch", (), False)]


def test_one_replica() -> None:
    """--replica is of one container."""
    result, services = run(Watched(BUSY), "--no-stream", "--replica", "abcde", "c0")
    assert (result.code, services.calls[0]) == (0, ("watch", ("c0",), False, "abcde"))
    result = azdock("stats", "--no-stream", "--replica", "abcde")
    assert result.code == 125 and "--replica needs the one container" in result.err
