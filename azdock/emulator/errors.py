"""One function per error of the resource manager and of Microsoft.App; codes are Azure's, texts worded after it.

Source: learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from typing import Any

# A claims challenge: clients of Microsoft's libraries then ask for a new token past their caches, as a token bought
# before the emulator's last start is of no use. Source: learn.microsoft.com/entra/identity-platform/claims-challenge
CLAIMS = base64.b64encode(b'{"access_token":{"nbf":{"essential":true,"value":"1700000000"}}}').decode()
CHALLENGE = f'Bearer authorization_uri="/adfs", error="insufficient_claims", claims="{CLAIMS}"'


class ArmError(Exception):
    """An answer other than success; `headers` are added to the response."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})

    @property
    def body(self) -> dict[str, Any]:
        """The resource manager's envelope."""
        return {"error": {"code": self.code, "message": self.message}}


def missing_token() -> ArmError:
    """No Authorization header."""
    return ArmError(
        401,
        "AuthenticationFailed",
        "Authentication failed. The 'Authorization' header is missing.",
        {"WWW-Authenticate": 'Bearer authorization_uri="/adfs", error="invalid_token"'},
    )


def bad_token(expired: bool = False) -> ArmError:
    """A bearer token that was not issued here, or one that has expired."""
    code = "ExpiredAuthenticationToken" if expired else "InvalidAuthenticationToken"
    text = "The access token has expired." if expired else "The access token is invalid."
    return ArmError(401, code, text, {"WWW-Authenticate": CHALLENGE})


def foreign_host(host: str) -> ArmError:
    """A Host header that is not this server's: somebody else's name was made to point here."""
    return ArmError(421, "MisdirectedRequest", f"This server does not answer for the host '{host}'.")


def foreign_origin(origin: str) -> ArmError:
    """A web page of another origin."""
    return ArmError(403, "OriginNotAllowed", f"Requests from the origin '{origin}' are not allowed.")


def not_implemented(method: str, path: str) -> ArmError:
    """A route that this Azure does not have."""
    return ArmError(501, "NotImplemented", f"The embedded Azure does not serve {method} {path}")


def missing_api_version(supported: Iterable[str]) -> ArmError:
    """No api-version in the query."""
    return ArmError(
        400,
        "MissingApiVersionParameter",
        "The api-version query parameter (?api-version=) is required for all requests. "
        f"The supported api-versions are '{', '.join(supported)}'.",
    )


def malformed_api_version(version: str) -> ArmError:
    """An api-version that is not a date with an optional suffix."""
    return ArmError(
        400,
        "InvalidApiVersionParameter",
        f"The api-version '{version}' is invalid. The version should be in the format 'yyyy-MM-dd' "
        "with an optional '-preview' suffix.",
    )


def unknown_api_version(namespace: str, kind: str, version: str, supported: Iterable[str]) -> ArmError:
    """A well-formed api-version that the provider has never had."""
    return ArmError(
        400,
        "NoRegisteredProviderFound",
        f"No registered resource provider found for API version '{version}' for type '{kind}' of namespace "
        f"'{namespace}'. The supported api-versions are '{', '.join(supported)}'.",
    )


def bad_content(message: str) -> ArmError:
    """A request body that cannot be understood."""
    return ArmError(400, "InvalidRequestContent", f"The request content was invalid: {message}")


def no_subscription(subscription: str) -> ArmError:
    """A subscription that does not exist."""
    return ArmError(404, "SubscriptionNotFound", f"The subscription '{subscription}' could not be found.")


def no_group(group: str) -> ArmError:
    """A resource group that does not exist."""
    return ArmError(404, "ResourceGroupNotFound", f"Resource group '{group}' could not be found.")


def no_resource(kind: str, name: str, group: str) -> ArmError:
    """A resource that does not exist; `kind` is Microsoft.App/jobs and the like."""
    return ArmError(
        404,
        "ResourceNotFound",
        f"The Resource '{kind}/{name}' under resource group '{group}' was not found. "
        "For more details please go to https://aka.ms/ARMResourceNotFoundFix",
    )


def no_location(location: str, kind: str) -> ArmError:
    """A region that does not exist or does not have the type."""
    return ArmError(
        400,
        "LocationNotAvailableForResourceType",
        f"The provided location '{location}' is not available for resource type '{kind}'.",
    )


def bad_name(name: str) -> ArmError:
    """A job's name that breaks the rules; Azure uses the app's code for jobs too."""
    return ArmError(
        400,
        "ContainerAppInvalidName",
        f"Invalid ContainerApp name '{name}'. A name must consist of lower case alphanumeric characters or '-', start "
        "with a letter, end with an alphanumeric character, cannot have '--', and must be 2 to 32 characters long.",
    )


def bad_environment_id(value: str) -> ArmError:
    """An environmentId that is not a resource id."""
    return ArmError(
        400,
        "LinkedInvalidPropertyId",
        f"Property id '{value}' at path 'properties.environmentId' is invalid. Expect fully qualified resource Id that "
        "start with '/subscriptions/{subscriptionId}' or '/providers/{resourceProviderNamespace}/'.",
    )


def bad_template(fields: Iterable[tuple[str, str]]) -> ArmError:
    """Fields of a container template that Azure refuses: pairs of path and reason."""
    told = " ".join(f"Field '{path}' is invalid with details: '{reason}';." for path, reason in fields)
    return ArmError(
        400,
        "InvalidParameterValueInContainerTemplate",
        f"The following field(s) are either invalid or missing. {told}",
    )


def bad_total(cpu: str, memory: str, allowed: Iterable[tuple[str, str]]) -> ArmError:
    """A sum of CPU and memory that is no allowed pair."""
    pairs = "; ".join(f"[cpu: {c}, memory: {m}]" for c, m in allowed)
    return ArmError(
        400,
        "ContainerAppInvalidResourceTotal",
        f"The total requested CPU and memory resources for this application (CPU: {cpu}, memory: {memory}) is invalid. "
        f"Total CPU and memory for all containers defined in a Container App must add up to one of the following CPU "
        f"- Memory combinations: {pairs}",
    )


def no_secret(secret: str, owner: str) -> ArmError:
    """A secretRef without its secret."""
    return ArmError(400, "ContainerAppSecretRefNotFound", f"SecretRef '{secret}' defined for {owner} not found.")


def busy(name: str) -> ArmError:
    """A write while another one is still being carried out."""
    return ArmError(
        409,
        "ContainerAppOperationInProgress",
        f"Cannot modify '{name}' because another operation is in progress. Please retry later.",
    )


def suspended(name: str) -> ArmError:
    """A start of a suspended job. What Azure answers here is not published; the code is the emulator's own."""
    return ArmError(409, "JobSuspended", f"The job '{name}' is suspended. Resume it before starting an execution.")


def throttled(seconds: float) -> ArmError:
    """Too many requests; `seconds` until it makes sense to try again."""
    headers = {"Retry-After": str(max(1, round(seconds)))}
    if seconds < 1:
        headers["x-ms-retry-after-ms"] = str(round(seconds * 1000))
    return ArmError(429, "TooManyRequests", "The request is being throttled. Please try after a while.", headers)


def internal(request_id: str) -> ArmError:
    """A bug of the emulator; the traceback is in its log."""
    return ArmError(500, "InternalServerError", f"The embedded Azure failed; see its log for request {request_id}.")


def bad_request(message: str) -> ArmError:
    """Azure Monitor's answer to parameters it cannot use."""
    return ArmError(400, "BadRequest", message)
