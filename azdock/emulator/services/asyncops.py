"""Where clients ask how a long-running operation goes: status and result URLs.

Source: learn.microsoft.com/azure/azure-resource-manager/management/async-operations
"""

from __future__ import annotations

from hmac import compare_digest

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from azdock.emulator import arm, errors, operations
from azdock.emulator.app import route
from azdock.emulator.clock import precise
from azdock.emulator.operations import Operation
from azdock.emulator.world import World

LOCATED = "/subscriptions/{sub}/providers/Microsoft.App/locations/{location}"


def routes(world: World) -> list[BaseRoute]:
    """Both URLs for each of the kinds."""

    async def status(request: Request) -> Response:
        operation = _find(world, request)
        shown = {
            "id": request.url.path,
            "name": operation.name,
            "status": operation.status,
            "startTime": precise(operation.started_ns),
        }
        if operation.error:
            shown["error"] = operation.error  # type: ignore[assignment]
        return arm.answer(shown, headers=operations.SOON)

    async def result(request: Request) -> Response:
        operation = _find(world, request)
        if operation.status == "InProgress":
            headers = operations.result_header(world, request, operation, request.path_params["location"])
            return Response(status_code=202, headers=headers)
        if operation.error:
            raise errors.ArmError(409, operation.error["code"], operation.error["message"])
        final = operation.result(request)
        return Response(status_code=204) if final is None else arm.answer(final)

    return [
        made
        for kind in ("containerappsjob", "containerapp", "managedEnvironment")
        for made in (
            route(f"{LOCATED}/{kind}OperationStatuses/{{operation}}", status, ["GET"]),
            route(f"{LOCATED}/{kind}OperationResults/{{operation}}", result, ["GET"]),
        )
    ]


def _find(world: World, request: Request) -> Operation:
    operation = world.operations.get(request.path_params["operation"].lower())
    sealed = request.query_params.get("s", "")
    if operation is None or not compare_digest(sealed, operations.signature(world, operation)):
        raise errors.ArmError(404, "OperationNotFound", "The operation was not found, or its URL was changed.")
    return operation
