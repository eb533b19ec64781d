"""Waiting for items that other threads add."""

from __future__ import annotations

import asyncio
import threading

from azdock.emulator.feed import Feed


def test_item_is_there() -> None:
    """Nobody waits for what is there already."""
    feed = Feed([1])
    assert asyncio.run(feed.wait(0, 0.0)) is True


def test_nothing_comes() -> None:
    """Waiting ends after its time, and leaves nothing behind."""
    feed: Feed[int] = Feed()
    assert asyncio.run(feed.wait(0, 0.01)) is False
    feed.wake()


def test_woken_by_threads() -> None:
    """All waiters wake, whether an item came or the end."""
    feed: Feed[int] = Feed()

    async def wait_twice() -> list[bool]:
        threading.Timer(0.02, feed.extend, ([1],)).start()
        first = await asyncio.gather(feed.wait(0, 5), feed.wait(0, 5))
        timer = threading.Timer(0.02, feed.wake)
        timer.start()
        return [*first, await feed.wait(1, 5)]

    assert asyncio.run(wait_twice()) == [True, True, True]
