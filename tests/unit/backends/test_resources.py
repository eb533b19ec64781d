"""Only certain pairs of CPU and memory exist."""

from __future__ import annotations

import pytest

from azdock.backends import resources
from azdock.docker.spec import Resources
from azdock.errors import Unsupported


@pytest.mark.parametrize(
    ("cpus", "memory", "cpu", "text"),
    [(0, 0, 0.25, "0.5Gi"), (1, 0, 1, "2Gi"), (0.3, 0, 0.5, "1Gi"), (0, 2**30, 0.5, "1Gi"), (4, 2**33, 4, "8Gi")],
)
def test_pairs(cpus: float, memory: int, cpu: float, text: str) -> None:
    """Both wishes are rounded up to one allowed pair."""
    pair = resources.pair(Resources(int(cpus * 1e9), memory))
    assert (pair.cpu, pair.memory) == (cpu, text)


@pytest.mark.parametrize("wish", [Resources(4_000_000_001), Resources(memory=2**33 + 1)])
def test_beyond_the_largest(wish: Resources) -> None:
    """More than Azure has is refused with a way out."""
    with pytest.raises(Unsupported, match="at most 4 CPUs and 8Gi") as caught:
        resources.pair(wish)
    assert "--workload-profile" in caught.value.hint


@pytest.mark.parametrize(
    ("wish", "text"),
    [
        (Resources(), ""),
        (Resources(500_000_000), ""),
        (Resources(500_000_000, 2**30), ""),
        (Resources(300_000_000), "0.3 CPUs rounded up to what Azure offers: 0.5 CPUs and 1Gi of memory"),
        (Resources(memory=2**20), "1Mi of memory rounded up to what Azure offers: 0.25 CPUs and 0.5Gi of memory"),
        (Resources(250_000_000, 600 * 2**20),
         "0.25 CPUs and 600Mi of memory rounded up to what Azure offers: 0.5 CPUs and 1Gi of memory"),
    ],
)  # fmt: skip
def test_notice(wish: Resources, text: str) -> None:
    """The user hears of rounding, and only of that."""
    assert resources.notice(wish) == text
