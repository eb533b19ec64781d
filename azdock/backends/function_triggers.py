"""Triggers of a function app. What triggers a function is in the image; what its binding leaves open is set here.

SOURCE: azure-docs, azure-functions/functions-triggers-bindings.md, functions-bindings-expressions-patterns.md (%NAME%
in a binding is an app setting), disable-function.md, functions-reference.md ("Configure an identity-based connection").
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from azdock.backends.abilities import Trigger, TriggerWish
from azdock.backends.function_base import FunctionBase
from azdock.backends.function_hosting import PLAN, Function
from azdock.docker.record import ContainerRecord
from azdock.errors import NotFound, Unsupported

if TYPE_CHECKING:
    from azdock.azure.eventgrid import EventGrid

HTTP, TIMER, QUEUE = "httpTrigger", "timerTrigger", "queueTrigger"
SERVICE_BUS, EVENT_GRID = "serviceBusTrigger", "eventGridTrigger"
IN_IMAGE = "a trigger's code and its binding belong in the image (function.json, or the attributes of the code)"
# The binding's text that says what is listened to, by the trigger's type; the first one that is there counts.
SOURCES: Mapping[str, tuple[str, ...]] = {
    TIMER: ("schedule",),
    QUEUE: ("queueName",),
    SERVICE_BUS: ("queueName", "topicName"),
}
# What a connection by identity is named like in the settings, and what an account's name becomes there.
CONNECTIONS: Mapping[str, tuple[str, str]] = {
    QUEUE: ("queueServiceUri", "https://{}.queue.core.windows.net"),
    SERVICE_BUS: ("fullyQualifiedNamespace", "{}.servicebus.windows.net"),
}
EVENTS = "azdock-events"  # the tag that notes where a function's events come from: {function: source}
_OPEN = re.compile(r"%([A-Za-z0-9_.]+)%")
_SECRET = re.compile(r"(AccountKey|SharedAccessKey|SharedAccessSignature)=", re.I)


class FunctionTriggers(FunctionBase):
    """The ability Triggered."""

    def triggers(self, record: ContainerRecord) -> list[Trigger]:
        """The triggers of every function of the app, by function."""
        events = self._events(record)
        return [trigger_of(one, events.get(one.name, "")) for one in self._functions(record)]

    def add_trigger(self, record: ContainerRecord, wish: TriggerWish) -> None:
        """Let a function of the image be triggered as wished for."""
        function = chosen(self._functions(record), wish.function)
        check(function, wish)
        if function.trigger == EVENT_GRID:
            self._subscribe(record, wish)
        changes = opened(function, wish)
        if wish.connection:
            changes |= self._connection(function, wish.connection)
        if function.disabled:
            changes[disabled_name(function.name)] = None
        if changes:
            self.hosting(record).settings(record, changes)

    def remove_trigger(self, record: ContainerRecord, function: str) -> None:
        """Disable a function; one that gets events loses its subscription."""
        found = chosen(self._functions(record), function)
        events = self._events(record)
        if found.trigger == EVENT_GRID and function in events:
            self._grid.unsubscribe(events.pop(function), subscription_name(record, function))
            self.hosting(record).tag(record, {EVENTS: json.dumps(events, separators=(",", ":")) if events else ""})
            return
        if not found.disabled:
            self.hosting(record).settings(record, {disabled_name(function): "true"})

    def _functions(self, record: ContainerRecord) -> list[Function]:
        found = self.hosting(record).functions(record)
        if found is None:
            raise Unsupported(
                f"{record.ident.name} has no triggers: nothing in its image answers for a Functions host",
                hint="build the image on one of mcr.microsoft.com/azure-functions, or start it by azdock start",
            )
        return found

    def _connection(self, function: Function, account: str) -> dict[str, str | None]:
        """The settings of a connection by the identity that azdock's function apps share."""
        from azdock.azure import functionstorage

        identity = functionstorage.webjobs(self._azure)
        if not identity.client_id:
            raise Unsupported(
                "--connection: the app has no identity that could be let in",
                hint=f"set the connection yourself: azdock update -e {connection_name(function)}=... CONTAINER",
            )
        return connected(function, account, identity.client_id)

    def _subscribe(self, record: ContainerRecord, wish: TriggerWish) -> None:
        hosting = self.hosting(record)
        if hosting.name != PLAN:
            raise Unsupported(
                "--eventgrid: Event Grid sends events to functions on App Service plans only",
                hint="run it with --plan, or let the image listen to a queue that gets the events",
            )
        events = self._events(record)
        function_id = f"{hosting.get(record)['id']}/functions/{wish.function}"
        self._grid.subscribe(wish.source, subscription_name(record, wish.function), function_id)
        events[wish.function] = wish.source
        hosting.tag(record, {EVENTS: json.dumps(events, separators=(",", ":"))})

    def _events(self, record: ContainerRecord) -> dict[str, str]:
        tags: Mapping[str, str] = self.hosting(record).get(record).get("tags") or {}
        text = next((value for name, value in tags.items() if name.lower() == EVENTS), "")
        found: dict[str, str] = json.loads(text) if text else {}
        return found

    @property
    def _grid(self) -> EventGrid:
        from azdock.azure.eventgrid import EventGrid

        return EventGrid(self._azure)


