"""Long-running operations: started by a write, asked for at a signed URL, finished by the clock.

Source: learn.microsoft.com/azure/azure-resource-manager/management/async-operations
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request

from azdock import wire
from azdock.emulator import arm
from azdock.emulator.world import SUBSCRIPTION, World

# az sleeps 2 s without any such header and the SDKs 30 s; both obey this one. Retry-After: 0 would count as none.
REMEMBERED = 2000  # operations whose URLs still answer
SOON = {wire.RETRY_AFTER_MS: "50"}


@dataclass(slots=True)
class Operation:
    """One operation; `error` is set when it failed, `result` is what its Location finally answers (None: 204)."""

    kind: str  # containerappsjob, containerapp, managedEnvironment
    started_ns: int
    name: str = field(default_factory=lambda: str(uuid.uuid4()))
    status: str = "InProgress"
    error: dict[str, str] | None = None
    result: Callable[[Request], dict[str, Any] | None] = lambda _request: None


def begin(
    world: World,
    kind: str,
    seconds: float,
    finish: Callable[[dict[str, str] | None], None],
    result: Callable[[Request], dict[str, Any] | None] = lambda _request: None,
    error: dict[str, str] | None = None,
) -> Operation:
    """Start an operation that ends `seconds` from now (before this returns when 0).

    `finish` is told the error: `error`, if it is clear from the start that the operation fails, or the one that the
    control route asked for; else None.
    """
    operation = Operation(kind, world.clock.now_ns(), result=result)
    world.operations[operation.name] = operation
    if len(world.operations) > REMEMBERED:
        del world.operations[next(iter(world.operations))]

    def end() -> None:
        if world.behaviour.fail_operations > 0:
            world.behaviour.fail_operations -= 1
            code = world.behaviour.fail_code
            operation.error = {"code": code, "message": f"The operation failed: {code}."}
        elif error is not None:
            operation.error = error
        operation.status = "Failed" if operation.error else "Succeeded"
        finish(operation.error)

    world.clock.later(seconds, end)
    return operation


def status_header(world: World, request: Request, operation: Operation, location: str) -> dict[str, str]:
    """Azure-AsyncOperation with what else a 201 carries."""
    url = _url(world, request, operation, location, "OperationStatuses")
    return {wire.ASYNC_OPERATION: url, "x-ms-async-operation-timeout": "PT15M", **SOON}


def result_header(world: World, request: Request, operation: Operation, location: str) -> dict[str, str]:
    """Location with what else a 202 carries."""
    return {wire.LOCATION: _url(world, request, operation, location, "OperationResults"), **SOON}


def _url(world: World, request: Request, operation: Operation, location: str, what: str) -> str:
    path = (
        f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.App/locations/{location}"
        f"/{operation.kind}{what}/{operation.name}"
    )
    query = {"api-version": arm.api_version(request)}
    if what == "OperationStatuses":
        query["azureAsyncOperation"] = "true"
    # like Azure: t is a tick count, c a certificate, s the signature, h a hash; only s means anything here
    query |= {"t": str(world.clock.now_ns() // 100), "c": "azdock", "s": signature(world, operation), "h": "azdock"}
    return f"{arm.base(request)}{path}?{urlencode(query)}"


def signature(world: World, operation: Operation) -> str:
    """What the URL of an operation must carry as `s`."""
    return world.auth.seal(operation.name)
