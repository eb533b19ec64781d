"""Azure's SDKs, unmodified, through a job's whole life: management, data plane and log query, on both ports."""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ResourceNotFoundError
from azure.core.pipeline import PipelineRequest
from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.core.rest import HttpRequest
from azure.mgmt.appcontainers import ContainerAppsAPIClient
from azure.mgmt.appcontainers import models as m
from azure.monitor.query import LogsQueryClient

from azdock.emulator.world import RESOURCE_GROUP, SUBSCRIPTION, WORKSPACE
from tests.support.emulator import ENVIRONMENT_ID, Emulator

STREAM_VERSION = "2023-11-02-preview"
T = TypeVar("T")


class Token(SansIOHTTPPolicy[Any, Any]):
    """Sets the token on plain http, which the SDK's own policy refuses."""

    def __init__(self, token: str) -> None:
        self._header = f"Bearer {token}"

    def on_request(self, request: PipelineRequest[Any]) -> None:
        request.http_request.headers["Authorization"] = self._header


class Static:
    """A credential with the emulator's token."""

    def __init__(self, token: str) -> None:
        self._token = token

    def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        return AccessToken(self._token, int(time.time()) + 3600)


class Clients:
    """Both SDK clients and an HTTP client for the data plane, over one of the emulator's ports."""

    def __init__(self, emulator: Emulator, secure: bool) -> None:
        base = emulator.tls_url if secure else emulator.url
        trust = str(emulator.home / "tls" / "ca.pem")
        options: dict[str, Any] = (
            {"connection_verify": trust} if secure else {"authentication_policy": Token(emulator.token)}
        )
        self.apps = ContainerAppsAPIClient(Static(emulator.token), SUBSCRIPTION, base_url=base, **options)
        self.logs = LogsQueryClient(Static(emulator.token), endpoint=base, **options)
        self.http = httpx.Client(verify=ssl.create_default_context(cafile=trust) if secure else False, timeout=20)
        self.base, self.secure = base, secure

    def close(self) -> None:
        self.apps.close()
        self.logs.close()
        self.http.close()

    def preview(self, method: str, path: str) -> Any:
        """A call that the stable version does not have, sent through the SDK's own pipeline."""
        url = f"{ENVIRONMENT_ID.partition('/managedEnvironments')[0]}/{path}?api-version={STREAM_VERSION}"
        answer = self.apps._client.send_request(HttpRequest(method, self.base + url))
        answer.raise_for_status()
        return answer.json()


@pytest.fixture(params=[False, True], ids=["http", "tls"])
def clients(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Clients]:
    emulator = Emulator(tmp_path, tls=request.param).start()
    try:
        made = Clients(emulator, request.param)
        yield made
        made.close()
    finally:
        emulator.stop()


def eventually(look: Callable[[], T | None]) -> T:
    """The first answer that is not empty, within ten seconds."""
    end = time.monotonic() + 10
    while not (found := look()):
        assert time.monotonic() < end
        time.sleep(0.02)
    return found


def test_a_jobs_whole_life(clients: Clients) -> None:
    """create, start, list, replicas, token, log stream, stop, get execution, log query, delete."""
    jobs = clients.apps.jobs
    made = jobs.begin_create_or_update(RESOURCE_GROUP, "strange", job()).result()
    assert made.properties.provisioning_state == "Succeeded"
    run = jobs.begin_start(RESOURCE_GROUP, "strange").result().name
    assert [one.name for one in jobs.list_by_resource_group(RESOURCE_GROUP)] == ["strange"]
    assert [one.name for one in clients.apps.jobs_executions.list(RESOURCE_GROUP, "strange")] == [run]

    replica = eventually(lambda: running_replica(clients, run))
    assert stream(clients, replica)[-1] == "F hello"

    jobs.begin_stop_execution(RESOURCE_GROUP, "strange", run).result()
    stopped = eventually(lambda: ended(clients, run))
    assert stopped.properties.status == "Stopped"
    assert stopped.properties.detailed_status.replicas[0].containers[0].code == 143

    query = f"ContainerAppConsoleLogs_CL | where ContainerGroupName_s startswith_cs '{run}-' | project Stream_s, Log_s"
    answer = clients.logs.query_workspace(WORKSPACE, query, timespan=timedelta(hours=1))
    assert [list(row) for row in answer.tables[0].rows] == [["stdout", "hello"]]

    jobs.begin_delete(RESOURCE_GROUP, "strange").result()
    with pytest.raises(ResourceNotFoundError):
        jobs.get(RESOURCE_GROUP, "strange")


def job() -> m.Job:
    """A job that says hello and waits."""
    container = m.Container(
        name="main",
        image="work/tool:1",
        command=["sh", "-c", "echo hello; exec sleep 60"],
        resources=m.ContainerResources(cpu=0.25, memory="0.5Gi"),
    )
    configuration = m.JobConfiguration(trigger_type="Manual", replica_timeout=60, replica_retry_limit=0)
    properties = m.JobProperties(
        environment_id=ENVIRONMENT_ID, configuration=configuration, template=m.JobTemplate(containers=[container])
    )
    return m.Job(location="westeurope", properties=properties)


def running_replica(clients: Clients, run: str) -> Any:
    """The replica's container once it has a log endpoint."""
    found = clients.preview("GET", f"jobs/strange/executions/{run}/replicas")["value"]
    containers = found[0]["properties"]["containers"] if found else []
    return containers[0] if containers and containers[0].get("logStreamEndpoint") else None


def stream(clients: Clients, container: Any) -> list[str]:
    """What the log stream shows of a container until its first payload line."""
    token = clients.preview("POST", "jobs/strange/getAuthToken")["properties"]["token"]
    url, seen = container["logStreamEndpoint"], []
    assert url.startswith("https://" if clients.secure else "http://")
    with clients.http.stream(
        "GET", url, params={"follow": "true", "output": "json"}, headers={"Authorization": f"Bearer {token}"}
    ) as answer:
        assert answer.status_code == 200
        for line in answer.iter_lines():
            seen.append(json.loads(line)["Log"])
            if len(seen) == 3:
                break
    return seen


def ended(clients: Clients, run: str) -> Any:
    """The execution once its container's code is known."""
    found = clients.apps.job_execution(RESOURCE_GROUP, "strange", run)
    replicas = found.properties.detailed_status.replicas if found.properties.detailed_status else []
    return found if replicas and replicas[0].containers[0].code != -1 else None
