"""The emulator's time: wall-clock stamps as Azure writes them, and timers that a test can hurry."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime

HUNDRED_NS = 100


class Clock:
    """Time now, and things to do later. `advance` moves both forward; timers belong to the running event loop."""

    def __init__(self) -> None:
        self._ahead_ns = 0
        self._timers: dict[asyncio.TimerHandle, tuple[int, Callable[[], None]]] = {}

    def now_ns(self) -> int:
        """Unix time in nanoseconds."""
        return time.time_ns() + self._ahead_ns

    def later(self, seconds: float, action: Callable[[], None]) -> Callable[[], None]:
        """Do something after `seconds` (at once when 0 or less); returns what cancels it."""
        if seconds <= 0:
            action()
            return lambda: None

        def fire() -> None:
            self._timers.pop(handle, None)
            action()

        handle = asyncio.get_running_loop().call_later(seconds, fire)
        self._timers[handle] = (self.now_ns() + int(seconds * 1e9), fire)

        def cancel() -> None:
            self._timers.pop(handle, None)
            handle.cancel()

        return cancel

    async def sleep(self, seconds: float) -> None:
        """Wait; returns without a turn of the event loop when there is nothing to wait for."""
        if seconds <= 0:
            return
        done = asyncio.Event()
        cancel = self.later(seconds, done.set)
        try:
            await done.wait()
        finally:
            cancel()

    async def wait(self, event: asyncio.Event, seconds: float) -> bool:
        """Wait for an event, no longer than `seconds`; whether it has come."""
        if seconds > 0 and not event.is_set():
            waits = [asyncio.ensure_future(self.sleep(seconds)), asyncio.ensure_future(event.wait())]
            try:
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for one in waits:
                    one.cancel()
        return event.is_set()

    def advance(self, seconds: float) -> None:
        """Make `seconds` pass: whatever falls due is done, in order, before this returns."""
        self._ahead_ns += int(seconds * 1e9)
        due = sorted((when, id(h), h) for h, (when, _) in self._timers.items() if when <= self.now_ns())
        for _, _, handle in due:
            entry = self._timers.pop(handle, None)
            if entry is not None:
                handle.cancel()
                entry[1]()


def precise(time_ns: int) -> str:
    """2025-05-24T17:39:06.882493: seven decimals at most, trailing zeros dropped, no zone (as in GET answers)."""
    whole = datetime.fromtimestamp(time_ns // 10**9, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    fraction = f"{time_ns % 10**9 // HUNDRED_NS:07d}".rstrip("0")
    return f"{whole}.{fraction}" if fraction else whole


def whole(time_ns: int) -> str:
    """2025-05-24T17:39:20+00:00, as executions have it."""
    return datetime.fromtimestamp(time_ns // 10**9, UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00")


def spoken(time_ns: int) -> str:
    """5/24/2025 5:39:25 PM, as in a container's runningStateDetails."""
    at = datetime.fromtimestamp(time_ns // 10**9, UTC)
    hour = at.hour % 12 or 12
    return f"{at.month}/{at.day}/{at.year} {hour}:{at.minute:02d}:{at.second:02d} {'AM' if at.hour < 12 else 'PM'}"
