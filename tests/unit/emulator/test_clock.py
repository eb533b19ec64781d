"""Time stamps as Azure writes them, and timers that can be hurried."""

from __future__ import annotations

import asyncio

import pytest

from azdock.emulator import clock

AT = 1748108346_882493000  # 2025-05-24T17:39:06.882493Z


@pytest.mark.parametrize(
    ("function", "time_ns", "text"),
    [
        (clock.precise, AT, "2025-05-24T17:39:06.882493"),
        (clock.precise, AT // 10**9 * 10**9, "2025-05-24T17:39:06"),
        (clock.precise, AT + 199, "2025-05-24T17:39:06.8824931"),
        (clock.whole, AT, "2025-05-24T17:39:06+00:00"),
        (clock.spoken, AT, "5/24/2025 5:39:06 PM"),
        (clock.spoken, AT - 17 * 3600 * 10**9, "5/24/2025 12:39:06 AM"),
    ],
)
def test_stamps(function: object, time_ns: int, text: str) -> None:
    """Seven decimals without trailing zeros; whole seconds with an offset; American for people."""
    assert callable(function) and function(time_ns) == text


def test_advance_fires_what_is_due_in_order() -> None:
    """Timers fire in the order of their times, cancelled ones not, and sleepers wake."""
    fired: list[str] = []

    async def scene() -> None:
        time = clock.Clock()
        before = time.now_ns()
        time.later(20, lambda: fired.append("second"))
        time.later(10, lambda: fired.append("first"))
        time.later(15, lambda: fired.append("never"))()
        time.later(99, lambda: fired.append("later"))
        sleeper = asyncio.create_task(time.sleep(30))
        await asyncio.sleep(0)
        time.advance(40)
        await sleeper
        assert time.now_ns() - before >= 40 * 10**9

    asyncio.run(scene())
    assert fired == ["first", "second"]


def test_no_delay_is_no_turn() -> None:
    """With nothing to wait for, the action is done before `later` returns."""
    fired: list[int] = []
    clock.Clock().later(0, lambda: fired.append(1))
    assert fired == [1]
