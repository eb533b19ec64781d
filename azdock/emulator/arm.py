"""The resource manager's manners: versions, ids, scopes, lists, merge patches and the headers on every answer."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Scope

from azdock import wire
from azdock.emulator import errors
from azdock.emulator.world import LOCATION, SUBSCRIPTION, World

Document = dict[str, Any]
# azure-rest-api-specs, specification/app/resource-manager/Microsoft.App: folders stable and preview
APP_VERSIONS = (
    "2022-01-01-preview", "2022-03-01", "2022-06-01-preview", "2022-10-01", "2022-11-01-preview", "2023-04-01-preview",
    "2023-05-01", "2023-05-02-preview", "2023-08-01-preview", "2023-11-02-preview", "2024-02-02-preview", "2024-03-01",
    "2024-08-02-preview", "2024-10-02-preview", "2025-01-01", "2025-02-02-preview", "2025-07-01", "2025-10-02-preview",
    "2026-01-01", "2026-07-01",
)  # fmt: skip
OLDEST = date(2014, 1, 1)  # the resource manager's first api-versions
NEWEST = date(2026, 12, 31)
DATED = re.compile(r"^(\d{4}-\d{2}-\d{2})(-preview|-alpha|-beta|-privatepreview)?$", re.I)
# the provider's record and its registration are the resource manager's own, with versions of its own
APP_PATH = re.compile(r"/providers/microsoft\.app/(?!register$)[^/](?!.*/providers/microsoft\.insights/)", re.I)
PROVIDER = re.compile(r"/providers/([^/]+)(?:/([^/]+))?", re.I)
GROUPS = "Microsoft.Resources/resourceGroups"
REGIONS = {
    "westeurope": "West Europe", "northeurope": "North Europe", "eastus": "East US", "eastus2": "East US 2",
    "westus": "West US", "westus2": "West US 2", "westus3": "West US 3", "centralus": "Central US",
    "northcentralus": "North Central US", "southcentralus": "South Central US", "canadacentral": "Canada Central",
    "uksouth": "UK South", "francecentral": "France Central", "germanywestcentral": "Germany West Central",
    "swedencentral": "Sweden Central", "japaneast": "Japan East", "australiaeast": "Australia East",
    "southeastasia": "Southeast Asia", "brazilsouth": "Brazil South", "northcentralusstage": "North Central US (Stage)",
}  # fmt: skip


def is_managed(path: str) -> bool:
    """Whether a path belongs to the resource manager."""
    return path.lower().startswith(("/subscriptions", "/providers", "/tenants"))


def version(scope: Scope) -> str:
    """The request's api-version. Raises ArmError when it is missing, malformed or one that never existed."""
    query = {key.lower(): value for key, value in parse_qsl(scope["query_string"].decode("latin-1"), True)}
    given: str = query.get("api-version", "")
    if not given:
        raise errors.missing_api_version(APP_VERSIONS)
    match = DATED.match(given)
    try:
        day = date.fromisoformat(match[1]) if match else None
    except ValueError:
        day = None
    if day is None:
        raise errors.malformed_api_version(given)
    if (APP_PATH.search(scope["path"]) and given.lower() not in APP_VERSIONS) or not OLDEST <= day <= NEWEST:
        found = PROVIDER.search(scope["path"])
        namespace, kind = (found[1], found[2] or "") if found else ("Microsoft.Resources", "")
        raise errors.unknown_api_version(namespace, kind, given, APP_VERSIONS)
    return given.lower()


def check_subscription(path: str) -> None:
    """Raise ArmError unless the path names the one subscription there is, or none."""
    parts = path.split("/")
    if len(parts) > 2 and parts[1].lower() == "subscriptions" and parts[2].lower() != SUBSCRIPTION:
        raise errors.no_subscription(parts[2])