def trigger_of(function: Function, events: str = "") -> Trigger:
    """A function's trigger as it is shown; `events` is the source that sends it events."""
    settings: dict[str, Any] = dict(function.settings)
    if function.trigger == HTTP:
        methods = ",".join(one.upper() for one in function.methods) or "ANY"
        source = f"{methods} /{function.route}"
    elif function.trigger == EVENT_GRID:
        source = events
    else:
        source = next((str(settings[one]) for one in SOURCES.get(function.trigger, ()) if settings.get(one)), "")
    return Trigger(function.name, function.trigger, source, function.disabled, function.settings)


def chosen(functions: list[Function], name: str) -> Function:
    """The function of that name. Raises NotFound, with what belongs where."""
    found = next((one for one in functions if one.name.lower() == name.lower()), None)
    if found is None:
        known = ", ".join(one.name for one in functions) or "none"
        raise NotFound(f"the image has no function {name} (it has: {known}): {IN_IMAGE}")
    return found


def check(function: Function, wish: TriggerWish) -> None:
    """Raise Unsupported when the function is triggered by something else than what is wished for."""
    if wish.kind and wish.kind != function.trigger:
        raise Unsupported(
            f"the function {function.name} is triggered by {function.trigger}, not by {wish.kind}", hint=IN_IMAGE
        )
    if wish.connection and function.trigger not in CONNECTIONS:
        raise Unsupported(f"--connection: a {function.trigger} has none", hint="leave it away")
    if _SECRET.search(wish.connection):
        raise Unsupported(
            "--connection: a connection string is a secret and must not be in a command line",
            hint="name the account or namespace: the app's identity is let in",
        )


def opened(function: Function, wish: TriggerWish) -> dict[str, str | None]:
    """The settings that make the function listen to the source wished for. Raises Unsupported when the image has fixed
    another one."""
    if not wish.source or function.trigger == EVENT_GRID:
        return {}
    for name in SOURCES.get(function.trigger, ()):
        text = function.settings.get(name, "")
        if not text:
            continue
        if named := _OPEN.fullmatch(text):
            return {named[1]: wish.source}
        if text == wish.source:
            return {}
        raise Unsupported(
            f"the {name} of the function {function.name} is fixed in the image: {text}",
            hint=f"write %NAME% there, so that azdock can set NAME; or build the image with {wish.source}",
        )
    raise Unsupported(f"a {function.trigger} has no source that could be set", hint=IN_IMAGE)


def connected(function: Function, account: str, client_id: str) -> dict[str, str | None]:
    """The settings that connect a function to an account (or namespace) by a user-assigned identity."""
    name = connection_name(function)
    key, form = CONNECTIONS[function.trigger]
    address = account if "." in account else form.format(account)
    return {f"{name}__{key}": address, f"{name}__credential": "managedidentity", f"{name}__clientId": client_id}


def connection_name(function: Function) -> str:
    """The setting, or the beginning of the settings, that the function's binding names as its connection."""
    defaults = {QUEUE: "AzureWebJobsStorage", SERVICE_BUS: "AzureWebJobsServiceBus"}
    return function.settings.get("connection") or defaults.get(function.trigger, "")


def disabled_name(function: str) -> str:
    """The setting that disables a function."""
    return f"AzureWebJobs.{function}.Disabled"


def subscription_name(record: ContainerRecord, function: str) -> str:
    """The name of the event subscription of a container's function: letters, digits and dashes, 3 to 64."""
    return re.sub("[^A-Za-z0-9-]", "-", f"azdock-{record.ident.id[:8]}-{function}")[:64]
