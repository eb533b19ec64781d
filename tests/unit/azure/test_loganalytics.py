"""KQL is built safely."""

from __future__ import annotations

import pytest

from azdock.azure.loganalytics import console_query, literal, moment


@pytest.mark.parametrize(("text", "kql"), [("a'b", r"'a\'b'"), ("\\", r"'\\'"), ("a\nb", r"'a\nb'")])
def test_literals(text: str, kql: str) -> None:
    """A quote or backslash cannot leave its literal."""
    assert literal(text) == kql


def test_control_characters_are_refused() -> None:
    """NUL has no documented escape."""
    with pytest.raises(ValueError, match="control character"):
        literal("\0")


def test_query() -> None:
    """A run is matched with its hyphen, and a tail is taken before the order is restored."""
    query = console_query("job1", "job1-abc", since_ns=1_500_000_000, tail=5)
    assert "startswith_cs 'job1-abc-'" in query
    assert "TimeGenerated >= datetime(1970-01-01T00:00:01.5000000Z)" in query
    assert query.index("top 5") < query.index("order by _timestamp_d asc")
    assert moment(0) == "datetime(1970-01-01T00:00:00.0000000Z)"
