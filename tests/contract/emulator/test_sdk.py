"""The official SDK, unmodified, over plain HTTP and over TLS."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.core.pipeline import PipelineRequest
from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.identity import ClientSecretCredential
from azure.mgmt.appcontainers import ContainerAppsAPIClient
from azure.mgmt.appcontainers import models as m

from azdock.emulator.world import SUBSCRIPTION
from tests.support.emulator import ENVIRONMENT_ID, Emulator


class _Header(SansIOHTTPPolicy[Any, Any]):
    """The SDK's own policy refuses bearer tokens over plain HTTP."""

    def __init__(self, token: str) -> None:
        self.token = token

    def on_request(self, request: PipelineRequest[Any]) -> None:
        request.http_request.headers["Authorization"] = f"Bearer {self.token}"


class _Static:
    def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        return AccessToken("unused", int(time.time()) + 3600)


@pytest.fixture
def sdk(emulator: Emulator) -> Iterator[ContainerAppsAPIClient]:
    """A client over plain HTTP with its default polling: 30 s a turn unless the server says otherwise."""
    with ContainerAppsAPIClient(
        _Static(),
        SUBSCRIPTION,
        base_url=emulator.url,
        authentication_policy=_Header(emulator.token),
    ) as client:
        yield client


def _job(*command: str) -> m.Job:
    return m.Job(
        location="westeurope",
        tags={"k": "v"},
        properties=m.JobProperties(
            environment_id=ENVIRONMENT_ID,
            configuration=m.JobConfiguration(trigger_type="Manual", replica_timeout=60, replica_retry_limit=0),
            template=m.JobTemplate(
                containers=[
                    m.Container(
                        name="main",
                        image="work/tool:1",
                        command=list(command),
                        resources=m.ContainerResources(cpu=0.25, memory="0.5Gi"),
                    )
                ]
            ),
        ),
    )


def _life(client: Any) -> None:
    """A job from its creation to its end."""
    made = client.jobs.begin_create_or_update("azdock", "job", _job("sh", "-c", "exit 7")).result()
    assert made.properties.provisioning_state == "Succeeded" and made.tags == {"k": "v"}
    begun = client.jobs.begin_start("azdock", "job").result()
    end = time.monotonic() + 10
    while (run := client.job_execution("azdock", "job", begun.name)).properties.status == "Running":
        assert time.monotonic() < end
        time.sleep(0.02)
    assert run.properties.detailed_status.replicas[0].containers[0].code == 7
    assert [one.name for one in client.jobs_executions.list("azdock", "job")] == [begun.name]
    client.jobs.begin_update("azdock", "job", m.JobPatchProperties(tags={"k": "w"})).result()
    assert client.jobs.get("azdock", "job").tags == {"k": "w"}
    assert [one.name for one in client.jobs.list_by_subscription()] == ["job"]
    client.jobs.begin_stop_execution("azdock", "job", begun.name).result()
    client.jobs.begin_stop_multiple_executions("azdock", "job").result()
    client.jobs.begin_delete("azdock", "job").result()
    with pytest.raises(ResourceNotFoundError):
        client.jobs.get("azdock", "job")


def test_a_jobs_life(sdk: Any) -> None:
    """Create, start, get, list, change, stop and delete, and none of it sleeps the SDK's default 30 s."""
    start = time.monotonic()
    _life(sdk)
    assert time.monotonic() - start < 10


def test_polling_a_slow_creation(sdk: Any, emulator: Emulator) -> None:
    """The SDK waits for a slow operation by its status URL and notices a failed one."""
    emulator.world.behaviour.provisioning = 0.3
    start = time.monotonic()
    assert sdk.jobs.begin_create_or_update("azdock", "job", _job("true")).result().name == "job"
    assert 0.3 < time.monotonic() - start < 5
    emulator.world.behaviour.fail_operations = 1
    with pytest.raises(HttpResponseError, match="ContainerAppOperationError"):
        sdk.jobs.begin_create_or_update("azdock", "job", _job("true")).result()


def test_secrets_environments_and_overrides(sdk: Any) -> None:
    """The rest of what a job needs: its environment, its secrets, an override of its template."""
    assert sdk.managed_environments.get("azdock", "azdock-env").properties.provisioning_state == "Succeeded"
    job: Any = _job("true")
    job.properties.configuration.secrets = [m.Secret(name="s", value="v")]
    sdk.jobs.begin_create_or_update("azdock", "job", job).result()
    assert [(one.name, one.value) for one in sdk.jobs.list_secrets("azdock", "job").value] == [("s", "v")]
    template = m.JobExecutionTemplate(
        containers=[m.JobExecutionContainer(name="main", image="work/tool:2", command=["true"])]
    )
    begun = sdk.jobs.begin_start("azdock", "job", template).result()
    shown = sdk.job_execution("azdock", "job", begun.name).properties.template
    assert shown.containers[0].image == "work/tool:2"


def test_throttled_calls_are_tried_again(sdk: Any, emulator: Emulator) -> None:
    """The SDK obeys the 429's headers and gets through."""
    emulator.world.behaviour.throttle = 2
    emulator.world.behaviour.throttle_retry_after = 0.05
    assert list(sdk.jobs.list_by_resource_group("azdock")) == []


def test_over_tls_with_the_sdks_own_login(tmp_path: Path) -> None:
    """With the emulator's CA, azure-identity logs in and the SDK works without any help, on the second port."""
    secure = Emulator(tmp_path / "emulator", tls=True).start()
    try:
        ca = str(tmp_path / "emulator" / "tls" / "ca.pem")
        auth = secure.world.auth
        credential = ClientSecretCredential(
            "adfs", auth.client_id, auth.secret, authority=secure.tls_url, connection_verify=ca
        )
        with (
            credential,
            ContainerAppsAPIClient(credential, SUBSCRIPTION, base_url=secure.tls_url, connection_verify=ca) as client,
        ):
            _life(client)
            job: Any = client.jobs.begin_create_or_update("azdock", "again", _job("true")).result()
            assert job.properties.event_stream_endpoint.startswith(secure.tls_url)
    finally:
        secure.stop()
