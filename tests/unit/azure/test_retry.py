"""Waiting: as long as asked, longer each time, and not for ever."""

from __future__ import annotations

import pytest

from azdock.azure import retry


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "3"}, 3.0),
        ({"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, None),
        ({"retry-after-ms": "1500", "Retry-After": "9"}, 1.5),
        ({"x-ms-retry-after-ms": "250", "retry-after-ms": "1500"}, 0.25),
        ({"Retry-After": "-1"}, 0.0),
    ],
)
def test_what_the_server_asks(headers: dict[str, str], seconds: float | None) -> None:
    """The finest unit wins; what is no number says nothing."""
    assert retry.asked_for(headers) == seconds


def test_pauses_grow() -> None:
    """Each pause is longer, up to a cap."""
    pause = retry.backoff(1, 4, 2)
    assert [pause() for _ in range(4)] == [1, 2, 4, 4]


def test_patience_ends() -> None:
    """All waits together stay below the limit."""
    slept: list[float] = []
    patience = retry.Patience(slept.append, left=10)
    assert patience.wait("busy", 6) and patience.wait("busy", 4)
    assert not patience.wait("busy", 0.1)
    assert (slept, patience.tries) == ([6, 4], 2)
