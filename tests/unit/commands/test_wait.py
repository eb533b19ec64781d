"""azdock wait is docker's, under both of its names; what it does is in test_many_targets.py."""

from __future__ import annotations

import pytest

from tests.support.fakes import azdock


@pytest.mark.parametrize("words", [("wait",), ("container", "wait")])
def test_needs_a_container(words: tuple[str, ...]) -> None:
    """Without a name the sentence is docker's, and the code 1."""
    result = azdock(*words)
    assert result.err.startswith(f"azdock: 'azdock {' '.join(words)}' requires at least 1 argument\n\nUsage:  azdock ")
    assert result.code == 1
