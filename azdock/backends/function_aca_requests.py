"""Requests to a function app on Container Apps: its address, its functions, and the keys that let one in."""

from __future__ import annotations

from typing import Any

from azdock import errors
from azdock.azure import functionkeys, progress, retry
from azdock.azure.web import httpx
from azdock.backends import function_aca_map as translation
from azdock.backends.function_aca_base import AcaBase
from azdock.backends.function_hosting import ACA, APP, FRONT_END_SECONDS, Function
from azdock.backends.replicas import address_of, created, main_container
from azdock.docker.record import ContainerRecord

Json = dict[str, Any]
PING = "admin/host/ping"  # runs no function; whatever listens answers something
WAKE_SECONDS = 60.0  # that Azure has to list a replica that has answered already
MASTER = "admin"
NO_SLOTS = "function apps on Container Apps have no deployment slots"


class AcaRequests(AcaBase):
    """url, functions and key."""

    def url(self, record: ContainerRecord, slot: str = "") -> str:
        """Where requests go. Raises NotRunning for an app that was never started."""
        _without(slot)
        address = self._side.address(self.get(record))
        if not address:
            raise errors.NotRunning(f"{record.ident.name} was never started", hint=f"azdock start {record.ident.name}")
        return address

    def functions(self, record: ContainerRecord, slot: str = "") -> list[Function] | None:
        """The functions that Azure has found in the image, asked of their host where Azure tells too little."""
        _without(slot)
        listed = self._listed(record)
        if not listed:
            self._wake(record)  # Azure learns them from the host when that runs
            listed = self._listed(record)
        if not listed:
            return None
        found = [translation.function_of(one) for one in listed]
        if all(one.trigger == "httpTrigger" for one in found):
            return found
        metadata = self._metadata(record)
        return [translation.detailed(one, metadata.get(one.name.lower(), {})) for one in found]

    def key(self, record: ContainerRecord, function: str, auth: str, slot: str = "") -> str:
        """A key from the host in one of the app's replicas, which is woken if there is none."""
        _without(slot)
        name, address = record.handle[APP], self._debug_address(record)
        if auth == MASTER:
            return self._needed(functionkeys.ask(self._apps, name, address, functionkeys.MASTER))
        if function:
            own = functionkeys.ask(self._apps, name, address, functionkeys.of_function(function))
            if own:
                return own
        return self._needed(functionkeys.ask(self._apps, name, address, functionkeys.HOST))

    # ---- steps
    def _listed(self, record: ContainerRecord) -> list[Json]:
        try:
            return list(self._azure.arm.every(f"{self._apps.id(record.handle[APP])}/functions"))
        except errors.NotFound:
            self.get(record)  # the app itself is there, or this raises
            return []

    def _metadata(self, record: ContainerRecord) -> dict[str, Json]:
        """What the app's own host tells of its functions, by lower-case name."""
        headers = {"x-functions-key": self.key(record, "", MASTER)}
        answer = self._asked(f"{self.url(record)}/admin/functions", headers)
        if answer.status_code != 200:
            raise errors.AzureFailure(f"the app's host answered {answer.status_code} when asked for its functions")
        return {str(one["name"]).lower(): one for one in answer.json()}

    def _debug_address(self, record: ContainerRecord) -> str:
        """The debugEndpoint of a replica that runs. Raises NotRunning."""
        address = self._running_address(record, "debugEndpoint")
        if not address:
            self._wake(record)
            address = self._running_address(record, "debugEndpoint")
        if not address:
            raise errors.NotRunning("the app has no replica that runs", hint=f"azdock explain {record.ident.name}")
        return address

    def _running_address(self, record: ContainerRecord, field: str) -> str:
        found = [one for one in self._replicas(self.get(record)) if main_container(one).get("ready")]
        return address_of(max(found, key=created), field) if found else ""

    def _wake(self, record: ContainerRecord) -> None:
        """Have Azure start a replica, if there is none, and wait until it is listed: the first request does that."""
        with progress.waiting("Azure starts the function app", 0):
            self._asked(f"{self.url(record)}/{PING}", {})
        pause, deadline = retry.backoff(0.05, 2.0), self._clock() + WAKE_SECONDS
        while not self._running_address(record, "execEndpoint") and self._clock() < deadline:
            self._sleep(pause())

    def _asked(self, url: str, headers: dict[str, str]) -> httpx.Response:
        try:
            return self._azure.http.get(url, headers=headers, timeout=FRONT_END_SECONDS[ACA])
        except httpx.HTTPError as broken:
            raise errors.Unreachable(f"the function app does not answer: {broken}") from broken

    @staticmethod
    def _needed(key: str) -> str:
        if not key:
            raise errors.AzdockError(functionkeys.NO_KEYS)
        return key


def _without(slot: str) -> None:
    if slot:
        raise errors.Unsupported(f"--slot: {NO_SLOTS}", hint="create it with --plan EP1 (or another plan with slots)")
