"""CPU and memory on the Consumption plan: only certain pairs exist.

SOURCE: learn.microsoft.com/azure/container-apps/containers (allocations): 0.25 to 4 cores in steps of 0.25, and two
GiB for each core.
"""

from __future__ import annotations

from dataclasses import dataclass

from azdock.docker.spec import Resources
from azdock.errors import Unsupported

QUARTER = 250_000_000  # nano CPUs
HALF_GIB = 512 * 1024 * 1024
MAX_QUARTERS = 16


@dataclass(frozen=True, slots=True)
class Pair:
    """An allowed pair, counted in steps of 0.25 CPU and 0.5 GiB."""

    quarters: int

    @property
    def cpu(self) -> float:
        """Cores."""
        return self.quarters / 4

    @property
    def memory(self) -> str:
        """Memory as Azure writes it."""
        return f"{self.quarters / 2:g}Gi"


def pair(wish: Resources) -> Pair:
    """The smallest allowed pair with at least the CPU and memory wished for. Raises Unsupported beyond the largest."""
    steps = max(1, -(-wish.nano_cpus // QUARTER), -(-wish.memory // HALF_GIB))
    if steps > MAX_QUARTERS:
        raise Unsupported(
            "Container Apps on the Consumption plan have at most 4 CPUs and 8Gi of memory",
            hint="ask for less with --cpus and --memory, or name a larger --workload-profile",
        )
    return Pair(steps)


def notice(wish: Resources) -> str:
    """What the user should know about the pair chosen; "" when it is exactly what was asked for, or nothing was."""
    chosen = pair(wish)
    asked = []
    if wish.nano_cpus and wish.nano_cpus != chosen.quarters * QUARTER:
        asked.append(f"{wish.nano_cpus / 1e9:g} CPUs")
    if wish.memory and wish.memory != chosen.quarters * HALF_GIB:
        asked.append(f"{wish.memory / 2**20:g}Mi of memory")
    if not asked:
        return ""
    return f"{' and '.join(asked)} rounded up to what Azure offers: {chosen.cpu:g} CPUs and {chosen.memory} of memory"
