"""An app's ingress as Azure accepts it. Pure; what depends on the environment is looked at elsewhere.

Sources: learn.microsoft.com/azure/container-apps/ingress-overview; azure-rest-api-specs Microsoft.App, Ingress
(2026-07-01); microsoft/azure-container-apps issue 1558 (ports 80 and 443 are always taken)
"""

from __future__ import annotations

from typing import Any

from azdock.emulator import apperrors, errors

Document = dict[str, Any]
TRANSPORTS = {"auto": "Auto", "http": "Http", "http2": "Http2", "tcp": "Tcp"}
AFFINITIES = ("sticky", "none")
CLIENT_CERTIFICATES = ("ignore", "accept", "require")
HTTP_PORTS = (80, 443)  # belong to the environment's own HTTP ingress
MOST_ADDITIONAL = 5
ALL_TO_LATEST = {"weight": 100, "latestRevision": True}
KEPT = ("customDomains", "ipSecurityRestrictions", "corsPolicy")


def ingress(given: Any, mode: str) -> Document:
    """The ingress to store: external, targetPort (0: found out), exposedPort (0 for HTTP), transport, traffic,
    allowInsecure, and what else was given. `mode` is activeRevisionsMode. Raises ArmError."""
    if not isinstance(given, dict):
        raise errors.bad_content("'configuration.ingress' must be an object.")
    transport = TRANSPORTS.get(str(given.get("transport") or "auto").lower())
    if transport is None:
        raise apperrors.bad_ingress("", f"transport must be one of {', '.join(TRANSPORTS)}.")
    tcp = transport == "Tcp"
    target = _port(given, "targetPort", default=0)
    if tcp and not target:
        raise apperrors.bad_ingress("", "targetPort is required for TCP ingress.")
    stored: Document = {
        "external": bool(given.get("external", False)),
        "targetPort": target,
        "exposedPort": _exposed(given, target) if tcp else 0,
        "transport": transport,
        "traffic": _traffic(given.get("traffic") or [], mode),
        "allowInsecure": bool(given.get("allowInsecure", False)),
    }
    if not tcp and given.get("exposedPort"):
        raise apperrors.bad_ingress("", "exposedPort can only be set for tcp transport.")
    stored |= {key: given[key] for key in KEPT if given.get(key)}
    if tcp and stored.get("customDomains"):
        raise apperrors.bad_ingress("CustomDomainForTcpApp", "Custom domains can only be set for http transport.")
    if tcp and stored.get("corsPolicy"):
        raise apperrors.bad_ingress("CORSPolicyForTcpApp", "CORS policy can only be set for http transport.")
    _add_restricted(stored, given, mode)
    if additional := _additional(given.get("additionalPortMappings") or [], stored):
        stored["additionalPortMappings"] = additional
    return stored


def _add_restricted(stored: Document, given: Document, mode: str) -> None:
    """Sticky sessions, client certificates and address rules, each with the rule that it has."""
    if sticky := given.get("stickySessions"):
        affinity = str(sticky.get("affinity", "none")).lower()
        if affinity not in AFFINITIES:
            raise apperrors.bad_ingress("", "stickySessions.affinity must be sticky or none.")
        if affinity == "sticky" and mode != "Single":
            text = "Sticky sessions can only be used in single revision mode."
            raise apperrors.bad_ingress("StickySessionRevisionMode", text)
        stored["stickySessions"] = {"affinity": affinity}
    if certificates := given.get("clientCertificateMode"):
        if str(certificates).lower() not in CLIENT_CERTIFICATES:
            raise apperrors.bad_ingress("", f"clientCertificateMode must be one of {', '.join(CLIENT_CERTIFICATES)}.")
        stored["clientCertificateMode"] = str(certificates).lower()
    actions = {str(rule.get("action", "")).lower() for rule in stored.get("ipSecurityRestrictions", [])}
    if len(actions) > 1 or actions - {"allow", "deny"}:
        raise apperrors.bad_ingress("", "the actions of ipSecurityRestrictions must be all Allow or all Deny.")
    cors = stored.get("corsPolicy")
    if cors is not None and not cors.get("allowedOrigins"):
        raise apperrors.bad_ingress("", "corsPolicy.allowedOrigins is required.")


def _port(given: Document, key: str, default: int | None = None) -> int:
    value = given.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 65535:
        raise apperrors.bad_ingress("", f"{key} must be a number between 1 and 65535.")
    return value


def _exposed(given: Document, target: int) -> int:
    port = _port(given, "exposedPort", default=0) or target
    if port in HTTP_PORTS:
        raise apperrors.port_taken(port)
    return port


def _traffic(given: Any, mode: str) -> list[Document]:
    weights = [_weight(one) for one in given] or [dict(ALL_TO_LATEST)]
    if sum(one["weight"] for one in weights) != 100:
        raise apperrors.bad_traffic("the weights of all revisions must add up to 100.")
    if sum("latestRevision" in one for one in weights) > 1:
        raise apperrors.bad_traffic("latestRevision can be set once.")
    if mode == "Single" and any("revisionName" in one for one in weights):
        return [dict(ALL_TO_LATEST)]  # nothing to split: the mode was changed back
    return weights


def _weight(given: Any) -> Document:
    """One entry; the CLI sends numbers as text too."""
    if not isinstance(given, dict):
        raise apperrors.bad_traffic("every entry must be an object.")
    text = str(given.get("weight", 0))
    if not text.isdecimal() or int(text) > 100:
        raise apperrors.bad_traffic(f"weight '{text}' must be a whole number between 0 and 100.")
    stored: Document = {"weight": int(text)}
    if given.get("latestRevision"):
        stored["latestRevision"] = True
    elif given.get("revisionName"):
        stored = {"revisionName": given["revisionName"], **stored}
    else:
        raise apperrors.bad_traffic("every entry needs a revisionName or latestRevision.")
    return stored | ({"label": given["label"]} if given.get("label") else {})


def _additional(given: list[Any], main: Document) -> list[Document]:
    kind = "AdditionalPortMappings"
    if len(given) > MOST_ADDITIONAL:
        raise apperrors.bad_ingress(kind, f"at most {MOST_ADDITIONAL} additional ports can be mapped.")
    made = []
    for one in given:
        target = _port(one, "targetPort")
        if not target:
            raise apperrors.bad_ingress(kind, "targetPort must be a number between 1 and 65535.")
        stored = {"external": bool(one.get("external")), "targetPort": target, "exposedPort": _exposed(one, target)}
        if stored["external"] and not main["external"]:
            raise apperrors.bad_ingress(kind, "an additional port can be external only if the ingress is.")
        made.append(stored)
    ports = [one["exposedPort"] for one in (*made, main) if one["exposedPort"]]
    if twice := sorted({port for port in ports if ports.count(port) > 1}):
        raise apperrors.bad_ingress(kind, f"exposedPort {twice[0]} is given more than once.")
    return made