def stamps(scope: Scope, request_id: str, now_ns: int) -> list[tuple[bytes, bytes]]:
    """Headers of every answer: ids, rate limits as recorded in 2025, and the provider's versions."""
    headers = dict(scope["headers"])
    correlation = headers.get(wire.CORRELATION_ID.encode(), b"").decode("latin-1") or request_id
    stamp = datetime.fromtimestamp(now_ns // 10**9, UTC).strftime("%Y%m%dT%H%M%SZ")
    added = {
        wire.REQUEST_ID: request_id,
        wire.CORRELATION_ID: correlation,
        "x-ms-routing-request-id": f"{LOCATION.upper()}:{stamp}:{request_id}",
        "cache-control": "no-cache",
    }
    if client := headers.get(wire.CLIENT_REQUEST_ID.encode()):
        added[wire.CLIENT_REQUEST_ID] = client.decode("latin-1")
    path, method = scope["path"], scope.get("method", "GET")
    if APP_PATH.search(path):
        added["api-supported-versions"] = ", ".join(APP_VERSIONS)
    if method == "PUT" and APP_PATH.search(path):
        added["x-ms-ratelimit-remaining-subscription-resource-requests"] = "499"
    elif is_managed(path):
        kind = {"GET": "reads", "HEAD": "reads", "DELETE": "deletes"}.get(method, "writes")
        added[f"x-ms-ratelimit-remaining-subscription-global-{kind}"] = "16499" if kind == "reads" else "11999"
        if kind != "reads":
            added[f"x-ms-ratelimit-remaining-subscription-{kind}"] = "799"
    return [(key.encode(), value.encode("latin-1")) for key, value in added.items()]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request happens: a resource group that exists, and the prefix of ids in it."""

    group: str
    prefix: str  # /subscriptions/S/resourceGroups/G
    location: str

    def id(self, kind: str, name: str) -> str:
        """The id of a resource; `kind` is Microsoft.App/jobs and the like."""
        return f"{self.prefix}/providers/{kind}/{name}"


def place(world: World, request: Request) -> Place:
    """The resource group of the path, spelled as it was created. Raises ArmError when there is none."""
    group = request.path_params["group"]
    document = world.store.get(group_id(group))
    if document is None:
        raise errors.no_group(group)
    return Place(document["name"], document["id"], document["location"])


def group_id(group: str) -> str:
    """The id of a resource group."""
    return f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{group}"


def base(request: Request) -> str:
    """scheme://host of this request: absolute URLs lead back the way the client came."""
    return f"{request.url.scheme}://{request.headers['host']}"


def api_version(request: Request) -> str:
    """The request's checked api-version."""
    found: str = request.scope["azdock.version"]
    return found


def answer(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON answer with the content type that Azure writes."""
    return JSONResponse(body, status, headers, media_type="application/json; charset=utf-8")


async def body(request: Request) -> Document:
    """The request's JSON object, without its null members; {} when there is no body. Raises ArmError."""
    raw = await request.body()
    if not raw or raw == b"null":
        return {}
    try:
        parsed = json.loads(raw)
    except ValueError as broken:
        raise errors.bad_content(str(broken)) from broken
    if not isinstance(parsed, dict):
        raise errors.bad_content("an object is expected.")
    return parsed


def without_nulls(value: Any) -> Any:
    """The value without null members of objects, at any depth: Azure's clients fill bodies with them."""
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [without_nulls(item) for item in value]
    return value


def merged(old: Any, patch: Any) -> Any:
    """JSON merge patch: objects merge, arrays and scalars replace, null removes. Source: RFC 7386."""
    if not isinstance(patch, dict):
        return patch
    result = dict(old) if isinstance(old, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


def page(
    world: World, request: Request, documents: Iterable[Document], render: Callable[[Document], Document]
) -> Response:
    """A list answer; with `page_size` set, a part of it and a nextLink to the rest."""
    found, size = list(documents), world.behaviour.page_size
    if size <= 0:
        return answer({"value": [render(one) for one in found]})
    start = int(request.query_params.get("$skipToken", "0"))
    shown = {"value": [render(one) for one in found[start : start + size]]}
    if start + size < len(found):
        query = urlencode({"api-version": api_version(request), "$skipToken": start + size})
        shown["nextLink"] = f"{base(request)}{request.url.path}?{query}"  # type: ignore[assignment]
    return answer(shown)


def region(given: Any, kind: str, group_region: str = "") -> str:
    """A region's short name from either spelling. Raises ArmError for one that does not exist.

    Azure insists on a location; here a resource without one takes its group's (`group_region`).
    """
    given = given or group_region
    short = re.sub(r"[\s()]", "", str(given or "")).lower()
    if short not in REGIONS:
        raise errors.no_location(str(given), kind)
    return short
