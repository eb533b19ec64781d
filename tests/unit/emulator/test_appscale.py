"""How many replicas are wanted."""

from __future__ import annotations

from typing import Any

import pytest

from azdock.emulator.appscale import Scale


@pytest.mark.parametrize(
    ("given", "under_way", "resting", "expected"),
    [
        ({}, 0, True, 0),
        ({}, 0, False, 1),
        ({}, 10, False, 1),
        ({}, 11, False, 2),
        ({"maxReplicas": 3}, 1000, False, 3),
        ({"minReplicas": 2}, 0, True, 2),
        ({"rules": [{"name": "h", "http": {"metadata": {"concurrentRequests": "2"}}}]}, 5, False, 3),
        ({"rules": [{"name": "t", "tcp": {"metadata": {"concurrentConnections": "4"}}}]}, 5, False, 2),
        ({"rules": [{"name": "q", "azureQueue": {"queueName": "q"}}]}, 50, True, 1),
        ({"rules": [{"name": "q", "custom": {}}, {"name": "h", "http": {}}]}, 25, True, 3),
    ],
)
def test_wanted(given: dict[str, Any], under_way: int, resting: bool, expected: int) -> None:
    """Requests divided by what a rule allows, within the limits; never none before the cooldown is over; rules that
    look at what does not exist here keep one."""
    scale = Scale.of({"scale": given})
    assert scale.wanted(scale.asked(under_way), resting) == expected


def test_defaults() -> None:
    """Azure's defaults; a fresh revision begins with one replica even when its minimum is 0."""
    scale = Scale.of({})
    assert (scale.least, scale.most, scale.cooldown, scale.polling, scale.first()) == (0, 10, 300, 30, 1)
    assert Scale.of({"scale": {"minReplicas": 3, "maxReplicas": 5}}).first() == 3
