"""When an app gets a new revision, and which old ones it loses."""

from __future__ import annotations

from typing import Any

import pytest

from azdock.emulator import revisions


def _document(kept: int = 100) -> dict[str, Any]:
    configuration = {"maxInactiveRevisions": kept}
    return {
        "name": "web", "latest": "", "revisions": {}, "counter": 0,
        "properties": {"template": {"n": 0}, "configuration": configuration},
    }  # fmt: skip


def _change(document: dict[str, Any], number: int, suffix: str = "") -> bool:
    document["properties"]["template"] = {"n": number} | ({"revisionSuffix": suffix} if suffix else {})
    return revisions.follow(document, 1)


def test_counting_steps_over_a_suffix_that_looks_like_a_number() -> None:
    """A counted name that a suffix already took is left out."""
    document = _document()
    assert _change(document, 0) and not _change(document, 0)
    assert _change(document, 1, "0000002") and document["latest"] == "web--0000002"
    assert _change(document, 2) and document["latest"] == "web--0000003"


def test_a_taken_suffix_changes_nothing() -> None:
    """The latest revision and the number of revisions stay."""
    document = _document()
    _change(document, 0, "a")
    with pytest.raises(revisions.SuffixTaken):
        _change(document, 1, "a")
    assert document["latest"] == "web--a" and document["counter"] == 1
    assert not _change(document, 0, "a")
    assert _change(document, 0, "b")


def test_only_inactive_ones_are_forgotten() -> None:
    """The oldest inactive revisions go first; active ones always stay."""
    document = _document(kept=1)
    for number in range(4):
        _change(document, number)
        if number != 1:
            document["revisions"][document["latest"]]["active"] = False
    _change(document, 4)
    assert next(iter(document["revisions"])) == "web--0000001"
    assert [one["active"] for one in document["revisions"].values()] == [True, False, True]
