"""azdock explain."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from azdock.docker.explanation import Explanation, Note
from tests.support.fakes import Services, World, azdock, record

AT = datetime(2026, 1, 2, 12, 0, 5, tzinfo=UTC)
FOUND = Explanation(
    "It broke.",
    "azdock logs web",
    "DeadlineExceeded",
    (Note(None, "replica", "r1 is\n gone"), Note(AT, "event", "Failed: too late")),
    ("Log Analytics could not be read: no",),
)


def world(found: Explanation = FOUND) -> World:
    return World(Services(records={"web": record()}, insight=found))


def test_text() -> None:
    """The cause first, then dated evidence, what is missing, and the next command; one line each; code 0."""
    result = azdock("explain", "web", world=world())
    assert result.out.splitlines() == [
        "It broke.",
        "  -                     replica    r1 is gone",
        "  2026-01-02T12:00:05Z  event      Failed: too late",
        "  -                     missing    Log Analytics could not be read: no",
        "next: azdock logs web",
    ]
    assert (result.err, result.code) == ("", 0)


def test_json() -> None:
    """The same as one object."""
    result = azdock("explain", "--format", "json", "web", world=world())
    document = json.loads(result.out)
    assert (document["Cause"], document["Next"], document["Reason"]) == (FOUND.cause, FOUND.next, FOUND.reason)
    assert document["Evidence"][1] == {"Time": "2026-01-02T12:00:05Z", "Source": "event", "Text": "Failed: too late"}
    assert document["Missing"] == list(FOUND.missing)
    assert (document["Name"], document["State"]) == ("web", "running")


def test_short() -> None:
    """Nothing but the cause when there is nothing else."""
    assert azdock("explain", "web", world=world(Explanation("It runs."))).out == "It runs.\n"


def test_refusals() -> None:
    """docker's words for a container that does not exist; other formats are a usage error."""
    result = azdock("explain", "nosuch", world=world())
    assert (result.err, result.code) == ("Error response from Azure: No such container: nosuch\n", 1)
    assert azdock("explain", "--format", "yaml", "web", world=world()).code == 125
