"""The explain view."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

from azdock.docker.explanation import Explanation, Note
from azdock.output.explanation import document, text
from tests.support.fakes import record


def test_times_are_utc() -> None:
    """Whatever zone Azure used."""
    at = datetime(2026, 1, 2, 3, 0, tzinfo=timezone(timedelta(hours=2)))
    found = Explanation("Why.", notes=(Note(at, "event", "x"),))
    assert text(found).splitlines()[1] == "  2026-01-02T01:00:00Z  event      x"
    assert json.loads(document(record(), found))["Evidence"] == [
        {"Time": "2026-01-02T01:00:00Z", "Source": "event", "Text": "x"}
    ]
