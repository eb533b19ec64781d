"""The stats view."""

from __future__ import annotations

import pytest

from azdock.docker.usage import UNKNOWN, Usage
from azdock.output.format import render_list
from azdock.output.usage import usage_row, usage_view
from tests.support.fakes import record


def shown(usage: Usage, template: str) -> str:
    return render_list(usage_view(), [usage_row("w", record(), usage)], template).rstrip("\n")


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0B"), (1023, "1023B"), (1024, "1KiB"), (327_680, "320KiB"), (25_276_502_016, "23.54GiB"), (2**40, "1TiB")],
)
def test_memory(size: int, text: str) -> None:
    """Powers of 1024 with four digits, as docker's BytesSize writes them."""
    assert shown(Usage(memory=size, limit=size), "{{.MemUsage}}") == f"{text} / {text}"


def test_traffic() -> None:
    """Powers of 1000 with three digits; of a pair one side may be unknown."""
    assert shown(Usage(received=1090, sent=0, read=5, written=None), "{{.NetIO}} {{.BlockIO}}") == "1.09kB / 0B 5B / --"


def test_shares() -> None:
    """Two decimals; without a limit there is no share of memory."""
    assert shown(Usage(cpu=103.456, memory=1, limit=3), "{{.CPUPerc}} {{.MemPerc}}") == "103.46% 33.33%"
    assert shown(Usage(memory=1), "{{.CPUPerc}} {{.MemPerc}} {{.MemUsage}}") == "-- -- 1B / --"
    assert shown(UNKNOWN, "{{.PIDs}} {{.NetIO}} {{.Age}}") == "-- -- / -- now"
