"""What a Functions host exports: rows for requests, invocations and printed lines, in the tables where Azure has them.

A real host brings the exporter along. Here the platform does its work: it sees the requests, and reads what the
container prints. A host that prints its invocations gives them their ids; for one that prints nothing the request
alone is the invocation. What is printed while exactly one invocation is under way is taken to be logged by it.
Where rows go: AppServiceConsoleLogs and FunctionAppLogs as a site's diagnostic settings say; AppTraces and AppRequests
when the app has the connection string of a component. Nothing is written for others.
Source: learn.microsoft.com/azure/azure-functions/functions-monitoring; azure-functions-host, ApplicationInsights
"""

from __future__ import annotations

import asyncio
import re
import secrets
import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from azdock.emulator import arm, destinations, functionshost, functionslines, insights
from azdock.emulator.functionslines import Begun, Over
from azdock.emulator.loglines import PARTIAL, TICK_NS, Cutter
from azdock.emulator.logtables import FIELD_LIMIT
from azdock.emulator.rowlog import SentRow
from azdock.emulator.webtables import FUNCTION_LOGS, REQUESTS, TRACES, WEB_CONSOLE, bucket
from azdock.emulator.world import World

Document = dict[str, Any]
PARENT = re.compile(r"^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$")  # w3.org/TR/trace-context
SETTLE = 0.3  # seconds a host's lines about an invocation may come later than its answer
FRESH = 0.5  # seconds for which where rows go is known without looking
VERSION = "4.1048.200.0"  # of the host; what an image would tell
HTTP_REASON = "This function was programmatically called via the host APIs."


@dataclass(slots=True, eq=False)
class Invocation:
    """One run of a function, begun by a request (`method` is set) or by another trigger."""

    requests: Requests
    function: str
    began_ns: int
    operation: str
    parent: str = ""
    method: str = ""
    url: str = ""
    id: str = ""  # as the host printed it; "" until then
    span: str = field(default_factory=lambda: secrets.token_hex(8))
    status: int = 0  # of the answer; 0: not yet
    ended_ns: int = 0
    told: bool = False  # its row in AppRequests is written

    def end(self, status: int) -> None:
        """The request was answered with this status. Call it in the event loop."""
        self.requests.answered(self, status)


