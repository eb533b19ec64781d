"""The filter language of metrics."""

from __future__ import annotations

import pytest

from azdock.emulator.metricfilter import parse_filter

SAMPLE = {"state": "Running", "executionName": "job-1", "jobName": "it's"}


@pytest.mark.parametrize(
    ("text", "names", "matches"),
    [
        ("", [], True),
        ("state eq 'running'", ["state"], True),
        ("state ne 'running'", ["state"], False),
        ("executionname sw 'JOB-'", ["executionname"], True),
        ("state eq '*' and executionName eq '*'", ["state", "executionName"], True),
        ("(state eq 'Failed' or state eq 'Running') and executionName eq 'job-2'", ["state", "executionName"], False),
        ("state eq 'Failed' or state eq 'Running'", ["state"], True),
        ("jobName eq 'it''s'", ["jobName"], True),
        ("jobName eq '(x)'", ["jobName"], False),
        ("podName eq '*'", ["podName"], False),
    ],
)
def test_filters(text: str, names: list[str], matches: bool) -> None:
    """Names and values are compared in any case; a dimension that a sample does not have fits nothing."""
    found = parse_filter(text)
    assert (found.names, found.matches(SAMPLE)) == (names, matches)


@pytest.mark.parametrize(
    "text", ["state", "state eq Running", "state eq 'a' state eq 'b'", "state eq 'a' and", "eq 'a'"]
)
def test_nonsense(text: str) -> None:
    """What is no filter is refused."""
    with pytest.raises(ValueError, match="Invalid filter"):
        parse_filter(text)
