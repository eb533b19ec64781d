"""User-assigned identities, and the roles that are given to them. Nothing here checks a role: every token opens all.

Source: learn.microsoft.com/rest/api/managedidentity/user-assigned-identities and
learn.microsoft.com/rest/api/authorization/role-assignments
"""

from __future__ import annotations

import uuid
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from azdock.emulator import arm, errors
from azdock.emulator.app import route
from azdock.emulator.clock import precise
from azdock.emulator.services import jobs
from azdock.emulator.world import SUBSCRIPTION, TENANT, World

Document = dict[str, Any]
KIND = "Microsoft.ManagedIdentity/userAssignedIdentities"
ASSIGNMENTS = "Microsoft.Authorization/roleAssignments"
IN_SUBSCRIPTION = "/subscriptions/{sub}/providers/" + KIND
IN_GROUP = "/subscriptions/{sub}/resourceGroups/{group}/providers/" + KIND
ONE = IN_GROUP + "/{identity}"
AT = "/{scope:path}/providers/" + ASSIGNMENTS


def routes(world: World) -> list[BaseRoute]:
    """PUT, PATCH (tags), GET, DELETE and lists of identities; the same of assignments at any scope."""

    async def in_group(request: Request) -> Response:
        return arm.page(world, request, world.store.under(arm.place(world, request).prefix, KIND), view)

    async def in_subscription(request: Request) -> Response:
        return arm.page(world, request, world.store.under(f"/subscriptions/{SUBSCRIPTION}", KIND), view)

    async def get(request: Request) -> Response:
        return arm.answer(view(_find(world, request)))

    async def put(request: Request) -> Response:
        given, place, name = await arm.body(request), arm.place(world, request), request.path_params["identity"]
        old = world.store.get(place.id(KIND, name))
        document = {
            "id": place.id(KIND, name),
            "name": name,
            "type": KIND,
            "location": arm.region(given.get("location"), KIND, place.location),
            "tags": jobs.tags(given.get("tags")),
            "principal": old["principal"] if old else str(uuid.uuid4()),
            "client": old["client"] if old else str(uuid.uuid4()),
        }
        world.store.put(document)
        return arm.answer(view(document), 200 if old else 201)

    async def patch(request: Request) -> Response:
        given, document = await arm.body(request), _find(world, request)
        document["tags"] = jobs.tags(given.get("tags"))
        world.store.changed()
        return arm.answer(view(document))

    async def delete(request: Request) -> Response:
        place, name = arm.place(world, request), request.path_params["identity"]
        known = world.store.get(place.id(KIND, name)) is not None
        world.store.delete(place.id(KIND, name))
        return Response(status_code=200 if known else 204)

    async def assign(request: Request) -> Response:
        document = _assignment(world, request, await arm.body(request))
        old = world.store.get(document["id"])
        if old is not None and old["properties"] != document["properties"]:
            raise errors.ArmError(409, "RoleAssignmentUpdateNotPermitted", "Tenant ID, application ID, principal ID, "
                                  "and scope are not allowed to be updated.")  # fmt: skip
        if _given(world, document):
            raise errors.ArmError(409, "RoleAssignmentExists", "The role assignment already exists.")
        world.store.put(document)
        return arm.answer(assignment_view(document), 200 if old else 201)

    async def assignment(request: Request) -> Response:
        document = world.store.get(_assignment_id(request))
        if document is None:
            name = request.path_params["assignment"]
            raise errors.ArmError(404, "RoleAssignmentNotFound", f"The role assignment '{name}' is not found.")
        return arm.answer(assignment_view(document))

    async def withdraw(request: Request) -> Response:
        document = world.store.get(_assignment_id(request))
        if document is None:
            return Response(status_code=204)
        world.store.delete(document["id"])
        return arm.answer(assignment_view(document))

    async def assignments(request: Request) -> Response:
        found = world.store.under(f"/{request.path_params['scope']}", ASSIGNMENTS)
        return arm.page(world, request, found, assignment_view)

    return [
        route(IN_SUBSCRIPTION, in_subscription, ["GET"]),
        route(IN_GROUP, in_group, ["GET"]),
        route(ONE, get, ["GET"]),
        route(ONE, put, ["PUT"]),
        route(ONE, patch, ["PATCH"]),
        route(ONE, delete, ["DELETE"]),
        route(AT, assignments, ["GET"]),
        route(AT + "/{assignment}", assign, ["PUT"]),
        route(AT + "/{assignment}", assignment, ["GET"]),
        route(AT + "/{assignment}", withdraw, ["DELETE"]),
    ]


def view(document: Document) -> Document:
    """An identity as Azure shows it."""
    shown = {key: document[key] for key in ("id", "name", "type", "location", "tags")}
    shown["properties"] = {
        "tenantId": TENANT,
        "principalId": document["principal"],
        "clientId": document["client"],
        "isolationScope": "None",
    }
    return shown


def assignment_view(document: Document) -> Document:
    """An assignment as Azure shows it."""
    when = precise(document["created"]) + "Z"
    properties = {
        **document["properties"],
        "scope": document["scope"],
        "condition": None,
        "conditionVersion": None,
        "createdOn": when,
        "updatedOn": when,
        "description": None,
    }
    return {"id": document["id"], "type": ASSIGNMENTS, "name": document["name"], "properties": properties}


def _assignment_id(request: Request) -> str:
    return f"/{request.path_params['scope']}/providers/{ASSIGNMENTS}/{request.path_params['assignment']}"


def _assignment(world: World, request: Request, given: Document) -> Document:
    """An assignment to store. Raises ArmError for a principal that nobody is, and for missing fields."""
    properties = given.get("properties") or {}
    for field in ("roleDefinitionId", "principalId"):
        if not properties.get(field):
            wrong = f"The request was incorrectly formatted: {field} is missing."
            raise errors.ArmError(400, "BadRequestFormat", wrong)
    principal = str(properties["principalId"])
    if all(one["principal"] != principal for one in world.store.under(f"/subscriptions/{SUBSCRIPTION}", KIND)):
        plain = principal.replace("-", "")
        raise errors.ArmError(
            400, "PrincipalNotFound", f"Principal {plain} does not exist in the directory {TENANT}."
        )
    scope = f"/{request.path_params['scope']}"
    if world.store.get(scope) is None and scope.lower() != f"/subscriptions/{SUBSCRIPTION}":
        kind, _, name = scope.rpartition("/")
        raise errors.no_resource(kind.rpartition("/providers/")[2], name, scope.split("/")[4] if "/" in kind else "")
    return {
        "id": _assignment_id(request),
        "name": request.path_params["assignment"],
        "type": ASSIGNMENTS,
        "location": "",
        "scope": scope,
        "properties": {
            "roleDefinitionId": str(properties["roleDefinitionId"]),
            "principalId": principal,
            "principalType": str(properties.get("principalType") or "ServicePrincipal"),
        },
        "created": world.clock.now_ns(),
    }


def _given(world: World, document: Document) -> bool:
    """Whether the same role is given to the same principal in the same scope under another name."""
    return any(
        one["id"].lower() != document["id"].lower() and one["properties"] == document["properties"]
        for one in world.store.under(document["scope"], ASSIGNMENTS)
        if one["scope"].lower() == document["scope"].lower()
    )


def _find(world: World, request: Request) -> Document:
    place, name = arm.place(world, request), request.path_params["identity"]
    document = world.store.get(place.id(KIND, name))
    if document is None:
        raise errors.no_resource(KIND, name, place.group)
    return document
