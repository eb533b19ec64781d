"""azdock rmi."""

from __future__ import annotations

import pytest

from tests.support.fakes import World, azdock


@pytest.mark.parametrize("words", [("rmi",), ("image", "rm"), ("image", "remove")])
def test_tells_what_happened(words: tuple[str, ...]) -> None:
    """Under all its names."""
    result = azdock(*words, "busybox", world=World())
    assert (result.out, result.err, result.code) == ("Untagged: busybox\n", "", 0)


def test_platform_is_refused() -> None:
    """The store keeps one platform."""
    assert azdock("rmi", "--platform", "linux/arm64", "busybox").code == 125
