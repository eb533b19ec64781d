"""Probes of a container: their ranges and canonical spelling.

Sources: azure-rest-api-specs Microsoft.App, ContainerAppProbe (2026-07-01); what the service itself says, as quoted in
microsoft/azure-container-apps issue 1100 and hashicorp/terraform-provider-azurerm issue 31980
"""

from __future__ import annotations

from typing import Any

from azdock.emulator import apperrors, errors

Document = dict[str, Any]
TYPES = {"liveness": "Liveness", "readiness": "Readiness", "startup": "Startup"}
SCHEMES = {"http": "HTTP", "https": "HTTPS"}
RANGES = {
    "initialDelaySeconds": (0, 60), "periodSeconds": (1, 240), "timeoutSeconds": (1, 240),
    "successThreshold": (1, 10), "terminationGracePeriodSeconds": (0, 3600),
}  # fmt: skip
# the specification says 10 for all, the service accepts these
FAILURES = {"Liveness": 30, "Readiness": 48, "Startup": 240}


def with_probes(container: Document) -> Document:
    """The container with its probes in canonical form. Raises ArmError."""
    given = container.get("probes")
    if not given:
        return {key: value for key, value in container.items() if key != "probes"}
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise errors.bad_template([(_path(container), "must be a list of objects")])
    probes = [_probe(one, container) for one in given]
    kinds = [one["type"] for one in probes]
    if twice := sorted({kind for kind in kinds if kinds.count(kind) > 1}):
        raise errors.bad_template([(_path(container), f"more than one probe of type {kind}") for kind in twice])
    return {**container, "probes": probes}


def _path(container: Document) -> str:
    return f"template.containers.{container['name']}.probes"


def _probe(given: Document, container: Document) -> Document:
    kind = TYPES.get(str(given.get("type", "")).lower())
    if kind is None:
        raise errors.bad_template([(_path(container), "type must be Liveness, Readiness or Startup")])
    ways = [key for key in ("httpGet", "tcpSocket") if isinstance(given.get(key), dict)]
    if len(ways) != 1:
        raise errors.bad_template([(_path(container), f"{kind}: exactly one of httpGet and tcpSocket is required")])
    way = dict(given[ways[0]])
    port = way.get("port")
    if isinstance(port, bool) or not isinstance(port, int) or not 1 <= port <= 65535:
        raise errors.bad_template([(_path(container), f"{kind}: port must be a number between 1 and 65535")])
    if ways[0] == "httpGet":
        _complete_http(way, kind, container)
    ranges = RANGES | {"failureThreshold": (1, FAILURES[kind])}
    if kind != "Readiness":
        ranges["successThreshold"] = (1, 1)
    numbers = {key: _number(given[key], key, ranges[key], kind, container) for key in ranges if key in given}
    return {"type": kind, ways[0]: way, **numbers}


def _complete_http(way: Document, kind: str, container: Document) -> None:
    scheme = way.get("scheme")
    if scheme is not None:
        if str(scheme).lower() not in SCHEMES:
            raise errors.bad_template([(_path(container), f"{kind}: scheme must be HTTP or HTTPS")])
        way["scheme"] = SCHEMES[str(scheme).lower()]
    path = way.get("path")
    if path is not None and not str(path).startswith("/"):
        raise errors.bad_template([(_path(container), f"{kind}: path must begin with /")])
    headers = way.get("httpHeaders") or []
    if any(not isinstance(one, dict) or not one.get("name") for one in headers):
        raise errors.bad_template([(_path(container), f"{kind}: every header needs a name")])


def _number(value: Any, key: str, allowed: tuple[int, int], kind: str, container: Document) -> int:
    least, most = allowed
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise apperrors.probe_out_of_range(container["name"], kind, key, least, most)
    return value
