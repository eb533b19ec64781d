"""Who is let in, and how the resource manager answers: tokens, hosts, versions, headers, cases, errors."""

from __future__ import annotations

import socket

import httpx
import pytest

from tests.contract.emulator.conftest import Arm
from tests.support.emulator import GROUP, Emulator, job_body

JOBS = f"{GROUP}/providers/Microsoft.App/jobs?api-version=2026-07-01"


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({}, 401, "AuthenticationFailed"),
        ({"Authorization": "Bearer made-up"}, 401, "InvalidAuthenticationToken"),
        ({"Authorization": "Basic YTpi"}, 401, "InvalidAuthenticationToken"),
        ({"Host": "evil.example"}, 421, "MisdirectedRequest"),
        ({"Host": "localhost:1"}, 421, "MisdirectedRequest"),
        ({"Origin": "http://evil.example"}, 403, "OriginNotAllowed"),
        ({"Origin": "null"}, 403, "OriginNotAllowed"),
    ],
)
def test_strangers_are_refused(emulator: Emulator, headers: dict[str, str], status: int, code: str) -> None:
    """No token, a foreign token, Host or Origin: refused, in the resource manager's envelope."""
    answer = httpx.get(emulator.url + JOBS, headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


@pytest.mark.parametrize("path", ["/_azdock/status", "/_azdock/behaviour", "/v1/workspaces/x/query", "/nowhere"])
def test_every_route_needs_a_token(emulator: Emulator, path: str) -> None:
    """Routes that are not Azure's, and those that do not exist, are closed too."""
    assert httpx.get(emulator.url + path).status_code == 401


def test_a_socket_upgrade_without_token_is_refused_with_401(emulator: Emulator) -> None:
    """A WebSocket without a data-plane token gets an HTTP answer, not a connection."""
    path = f"{GROUP}/containerApps/j/revisions/e/replicas/r/containers/c/exec?command=sh"
    host, port = emulator.url.removeprefix("http://").split(":")
    request = (
        f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        f"Authorization: Bearer {emulator.token}\r\n\r\n"
    )
    with socket.create_connection((host, int(port)), timeout=5) as raw:
        raw.sendall(request.encode())
        assert raw.recv(4096).startswith(b"HTTP/1.1 401")


@pytest.mark.parametrize(
    ("client", "secret", "status"), [("azdock", None, 200), ("azdock", "wrong", 401), ("else", None, 401)]
)
def test_the_secret_buys_a_token(emulator: Emulator, client: str, secret: str | None, status: int) -> None:
    """The endpoint named by discovery gives a day's token for the right id and secret only."""
    found = httpx.get(f"{emulator.url}/adfs/.well-known/openid-configuration").json()
    form = {
        "grant_type": "client_credentials",
        "client_id": client,
        "client_secret": secret or emulator.world.auth.secret,
        "scope": "https://management.azure.com/.default",
    }
    answer = httpx.post(found["token_endpoint"], data=form)
    assert answer.status_code == status
    if status == 200:
        assert answer.json()["expires_in"] == 86400
        headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        assert httpx.get(emulator.url + JOBS, headers=headers).status_code == 200
    else:
        assert answer.json()["error"] == "invalid_client"


def test_cloud_metadata(emulator: Emulator) -> None:
    """The discovery document is one object, or a list of it for the old version; addresses are the request's own."""
    new = httpx.get(f"{emulator.url}/metadata/endpoints?api-version=2022-09-01").json()
    assert new["authentication"]["loginEndpoint"] == f"{emulator.url}/adfs"
    assert httpx.get(f"{emulator.url}/metadata/endpoints?api-version=2019-05-01").json() == [new]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "MissingApiVersionParameter"),
        ("?api-version=latest", "InvalidApiVersionParameter"),
        ("?api-version=2026-13-40", "InvalidApiVersionParameter"),
        ("?api-version=2021-02-03", "NoRegisteredProviderFound"),
        ("?api-version=2099-01-01", "NoRegisteredProviderFound"),
    ],
)
def test_api_versions_are_checked(arm: Arm, query: str, code: str) -> None:
    """A version that is missing, malformed or unknown is refused with Azure's code."""
    answer = arm.http.get(f"{arm.prefix}/jobs{query}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)


@pytest.mark.parametrize(
    "version", ["2022-10-01", "2023-11-02-preview", "2025-07-01", "2026-07-01", "2025-02-02-PREVIEW"]
)
def test_versions_that_clients_use_are_served(arm: Arm, version: str) -> None:
    """The Azure CLI, its extension and the SDKs ask with different versions in one command."""
    assert arm("GET", "jobs", version=version).status_code == 200


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        (f"{GROUP}x/providers/Microsoft.App/jobs", 404, "ResourceGroupNotFound"),
        ("/subscriptions/00000000-0000-0000-0000-000000000009/resourcegroups", 404, "SubscriptionNotFound"),
        (f"{GROUP}/providers/Microsoft.App/jobs/none", 404, "ResourceNotFound"),
        (f"{GROUP}/providers/Microsoft.App/jobs/none/executions", 404, "ResourceNotFound"),
        (f"{GROUP}/providers/Microsoft.App/sandboxes", 501, "NotImplemented"),
    ],
)
def test_what_is_not_there(arm: Arm, path: str, status: int, code: str) -> None:
    """Absent things have Azure's codes; routes that the emulator lacks say so."""
    answer = arm("GET", path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def test_headers_of_every_answer(arm: Arm) -> None:
    """Ids, rate limits and the provider's versions are on successes and on failures."""
    for path in ("jobs", "jobs/none"):
        headers = arm("GET", path, headers={"x-ms-correlation-request-id": "c-1"}).headers
        assert headers["x-ms-correlation-request-id"] == "c-1"
        assert headers["x-ms-request-id"] in headers["x-ms-routing-request-id"]
        assert headers["x-ms-routing-request-id"].startswith("WESTEUROPE:")
        assert "2026-07-01" in headers["api-supported-versions"]
        assert headers["x-ms-ratelimit-remaining-subscription-global-reads"] == "16499"
    started = arm("PUT", "jobs/one", job_body("true"))
    assert started.headers["x-ms-ratelimit-remaining-subscription-resource-requests"] == "499"


def test_paths_in_any_case_and_with_stray_slashes(arm: Arm) -> None:
    """Literal segments match in any case; repeated and trailing slashes do not count; names come back as created."""
    arm("PUT", "jobs/one", job_body("true"))
    sub, rg = GROUP.split("/")[2], "AZDOCK"
    path = f"//SUBSCRIPTIONS/{sub}/resourcegroups/{rg}/PROVIDERS/microsoft.app/Jobs//ONE/"
    answer = arm.http.get(f"{arm.emulator.url}{path}?api-version=2026-07-01")
    assert answer.status_code == 200
    assert answer.json()["id"] == f"{arm.prefix}/jobs/one"


def test_a_body_that_is_no_object(arm: Arm) -> None:
    """Broken JSON and other values than objects are InvalidRequestContent."""
    for raw in (b"{", b"[1]", b'"x"'):
        answer = arm("PUT", "jobs/one", content=raw)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "InvalidRequestContent")


