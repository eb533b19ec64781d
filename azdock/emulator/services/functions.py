"""The functions of container apps of kind functionapp, and the address at which the tool for their keys is run.

Sources: azure-rest-api-specs Microsoft.App 2026-07-01 and 2025-10-02-preview, ContainerAppsFunctions_List.json;
azure-cli, recording of test_containerapp_function_keys (2025)
"""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote_plus, urlsplit

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute

from azdock.emulator import apperrors, appkeys, appnames, arm, errors, functionshost
from azdock.emulator.app import route
from azdock.emulator.claims import names_app
from azdock.emulator.ingress_site import found_port
from azdock.emulator.runtimes.base import Container
from azdock.emulator.services import apps
from azdock.emulator.services.revisions import REVISION
from azdock.emulator.world import World

Document = dict[str, Any]
KIND = f"{apps.KIND}/functions"
DATA_APP = "/subscriptions/{subscription}/resourceGroups/{group}/containerApps/{name}"
DEBUG = DATA_APP + "/revisions/{revision}/replicas/{replica}/debug"
STATES = "2026"  # isDisabled alone was shown before


def routes(world: World) -> list[BaseRoute]:
    """Lists and single functions, of an app (its latest revision) and of a revision; the debug address."""

    async def listed(request: Request) -> Response:
        document, revision = _place(world, request)
        found = await functions_of(world, document, revision)
        return arm.page(world, request, found, lambda one: _view(world, document, revision, one, request))

    async def get(request: Request) -> Response:
        document, revision = _place(world, request)
        name = request.path_params["function"]
        for one in await functions_of(world, document, revision):
            if one["name"].lower() == name.lower():
                return arm.answer(_view(world, document, revision, one, request))
        raise errors.no_resource(KIND, f"{document['name']}/{name}", request.path_params["group"])

    async def debug(request: Request) -> Response:
        return await _debug(world, request)

    return [
        route(apps.APP + "/functions", listed, ["GET"]),
        route(apps.APP + "/functions/{function}", get, ["GET"]),
        route(REVISION + "/functions", listed, ["GET"]),
        route(REVISION + "/functions/{function}", get, ["GET"]),
        route(DEBUG, debug, ["GET"]),
    ]


def _place(world: World, request: Request) -> tuple[Document, Document]:
    """The app and the revision that a path means."""
    document = apps.find(world, request)
    name = request.path_params.get("revision") or document["latest"]
    found = document["revisions"].get(name.lower())
    if found is None:
        raise apperrors.no_revision(name)
    return document, found


async def functions_of(world: World, document: Document, revision: Document) -> list[Document]:
    """The functions of a revision as its host tells them; what it told last while none of its replicas runs."""
    if not appkeys.is_function_app(document):
        return []
    for container in _containers(world, document, revision["name"]):
        ingress = appnames.ingress(document) or {}
        found = await functionshost.functions(container, int(ingress.get("targetPort") or 0) or found_port(container))
        if found is not None:
            if revision.get("functions") != found:
                revision["functions"] = found
                world.store.changed()
            return found
    told: list[Document] = revision.get("functions") or []
    return told


def _containers(world: World, document: Document, revision: str) -> list[Container]:
    """The revision's running main containers."""
    template = document["revisions"][revision]["template"]
    main = template["containers"][0]["name"]
    named = [found for replica, found in world.running.containers.items() if replica.startswith(f"{revision}-")]
    return [found[main] for found in named if main in found]


def _view(world: World, document: Document, revision: Document, function: Document, request: Request) -> Document:
    in_revision = "revision" in request.path_params
    names = [document["name"], *([revision["name"]] if in_revision else []), function["name"]]
    path = f"{document['id']}/revisions/{revision['name']}" if in_revision else document["id"]
    disabled = bool(function.get("isDisabled"))
    properties: Document = {
        "invokeUrlTemplate": _url(world, document, function),
        "triggerType": functionshost.trigger(function).get("type", ""),
        "language": function.get("language") or "",
        "isDisabled": disabled,
    }
    if arm.api_version(request) >= STATES:
        properties["state"] = "Disabled" if disabled else "Enabled"
    kind = KIND.replace("/functions", "/revisions/functions") if in_revision else KIND
    function_id = f"{path}/functions/{function['name']}"
    return {"id": function_id, "name": "/".join(names), "type": kind, "properties": properties}


def _url(world: World, document: Document, function: Document) -> str:
    """Shown for functions of every trigger, as in the specification's example."""
    told = urlsplit(str(function.get("invoke_url_template") or "")).path
    return f"https://{appnames.app_fqdn(world, document)}{told or '/api/' + function['name']}"


async def _debug(world: World, request: Request) -> Response:
    """Run the tool for keys in a container, which here is done by what is stored of the app."""
    if not names_app(request):
        return PlainTextResponse("Unauthorized", 401)
    path = request.path_params
    document = world.store.get(f"{arm.group_id(path['group'])}/providers/{apps.KIND}/{path['name']}")
    revision = document["revisions"].get(path["revision"].lower()) if document is not None else None
    if document is None or revision is None or path["replica"] not in world.running.containers:
        return PlainTextResponse("Not Found", 404)
    names = [one["name"] for one in await functions_of(world, document, revision)]
    command = request.query_params.get("command", "")
    if command.startswith("%2F"):  # clients encode it twice, or once
        command = unquote_plus(command)
    try:
        if not appkeys.is_function_app(document):
            raise appkeys.BadCommand(f"the debug address serves apps of kind {appkeys.FUNCTION_APP} only.")
        output = appkeys.answer(world, document, names, command)
    except appkeys.BadCommand as refused:
        return arm.answer({"$id": "1", "output": "", "error": str(refused)}, 400)
    return arm.answer({"$id": "1", "output": output})
