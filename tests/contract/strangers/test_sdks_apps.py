"""Azure's SDK, unmodified, on container apps: every route of apps, revisions, replicas, storages and usages."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.mgmt.appcontainers import models as m

from azdock.emulator.world import ENVIRONMENT, RESOURCE_GROUP
from tests.contract.strangers.test_sdks import Clients
from tests.support.apps import OpenRuntime
from tests.support.emulator import ENVIRONMENT_ID, Emulator

G, APP = RESOURCE_GROUP, "strange"
T = TypeVar("T")


@pytest.fixture(params=[False, True], ids=["http", "tls"])
def clients(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Clients]:
    emulator = Emulator(tmp_path, OpenRuntime(), tls=request.param).start()
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


def app(image: str = "work/tool:1") -> m.ContainerApp:
    """An app with ingress, a secret, a probe and a volume, whose container says hello and waits."""
    container = m.Container(
        name="main",
        image=image,
        command=["sh", "-c", "echo hello; exec sleep 60"],
        env=[m.EnvironmentVar(name="SECRET", secret_ref="s")],
        resources=m.ContainerResources(cpu=0.25, memory="0.5Gi"),
        probes=[m.ContainerAppProbe(type="Readiness", tcp_socket=m.ContainerAppProbeTcpSocket(port=8080))],
        volume_mounts=[m.VolumeMount(volume_name="scratch", mount_path="/scratch")],
    )
    template = m.Template(
        containers=[container],
        scale=m.Scale(min_replicas=1, max_replicas=2),
        volumes=[m.Volume(name="scratch", storage_type="EmptyDir")],
    )
    configuration = m.Configuration(
        active_revisions_mode="Single",
        ingress=m.Ingress(external=True, target_port=8080, transport="auto"),
        secrets=[m.Secret(name="s", value="hidden")],
    )
    properties = m.ContainerAppProperties(environment_id=ENVIRONMENT_ID, configuration=configuration, template=template)
    return m.ContainerApp(location="westeurope", properties=properties)


def running_replica(clients: Clients, revision: str) -> Any:
    """The revision's replica once its container can be reached."""
    found = clients.apps.container_apps_revision_replicas.list_replicas(G, APP, revision).value
    ready = found and found[0].properties.containers and found[0].properties.containers[0].log_stream_endpoint
    return found[0] if ready else None


def test_an_apps_whole_life(clients: Clients) -> None:
    """create, get, lists, secrets, token, log stream, update, stop, start, delete."""
    apps, revisions = clients.apps.container_apps, clients.apps.container_apps_revisions
    made = apps.begin_create_or_update(G, APP, app()).result()
    assert made.properties.provisioning_state == "Succeeded" and made.properties.configuration.ingress.fqdn
    assert apps.get(G, APP).properties.latest_revision_name == made.properties.latest_revision_name
    assert [one.name for one in apps.list_by_resource_group(G)] == [APP]
    assert [one.name for one in apps.list_by_subscription()] == [APP]
    assert [(one.name, one.value) for one in apps.list_secrets(G, APP).value] == [("s", "hidden")]

    first = made.properties.latest_revision_name
    replica = eventually(lambda: running_replica(clients, first))
    one = clients.apps.container_apps_revision_replicas.get_replica(G, APP, first, replica.name)
    assert one.properties.containers[0].running_state == "Running"
    token = apps.get_auth_token(G, APP).properties.token
    url, bearer = one.properties.containers[0].log_stream_endpoint, {"Authorization": f"Bearer {token}"}
    eventually(lambda: "hello" in clients.http.get(url, params={"output": "text"}, headers=bearer).text)

    apps.begin_update(G, APP, m.ContainerApp(location="westeurope", tags={"k": "v"})).result()
    assert apps.get(G, APP).tags == {"k": "v"}
    apps.begin_update(G, APP, app("work/tool:2")).result()
    assert [one.name for one in revisions.list_revisions(G, APP)] == [first, f"{APP}--0000001"]
    eventually(lambda: not revisions.get_revision(G, APP, first).properties.active)

    assert apps.begin_stop(G, APP).result().properties.running_status == "Stopped"
    eventually(lambda: revisions.get_revision(G, APP, f"{APP}--0000001").properties.replicas == 0)
    assert apps.begin_start(G, APP).result().properties.running_status == "Running"
    eventually(lambda: running_replica(clients, f"{APP}--0000001"))
    apps.begin_delete(G, APP).result()
    with pytest.raises(ResourceNotFoundError):
        apps.get(G, APP)


def test_revisions(clients: Clients) -> None:
    """deactivate, activate and restart return, and do what they say."""
    revisions = clients.apps.container_apps_revisions
    made = clients.apps.container_apps.begin_create_or_update(G, APP, app()).result()
    name = made.properties.latest_revision_name
    old = eventually(lambda: running_replica(clients, name)).name
    revisions.restart_revision(G, APP, name)
    eventually(lambda: (found := running_replica(clients, name)) and found.name != old)
    revisions.deactivate_revision(G, APP, name)
    eventually(lambda: revisions.get_revision(G, APP, name).properties.replicas == 0)
    assert revisions.get_revision(G, APP, name).properties.active is False
    revisions.activate_revision(G, APP, name)
    eventually(lambda: running_replica(clients, name))


def test_storages_and_usages(clients: Clients) -> None:
    """create, get, list, delete of a storage; the environment's usage of cores."""
    storages = clients.apps.managed_environments_storages
    share = m.AzureFileProperties(account_name="a", account_key="k", share_name="s", access_mode="ReadWrite")
    properties = m.ManagedEnvironmentStorageProperties(azure_file=share)
    storages.create_or_update(G, ENVIRONMENT, "data", m.ManagedEnvironmentStorage(properties=properties))
    assert storages.get(G, ENVIRONMENT, "data").properties.azure_file.share_name == "s"
    assert [one.name for one in storages.list(G, ENVIRONMENT).value] == ["data"]
    storages.delete(G, ENVIRONMENT, "data")
    assert storages.list(G, ENVIRONMENT).value == []
    usage = next(iter(clients.apps.managed_environment_usages.list(G, ENVIRONMENT)))
    assert usage.current_value == 0 and usage.limit > 0


def test_refusals(clients: Clients) -> None:
    """A wrong body raises with Azure's code."""
    wrong = app("work/missing:1")
    with pytest.raises(HttpResponseError) as refused:
        clients.apps.container_apps.begin_create_or_update(G, APP, wrong)
    assert refused.value.error and refused.value.error.code == "InvalidParameterValueInContainerTemplate"