def test_throttling_switch(arm: Arm) -> None:
    """As many ARM calls as asked for get 429 with Retry-After, the next one passes."""
    arm.http.patch("/_azdock/behaviour", json={"throttle": 2, "throttle_retry_after": 3})
    first = arm("GET", "jobs")
    assert (first.status_code, first.headers["retry-after"]) == (429, "3")
    assert [arm("GET", "jobs").status_code for _ in range(2)] == [429, 200]


def test_subscription_regions_providers(arm: Arm) -> None:
    """What the Azure CLI asks for on its way: subscriptions, regions and provider records."""
    sub = "/".join(GROUP.split("/")[:3])
    assert arm("GET", "/subscriptions").json()["value"][0]["state"] == "Enabled"
    assert arm("GET", f"{sub}/locations").json()["value"][0]["displayName"] == "West Europe"
    record = arm("GET", f"{sub}/providers/microsoft.app", version="2024-11-01").json()
    assert arm("POST", f"{sub}/providers/Microsoft.App/register", version="2024-11-01").json() == record
    assert record["registrationState"] == "Registered"
    assert {"jobs", "managedEnvironments"} <= {one["resourceType"] for one in record["resourceTypes"]}


def test_resource_groups(arm: Arm) -> None:
    """A group is created, seen, listed, and takes its resources along when it goes."""
    one = GROUP.replace("/azdock", "/other")
    assert arm("HEAD", one).status_code == 404
    assert arm("PUT", one, {"location": "West Europe", "tags": {"a": "b"}}).status_code == 201
    assert arm("HEAD", one).status_code == 204
    found = arm("GET", one.replace("resourceGroups", "resourcegroups")).json()
    assert (found["location"], found["tags"], found["properties"]) == (
        "westeurope",
        {"a": "b"},
        {"provisioningState": "Succeeded"},
    )
    job = f"{one}/providers/Microsoft.App/jobs/inside"
    assert arm("PUT", job, job_body("true")).status_code == 201
    listed = arm.http.get(
        f"{'/'.join(one.split('/')[:3])}/resources",
        params={"api-version": "2024-11-01", "$filter": "resourceGroup eq 'other'"},
    )
    assert [found["name"] for found in listed.json()["value"]] == ["inside"]
    gone = arm("DELETE", one)
    assert gone.status_code == 202
    assert arm.http.get(gone.headers["location"]).status_code == 200
    assert arm("GET", job).status_code == 404


def test_the_default_environment_logs_to_the_default_workspace(arm: Arm) -> None:
    """The environment that is there from the start is linked to a workspace whose id and keys can be read."""
    environment = arm("GET", "managedEnvironments/azdock-env").json()
    logs = environment["properties"]["appLogsConfiguration"]
    workspace = arm("GET", f"{GROUP}/providers/Microsoft.OperationalInsights/workspaces/azdock-logs").json()
    assert logs["destination"] == "log-analytics"
    assert logs["logAnalyticsConfiguration"]["customerId"] == workspace["properties"]["customerId"]
    keys = arm("POST", f"{GROUP}/providers/Microsoft.OperationalInsights/workspaces/azdock-logs/sharedKeys").json()
    assert keys["primarySharedKey"] != keys["secondarySharedKey"]


def test_environments_are_made_and_unmade(arm: Arm) -> None:
    """A PUT shows Waiting with the addresses filled in; the environment is then there, and can be deleted."""
    made = arm("PUT", "managedEnvironments/env2", {"location": "westeurope", "properties": {}})
    assert (made.status_code, made.json()["properties"]["provisioningState"]) == (201, "Waiting")
    assert made.json()["properties"]["defaultDomain"]
    assert arm.http.get(made.headers["azure-asyncoperation"]).json()["status"] == "Succeeded"
    assert arm("GET", "managedEnvironments/env2").json()["properties"]["provisioningState"] == "Succeeded"
    changed = arm("PATCH", "managedEnvironments/env2", {"tags": {"k": "v"}})
    assert arm.http.get(changed.headers["location"]).json()["tags"] == {"k": "v"}
    assert arm("DELETE", "managedEnvironments/env2").status_code == 202
    assert arm("DELETE", "managedEnvironments/env2").status_code == 204
