"""Event subscriptions at any source."""

from __future__ import annotations

import json
from pathlib import Path

from azdock.azure.eventgrid import EventGrid
from tests.unit.azure.azures import Script, answer, cloud, refusal

SOURCE = "/subscriptions/s1/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/acc"
FUNCTION = "/subscriptions/s1/resourceGroups/rg/providers/Microsoft.Web/sites/web/functions/event"


def test_subscribe(tmp_path: Path) -> None:
    """The subscription is a child of the source, and its destination is the function."""
    script = Script(answer(200))
    EventGrid(cloud(tmp_path, script)).subscribe(SOURCE, "azdock-1-event", FUNCTION)
    (asked,) = script.asked
    assert asked.method == "PUT"
    assert asked.url.path == f"{SOURCE}/providers/Microsoft.EventGrid/eventSubscriptions/azdock-1-event"
    destination = json.loads(script.bodies[0])["properties"]["destination"]
    assert destination == {"endpointType": "AzureFunction", "properties": {"resourceId": FUNCTION}}


def test_unsubscribe(tmp_path: Path) -> None:
    """One that is gone is no error."""
    script = Script(refusal(404, "ResourceNotFound"))
    EventGrid(cloud(tmp_path, script)).unsubscribe(SOURCE, "azdock-1-event")
    assert script.asked[0].method == "DELETE"


def test_exists(tmp_path: Path) -> None:
    """Whether it is there."""
    grid = EventGrid(cloud(tmp_path, Script(answer(200), refusal(404, "ResourceNotFound"))))
    assert grid.exists(SOURCE, "a")
    assert not grid.exists(SOURCE, "b")
