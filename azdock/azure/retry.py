"""When to try again and how long to wait first.

SOURCE: learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling (Retry-After);
azure-core pipeline/policies/_utils.py (the headers in milliseconds).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from azdock import wire
from azdock.azure import progress

# What azdock is willing to wait for one call, all tries together.
PATIENCE_SECONDS = 300.0
TRANSIENT = frozenset({408, 500, 502, 503, 504})
TRANSIENT_TRIES = 4


def asked_for(headers: Mapping[str, str]) -> float | None:
    """Seconds that the server wants us to wait; None when it does not say."""
    for name, unit in ((wire.RETRY_AFTER_MS, 1000.0), ("retry-after-ms", 1000.0), (wire.RETRY_AFTER, 1.0)):
        try:
            return max(0.0, float(headers[name]) / unit)
        except (KeyError, ValueError):
            continue
    return None


def backoff(first: float, cap: float, factor: float = 1.6) -> Callable[[], float]:
    """A function that gives the next pause in seconds, growing from `first` to `cap`."""
    state = [first]

    def following() -> float:
        now = state[0]
        state[0] = min(cap, now * factor)
        return now

    return following


@dataclass
class Patience:
    """The waiting of one call; spent() says when it is over."""

    sleep: Callable[[float], None] = time.sleep
    left: float = PATIENCE_SECONDS
    tries: int = 0
    pause: Callable[[], float] = field(default_factory=lambda: backoff(0.5, 30.0))

    def wait(self, reason: str, wanted: float | None) -> bool:
        """Wait visibly as the server says, or with growing pauses; False when that would take too long."""
        seconds = self.pause() if wanted is None else wanted
        if seconds > self.left:
            return False
        self.left -= seconds
        self.tries += 1
        with progress.waiting(reason, seconds):
            self.sleep(seconds)
        return True
