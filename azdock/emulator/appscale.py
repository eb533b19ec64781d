"""How many replicas a revision is to have. Pure.

Sources: learn.microsoft.com/azure/container-apps/scale-app (rules, cooldown 300 s, polling 30 s; an HTTP rule of ten
concurrent requests unless rules are given; without ingress and rules an app whose minimum is 0 goes to zero and stays)
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

Document = dict[str, Any]
CONCURRENCY = 10
COOLDOWN, POLLING = 300, 30
MOST = 10


@dataclass(frozen=True, slots=True)
class Scale:
    """A template's scale; times are seconds."""

    least: int
    most: int
    cooldown: float
    polling: float
    concurrency: int  # of an HTTP or TCP rule; 0: none
    others: bool  # rules that look at something else, which does not exist here

    @classmethod
    def of(cls, template: Document) -> Scale:
        """From a revision's template, Azure's defaults filled in."""
        given = template.get("scale") or {}
        rules = given.get("rules") or []
        counts = [found for one in rules if (found := _concurrency(one))]
        most = given.get("maxReplicas")
        return cls(
            int(given.get("minReplicas") or 0),
            int(MOST if most is None else most),
            float(given.get("cooldownPeriod") or COOLDOWN),
            float(given.get("pollingInterval") or POLLING),
            (counts[0] if counts else 0) if rules else CONCURRENCY,
            len(counts) < len(rules),
        )

    def first(self) -> int:
        """How many replicas a fresh revision begins with, and one that is woken: never none."""
        return max(1, self.least)

    def asked(self, under_way: int) -> int:
        """How many replicas so many requests or connections want."""
        return math.ceil(under_way / self.concurrency) if self.concurrency else 0

    def wanted(self, peak: int, resting: bool) -> int:
        """How many replicas there should be, from the highest `asked` of the last cooldown; `resting`: nothing has come
        for that long."""
        least = max(self.least, 1) if self.others else self.least
        found = max(least, min(peak, self.most))
        return found if found or resting else 1


def _concurrency(rule: Document) -> int:
    """The concurrency of an HTTP or TCP rule; 0 for others."""
    for kind, key in (("http", "concurrentRequests"), ("tcp", "concurrentConnections")):
        if rule.get(kind) is not None:
            return int((rule[kind].get("metadata") or {}).get(key) or CONCURRENCY)
    return 0