class Requests:
    """The exporter of one container instance of an app. `write` may be called from any thread."""

    def __init__(self, world: World, document: Document, instance: str, settings: Mapping[str, str]) -> None:
        self._world, self._document, self._instance = world, document, instance
        self._connection = settings.get(insights.SETTING, "")
        self._site = str(document["type"]).lower().startswith("microsoft.web/")
        self._host = uuid.uuid4()
        self._lock = threading.RLock()
        self._cutters = {"stdout": Cutter(), "stderr": Cutter()}
        self._parts = {"stdout": "", "stderr": ""}
        self._waiting: list[Invocation] = []  # requests whose invocation the host has not printed yet
        self._running: dict[str, Invocation] = {}
        self._last_ns = 0
        self._closed = False  # a host that is gone exports no more
        self._looked = -FRESH
        self._where: tuple[Document | None, bool, bool] = (None, False, False)

    # what happens

    def write(self, stream: str, data: bytes, time_ns: int) -> None:
        """A chunk that the container printed."""
        with self._lock:
            rows: list[SentRow] = []
            for tag, text in self._cutters[stream].feed(data):
                self._part(stream, tag == PARTIAL, text, time_ns, rows)
            self._world.logbook.send(rows)

    def _part(self, stream: str, more: bool, text: str, time_ns: int, rows: list[SentRow]) -> None:
        whole = self._parts[stream] + text
        self._parts[stream] = whole[:FIELD_LIMIT] if more else ""
        if not more:
            rows += self._line(stream, whole[:FIELD_LIMIT], self._stamp(time_ns))

    def _stamp(self, time_ns: int) -> int:
        """A time later than the last one: what was printed first comes first."""
        self._last_ns = max(time_ns, self._last_ns + TICK_NS)
        return self._last_ns

    def begin(
        self, method: str, target: str, headers: Mapping[str, str], found: Sequence[Document] | None
    ) -> Invocation | None:
        """A request was let in; None when it means no function. `target` is path and query, `headers` have lower-case
        names."""
        function = functionshost.named(found, target.partition("?")[0])
        if function is None:
            return None
        trace = PARENT.match(headers.get("traceparent", ""))
        made = Invocation(
            self, str(function["name"]), time.time_ns(), trace[1] if trace else secrets.token_hex(16),
            trace[2] if trace else "", method, f"https://{headers.get('host', '')}{_keyless(target)}",
        )  # fmt: skip
        with self._lock:
            self._waiting.append(made)
        return made

    def answered(self, one: Invocation, status: int) -> None:
        """A request of `begin` was answered."""
        with self._lock:
            one.status, one.ended_ns = status, time.time_ns()
            if one.id and not self._closed:
                self._world.logbook.send(self._request(one, status < 400))
        asyncio.get_running_loop().call_later(SETTLE, self._settle, one)

    def close(self) -> None:
        """The container has ended: what it printed last is told, and its invocations are over."""
        with self._lock:
            rows: list[SentRow] = []
            for stream, cutter in self._cutters.items():
                for _tag, text in cutter.end():
                    self._part(stream, False, text, time.time_ns(), rows)
            self._world.logbook.send(rows)
            self._waiting, self._running, self._closed = [one for one in self._waiting if one.status], {}, True

    def _settle(self, one: Invocation) -> None:
        """What the host has not printed by now it prints never: the request alone is the invocation."""
        with self._lock:
            self._running.pop(one.id, None)
            if one not in self._waiting:
                return
            self._waiting.remove(one)
            one.id = str(uuid.uuid4())
            how = "Succeeded" if one.status < 500 else "Failed"
            took = (one.ended_ns - one.began_ns) // 1_000_000
            begun = f"Executing 'Functions.{one.function}' (Reason='{HTTP_REASON}', Id={one.id})"
            over = f"Executed 'Functions.{one.function}' ({how}, Id={one.id}, Duration={took}ms)"
            rows = self._log(one.began_ns, begun, functionslines.INFORMATION, one, "FunctionStarted")
            name, level = ("FunctionCompleted", "Information") if how == "Succeeded" else ("FunctionFailed", "Error")
            rows += self._log(one.ended_ns, over, level, one, name)
            self._world.logbook.send(rows + self._request(one, one.status < 400))

    # what is printed

    def _line(self, stream: str, text: str, time_ns: int) -> list[SentRow]:
        rows = self._console(stream, text, time_ns)
        said = functionslines.read(text)
        if isinstance(said, Begun):
            return rows + self._log(time_ns, text.strip(), "Information", self._begun(said, time_ns), "FunctionStarted")
        if isinstance(said, Over):
            return rows + self._over(said, text.strip(), time_ns)
        return rows + self._log(time_ns, text, functionslines.level(stream, text), self._only())

    def _begun(self, said: Begun, time_ns: int) -> Invocation:
        one = next((one for one in self._waiting if one.function.lower() == said.function.lower()), None)
        if one is not None:
            self._waiting.remove(one)
        else:
            one = Invocation(self, said.function, time_ns, secrets.token_hex(16))
        one.id = said.id
        self._running[said.id] = one
        if one.status:  # the answer overtook what was printed before it
            self._world.logbook.send(self._request(one, one.status < 400))
        return one

    def _over(self, said: Over, text: str, time_ns: int) -> list[SentRow]:
        one = self._running.pop(said.id, None)
        level, name = ("Information", "FunctionCompleted") if said.succeeded else ("Error", "FunctionFailed")
        rows = self._log(time_ns, text, level, one, name)
        if one is not None and not one.method:
            one.ended_ns = time_ns
            rows += self._request(one, said.succeeded)
        return rows

    def _only(self) -> Invocation | None:
        """The one invocation that is under way; None when there are none or several."""
        known = [*self._running.values(), *self._waiting]
        return known[0] if len(known) == 1 else None

    # rows

    def _places(self) -> tuple[Document | None, bool, bool]:
        """The component, and whether FunctionAppLogs and AppServiceConsoleLogs are sent."""
        if time.monotonic() - self._looked >= FRESH:
            self._looked = time.monotonic()
            component = insights.component_of(self._world, self._connection) if self._connection else None
            ships = [
                self._site and destinations.ships(self._world, self._document["id"], category)
                for category in (FUNCTION_LOGS, WEB_CONSOLE)
            ]
            self._where = (component, ships[0], ships[1])
        return self._where

    def _console(self, stream: str, text: str, time_ns: int) -> list[SentRow]:
        if not self._places()[2]:
            return []
        row = {
            "Category": WEB_CONSOLE, "Host": self._instance[:12], "ContainerId": self._instance,
            "Level": "Informational" if stream == "stdout" else "Error", "OperationName": "Microsoft.Web/sites/log",
            "ResultDescription": text, "_ResourceId": self._document["id"].lower(),
        }  # fmt: skip
        return [SentRow(WEB_CONSOLE, time_ns, row)]

    def _log(self, time_ns: int, text: str, level: str, one: Invocation | None, event: str = "") -> list[SentRow]:
        component, logs, _ = self._places()
        category = "Host.Function.Console"
        if one is not None:
            category = f"Function.{one.function}" if event else f"Function.{one.function}.User"
        rows = []
        if logs:
            rows.append(SentRow(FUNCTION_LOGS, time_ns, self._function_log(text, level, category, one, event)))
        if component is not None:
            properties = {"Category": category, "LogLevel": level, "HostInstanceId": str(self._host)}
            properties |= {"ProcessId": "1"} | ({"EventName": event} if event else {})
            row = self._shared(component, one, properties)
            row |= {"Message": text, "SeverityLevel": functionslines.SEVERITY[level]}
            row |= {"ParentId": one.span} if one else {}
            rows.append(SentRow(TRACES, time_ns, row))
        return rows

    def _function_log(self, text: str, level: str, category: str, one: Invocation | None, event: str) -> Document:
        return {
            "AppName": self._document["name"], "Category": category, "EventName": event, "Message": text,
            "FunctionInvocationId": one.id if one else "", "FunctionName": one.function if one else "",
            "HostInstanceId": str(self._host), "HostVersion": VERSION, "Level": level, "ProcessId": 1,
            "LevelId": functionslines.LEVEL_ID[level], "RoleInstance": self._instance,
            "Location": arm.REGIONS.get(self._document["location"], self._document["location"]),
            "ActivityId": one.operation if one else "", "_ResourceId": self._document["id"].lower(),
        }  # fmt: skip

    def _request(self, one: Invocation, success: bool) -> list[SentRow]:
        component = self._places()[0]
        if component is None or one.told:
            return []
        one.told = True
        took = max(one.ended_ns - one.began_ns, 0) / 1e6
        properties = {"Category": "Host.Results", "FullName": f"Functions.{one.function}", "LogLevel": "Information"}
        properties |= {"HttpMethod": one.method} if one.method else {}
        properties |= {"HostInstanceId": str(self._host), "ProcessId": "1"}
        row = self._shared(component, one, properties) | {
            "Id": one.span, "Name": one.function, "Url": one.url, "Success": success, "DurationMs": took,
            "ResultCode": str(one.status or 0), "ParentId": one.parent, "PerformanceBucket": bucket(took / 1000),
        }  # fmt: skip
        return [SentRow(REQUESTS, one.began_ns, row)]

    def _shared(self, component: Document, one: Invocation | None, properties: Document) -> Document:
        known = {"InvocationId": one.id} if one is not None and one.id else {}
        return {
            "AppRoleName": self._document["name"], "AppRoleInstance": self._instance, "ItemCount": 1,
            "IKey": component["key"], "ResourceGUID": component["app_id"], "SDKVersion": f"azurefunctions: {VERSION}",
            "ClientType": "PC", "ClientIP": "0.0.0.0", "Properties": {**known, **properties},
            "OperationId": one.operation if one else "", "OperationName": one.function if one else "",
            "_ResourceId": component["id"].lower(),
        }  # fmt: skip


def _keyless(target: str) -> str:
    """A path and query without the key in it: telemetry has no secrets."""
    path, mark, query = target.partition("?")
    kept = [part for part in query.split("&") if part.partition("=")[0].lower() != functionshost.KEY_QUERY]
    return path + (mark + "&".join(kept) if kept and mark else "")
