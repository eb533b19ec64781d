"""The resource manager's pure rules."""

from __future__ import annotations

from typing import Any

import pytest

from azdock.emulator import arm
from azdock.emulator.errors import ArmError


@pytest.mark.parametrize(
    ("old", "patch", "result"),
    [
        ({"a": 1}, {"b": 2}, {"a": 1, "b": 2}),
        ({"a": 1, "b": 2}, {"a": None}, {"b": 2}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 3}}, {"a": {"b": 3, "c": 2}}),
        ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
        ({"a": 1}, {"a": {"b": None, "c": 1}}, {"a": {"c": 1}}),
    ],
)
def test_merge_patch(old: Any, patch: Any, result: Any) -> None:
    """Objects merge, lists are replaced, null removes."""
    assert arm.merged(old, patch) == result


def test_nulls_are_dropped_at_any_depth() -> None:
    """Members that are null vanish, null elements of lists stay."""
    assert arm.without_nulls({"a": None, "b": [{"c": None, "d": 0}, None], "e": ""}) == {"b": [{"d": 0}, None], "e": ""}


@pytest.mark.parametrize("given", ["westeurope", "West Europe", "WESTEUROPE", "west europe"])
def test_regions(given: str) -> None:
    """Blanks and case do not count."""
    assert arm.region(given, "t") == "westeurope"


def test_regions_that_do_not_exist() -> None:
    """An unknown one is refused; one that is missing is the group's."""
    with pytest.raises(ArmError, match="LocationNotAvailableForResourceType"):
        arm.region("moon", "t")
    assert arm.region(None, "t", "eastus") == "eastus"
