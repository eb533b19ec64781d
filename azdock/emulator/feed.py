"""A growing list that threads write and coroutines follow."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable
from typing import Generic, TypeVar

T = TypeVar("T")


class Feed(Generic[T]):
    """Items in the order they came. Writers may be on any thread, followers on any event loop."""

    def __init__(self, items: Iterable[T] = ()) -> None:
        self.items: list[T] = list(items)
        self.lock = threading.RLock()
        self._waiting: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    def extend(self, items: Iterable[T]) -> None:
        """Append and wake every follower."""
        with self.lock:
            self.items.extend(items)
            self.wake()

    def wake(self) -> None:
        """Let every follower look again, as when the source has ended."""
        with self.lock:
            waiting, self._waiting = self._waiting, []
        for loop, event in waiting:
            if not loop.is_closed():
                loop.call_soon_threadsafe(event.set)

    async def wait(self, position: int, timeout: float) -> bool:
        """Wait at most `timeout` seconds until there is an item at `position` or somebody called wake()."""
        event = asyncio.Event()
        entry = (asyncio.get_running_loop(), event)
        with self.lock:
            if len(self.items) > position:
                return True
            self._waiting.append(entry)
        try:
            await asyncio.wait_for(event.wait(), timeout)
        except TimeoutError:
            return False
        finally:
            with self.lock:
                if entry in self._waiting:
                    self._waiting.remove(entry)
        return True
