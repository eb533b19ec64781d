"""Event Grid: subscriptions of events that go to a function.

SOURCE: learn.microsoft.com/rest/api/eventgrid/controlplane/event-subscriptions
(AzureFunctionEventSubscriptionDestination).
"""

from __future__ import annotations

from typing import Any

from azdock import wire
from azdock.azure.client import Azure
from azdock.errors import NotFound

Json = dict[str, Any]


class EventGrid:
    """Event subscriptions at any source. Every method raises AzdockError subclasses only."""

    def __init__(self, azure: Azure) -> None:
        self._azure = azure

    def subscribe(self, source: str, name: str, function_id: str) -> None:
        """Send the events of a source (an ARM id) to a function of a site (an ARM id); waits until it is accepted."""
        destination = {"endpointType": "AzureFunction", "properties": {"resourceId": function_id}}
        body: Json = {"properties": {"destination": destination, "eventDeliverySchema": "EventGridSchema"}}
        self._azure.arm.put(self._path(source, name), body, wire.EVENTS_API_VERSION)

    def unsubscribe(self, source: str, name: str) -> None:
        """Delete a subscription; one that is gone is no error."""
        self._azure.arm.delete(self._path(source, name), wire.EVENTS_API_VERSION)

    def exists(self, source: str, name: str) -> bool:
        """Whether the source has a subscription of that name."""
        try:
            self._azure.arm.get(self._path(source, name), wire.EVENTS_API_VERSION)
        except NotFound:
            return False
        return True

    def _path(self, source: str, name: str) -> str:
        return f"{source}/providers/{wire.EVENTS_NAMESPACE}/eventSubscriptions/{name}"
