"""The app resource: create, read, change, delete, and what Azure refuses."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.emulator.conftest import Arm
from tests.support.apps import app_body
from tests.support.emulator import ENVIRONMENT_ID, job_body

SLEEP = ("sleep", "60")
CPU = "template.containers.0.resources"
PROBES = "template.containers.0.probes"
HTTP = {"type": "Liveness", "httpGet": {"path": "/", "port": 80}}
TCP = {"external": False, "targetPort": 5432, "transport": "tcp"}
VOLUME = {"name": "v", "storageType": "AzureFile", "storageName": "none"}


def _with(path: str, value: Any, **configuration: Any) -> Any:
    """A valid body with one member replaced; the path is dotted, below `properties`."""
    body = app_body(*SLEEP, **configuration)
    at: Any = body["properties"]
    *steps, last = path.split(".")
    for step in steps:
        at = at[int(step) if step.isdigit() else step]
    at[int(last) if last.isdigit() else last] = value
    return body


def _ingress(**members: Any) -> Any:
    return app_body(*SLEEP, ingress={"external": True, "targetPort": 80, **members})


TEMPLATE = "InvalidParameterValueInContainerTemplate"
REFUSED: list[tuple[str, Any, str]] = [
    ("Web", app_body(*SLEEP), "ContainerAppInvalidName"),
    ("a--b", app_body(*SLEEP), "ContainerAppInvalidName"),
    ("a" * 33, app_body(*SLEEP), "ContainerAppInvalidName"),
    ("web", _with(CPU, {"cpu": 0.3, "memory": "1Gi"}), "ContainerAppInvalidResourceTotal"),
    ("web", app_body(*SLEEP, image="work/missing:1"), TEMPLATE),
    ("web", _with("template.containers", []), TEMPLATE),
    ("web", _with("environmentId", "azdock-env"), "LinkedInvalidPropertyId"),
    ("web", _with("environmentId", ENVIRONMENT_ID + "x"), "ResourceNotFound"),
    ("web", _with("configuration.activeRevisionsMode", "Labels"), "InvalidRequestContent"),
    ("web", _with("workloadProfileName", "GPU"), "InvalidRequestContent"),
    ("web", {**app_body(*SLEEP), "location": "eastus"}, "InvalidRequestContent"),
    ("web", _with("template.containers.0.env", [{"name": "A", "secretRef": "no"}]), "ContainerAppSecretRefNotFound"),
    ("web", app_body(*SLEEP, secrets=[{"name": "s"}]), "ContainerAppSecretInvalid"),
    ("web", _with("template.revisionSuffix", "No"), "ContainerAppInvalidRevisionName"),
    ("web", _with("template.revisionSuffix", "a" * 50), "ContainerAppInvalidRevisionName"),
    ("web", app_body(*SLEEP, least=2, most=1), "ContainerAppInvalidScaleSpec"),
    ("web", app_body(*SLEEP, least=0, most=0), "ContainerAppInvalidScaleSpec"),
    ("web", app_body(*SLEEP, most=1001), "ContainerAppInvalidScaleSpec"),
    ("web", _with("template.scale.rules", [{"name": "r"}]), "ContainerAppInvalidScaleSpec"),
    ("web", _with(PROBES, [{**HTTP, "failureThreshold": 31}]), "ContainerAppProbeFailureThresholdOutOfRange"),
    ("web", _with(PROBES, [{**HTTP, "periodSeconds": 241}]), "ContainerAppProbePeriodSecondsOutOfRange"),
    ("web", _with(PROBES, [{**HTTP, "successThreshold": 2}]), "ContainerAppProbeSuccessThresholdOutOfRange"),
    ("web", _with(PROBES, [HTTP, HTTP]), TEMPLATE),
    ("web", _with(PROBES, [{"type": "Liveness"}]), TEMPLATE),
    ("web", _with(PROBES, [{"type": "Exec", "tcpSocket": {"port": 1}}]), TEMPLATE),
    ("web", _with(PROBES, [{"type": "Startup", "tcpSocket": {"port": "http"}}]), TEMPLATE),
    ("web", _with("template.volumes", [VOLUME]), "ManagedEnvironmentStorageNotFound"),
    ("web", _with("template.volumes", [{"name": "v", "storageType": "Disk"}]), TEMPLATE),
    ("web", _with("template.volumes", [{"name": "v"}, {"name": "v"}]), TEMPLATE),
    (
        "web",
        _with("template.containers.0.volumeMounts", [{"volumeName": "v", "mountPath": "/v"}]),
        "ContainerAppInvalidVolumeMount",
    ),
    ("web", _ingress(transport="udp"), "ContainerAppInvalidIngress"),
    ("web", _ingress(targetPort=70000), "ContainerAppInvalidIngress"),
    ("web", _ingress(exposedPort=8080), "ContainerAppInvalidIngress"),
    ("web", _ingress(transport="tcp", exposedPort=5432), "ContainerAppTcpRequiresVnet"),
    ("web", app_body(*SLEEP, ingress={**TCP, "exposedPort": 443}), TEMPLATE),
    ("web", app_body(*SLEEP, ingress={**TCP, "targetPort": 0}), "ContainerAppInvalidIngress"),
    (
        "web",
        app_body(*SLEEP, ingress={**TCP, "corsPolicy": {"allowedOrigins": ["*"]}}),
        "ContainerAppInvalidIngressCORSPolicyForTcpApp",
    ),
    (
        "web",
        _ingress(additionalPortMappings=[{"external": False, "targetPort": 9000 + n} for n in range(6)]),
        "ContainerAppInvalidIngressAdditionalPortMappings",
    ),
    ("web", _ingress(additionalPortMappings=[{"external": True, "targetPort": 9000}]), "ContainerAppTcpRequiresVnet"),
    (
        "web",
        app_body(*SLEEP, ingress={**TCP, "additionalPortMappings": [{"external": False, "targetPort": 5432}]}),
        "ContainerAppInvalidIngressAdditionalPortMappings",
    ),
    (
        "web",
        _with(
            "configuration.activeRevisionsMode",
            "Multiple",
            ingress={"external": True, "targetPort": 80, "stickySessions": {"affinity": "sticky"}},
        ),
        "ContainerAppInvalidIngressStickySessionRevisionMode",
    ),
    (
        "web",
        _with(
            "configuration.activeRevisionsMode",
            "Multiple",
            ingress={"targetPort": 80, "traffic": [{"weight": 50, "latestRevision": True}]},
        ),
        "ContainerAppInvalidIngressTraffic",
    ),
    (
        "web",
        _with(
            "configuration.activeRevisionsMode",
            "Multiple",
            ingress={"targetPort": 80, "traffic": [{"weight": 100, "revisionName": "web--none"}]},
        ),
        "ContainerAppInvalidIngressTraffic",
    ),
]


@pytest.mark.parametrize(("name", "body", "code"), REFUSED)
def test_what_a_put_refuses(arm: Arm, name: str, body: Any, code: str) -> None:
    """A body that breaks a rule fails at once with Azure's code, and no app appears."""
    answer = arm("PUT", f"containerApps/{name}", body)
    assert answer.status_code in (400, 404) and answer.json()["error"]["code"] == code, answer.text
    assert arm("GET", "containerApps").json() == {"value": []}


@pytest.mark.parametrize("place", ["relative", "/a:b", ""])
def test_where_nothing_can_be_mounted(arm: Arm, place: str) -> None:
    """A mountPath must be absolute and without a colon."""
    body = _with("template.volumes", [{"name": "v", "storageType": "EmptyDir"}])
    body["properties"]["template"]["containers"][0]["volumeMounts"] = [{"volumeName": "v", "mountPath": place}]
    answer = arm("PUT", "containerApps/web", body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, TEMPLATE)
    assert "mountPath" in answer.json()["error"]["message"]


def test_a_new_app(arm: Arm) -> None:
    """201 with Azure-AsyncOperation and little that is computed; then Succeeded, with names and addresses."""
    body = app_body(*SLEEP, ingress={"external": True, "targetPort": 80, "transport": "auto", "traffic": None})
    body["properties"]["template"]["containers"][0]["env"] = None
    made = arm("PUT", "containerApps/web", body)
    assert made.status_code == 201 and "azure-asyncoperation" in made.headers
    shown = made.json()
    assert shown["id"].endswith("/Microsoft.App/containerapps/web") and shown["type"] == "Microsoft.App/containerApps"
    assert shown["properties"]["provisioningState"] == "InProgress"
    assert "latestRevisionName" not in shown["properties"] and "eventStreamEndpoint" not in shown["properties"]
    assert shown["properties"]["configuration"]["ingress"]["fqdn"] is None
    assert "env" not in shown["properties"]["template"]["containers"][0]
    assert arm.http.get(made.headers["azure-asyncoperation"]).json()["status"] == "Succeeded"
    found = arm("GET", "containerApps/web").json()["properties"]
    assert found["provisioningState"] == "Succeeded" and found["runningStatus"] == "Running"
    assert found["environmentId"] == found["managedEnvironmentId"] == ENVIRONMENT_ID
    domain = arm("GET", "managedEnvironments/azdock-env").json()["properties"]["defaultDomain"]
    ingress = found["configuration"]["ingress"]
    assert ingress["fqdn"] == f"web.{domain}" and ingress["transport"] == "Auto" and ingress["exposedPort"] == 0
    assert ingress["traffic"] == [{"weight": 100, "latestRevision": True}]
    assert found["latestRevisionFqdn"] == f"{found['latestRevisionName']}.{domain}"
    assert found["configuration"]["activeRevisionsMode"] == "Single"
    assert found["template"]["containers"][0]["resources"]["ephemeralStorage"] == "2Gi"
    assert found["eventStreamEndpoint"].startswith(f"{arm.emulator.url}/subscriptions/")


def test_names_of_internal_apps_and_of_those_without_ingress(arm: Arm) -> None:
    """An internal app is below internal.; without ingress there is no name, and no latestRevisionFqdn."""
    arm("PUT", "containerApps/inner", app_body(*SLEEP, ingress=TCP))
    found = arm("GET", "containerApps/inner").json()["properties"]
    assert found["configuration"]["ingress"]["fqdn"].startswith("inner.internal.")
    assert found["configuration"]["ingress"]["exposedPort"] == 5432
    arm("PUT", "containerApps/mute", app_body(*SLEEP))
    found = arm("GET", "containerApps/mute").json()["properties"]
    assert found["configuration"]["ingress"] is None and found["latestRevisionFqdn"] == ""


def test_an_exposed_port_belongs_to_one_app(arm: Arm) -> None:
    """A second app of the environment cannot have it; the first one may be written again."""
    assert arm("PUT", "containerApps/one", app_body(*SLEEP, ingress=TCP)).status_code == 201
    answer = arm("PUT", "containerApps/two", app_body(*SLEEP, ingress=TCP))
    assert answer.status_code == 400 and "exposedPort already in use" in answer.json()["error"]["message"]
    assert arm("PUT", "containerApps/one", app_body(*SLEEP, ingress=TCP)).status_code == 201


def test_external_tcp_with_a_network(arm: Arm) -> None:
    """An environment with a network of its own has external TCP."""
    body = {"location": "westeurope", "properties": {"vnetConfiguration": {"infrastructureSubnetId": "/subnet"}}}
    arm("PUT", "managedEnvironments/wide", body)
    wide = app_body(*SLEEP, ingress={**TCP, "external": True})
    wide["properties"]["environmentId"] = ENVIRONMENT_ID.replace("azdock-env", "wide")
    assert arm("PUT", "containerApps/db", wide).status_code == 201


def test_slow_provisioning(arm: Arm) -> None:
    """While a write is carried out others get 409; it ends by itself."""
    arm.emulator.world.behaviour.provisioning = 60
    made = arm("PUT", "containerApps/web", app_body(*SLEEP))
    for method, path, body in (
        ("PUT", "containerApps/web", app_body(*SLEEP)),
        ("PATCH", "containerApps/web", {"tags": {}}),
        ("POST", "containerApps/web/stop", None),
    ):
        answer = arm(method, path, body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "ContainerAppOperationInProgress")
    arm.emulator.call(arm.emulator.world.clock.advance, 61.0)
    assert arm.http.get(made.headers["azure-asyncoperation"]).json()["status"] == "Succeeded"
    gone = arm("DELETE", "containerApps/web")
    assert arm.http.get(gone.headers["location"]).status_code == 202
    assert arm("GET", "containerApps/web").json()["properties"]["provisioningState"] == "Deleting"
    arm.emulator.call(arm.emulator.world.clock.advance, 61.0)
    assert arm.http.get(gone.headers["location"]).status_code == 204
    assert arm("DELETE", "containerApps/web").status_code == 204


def test_a_failing_operation(arm: Arm) -> None:
    """With the switch set, an accepted PUT ends in Failed with the code in the status body."""
    arm.http.patch("/_azdock/behaviour", json={"fail_operations": 1})
    made = arm("PUT", "containerApps/web", app_body(*SLEEP))
    status = arm.http.get(made.headers["azure-asyncoperation"]).json()
    assert (status["status"], status["error"]["code"]) == ("Failed", "ContainerAppOperationError")
    assert arm("GET", "containerApps/web").json()["properties"]["provisioningState"] == "Failed"


def test_patch_merges_objects_and_replaces_lists(arm: Arm) -> None:
    """PATCH answers 202 with both URLs; the result is the app; what it does not name stays; null removes."""
    body = app_body(*SLEEP, ingress={"external": True, "targetPort": 80}, secrets=[{"name": "s", "value": "v"}])
    arm("PUT", "containerApps/web", {**body, "tags": {"old": "1"}})
    patch = {
        "tags": {"new": "2"},
        "properties": {
            "configuration": {"ingress": {"targetPort": "no"}},
            "template": {"containers": [{"name": "other", "image": "work/other:2", "command": list(SLEEP)}]},
        },
    }
    assert arm("PATCH", "containerApps/web", patch).status_code == 400
    patch["properties"]["configuration"] = {"ingress": {"targetPort": 8080}}  # type: ignore[index]
    answer = arm("PATCH", "containerApps/web", patch)
    assert (answer.status_code, answer.content) == (202, b"") and "azure-asyncoperation" in answer.headers
    found = arm.http.get(answer.headers["location"]).json()
    assert found["tags"] == {"old": "1", "new": "2"}
    configuration = found["properties"]["configuration"]
    assert configuration["ingress"]["targetPort"] == 8080 and configuration["ingress"]["external"] is True
    assert configuration["secrets"] == [{"name": "s"}]
    assert [one["name"] for one in found["properties"]["template"]["containers"]] == ["other"]
    assert found["properties"]["template"]["scale"]["maxReplicas"] == 1
    arm("PATCH", "containerApps/web", {"properties": {"configuration": {"ingress": None}}})
    assert arm("GET", "containerApps/web").json()["properties"]["configuration"]["ingress"] is None


def test_secrets(arm: Arm) -> None:
    """Values show in listSecrets only; a write that carries secrets replaces them all, and must carry the values."""
    first, second = {"name": "one", "value": "very-secret"}, {"name": "two", "value": "2"}
    arm("PUT", "containerApps/web", app_body(*SLEEP, secrets=[first, second]))
    assert "very-secret" not in arm("GET", "containerApps/web").text + arm("GET", "containerApps").text
    assert arm("POST", "containerApps/web/listSecrets").json() == {"value": [first, second]}
    nameless = arm("PATCH", "containerApps/web", {"properties": {"configuration": {"secrets": [{"name": "one"}]}}})
    assert nameless.json()["error"]["code"] == "ContainerAppSecretInvalid"
    arm("PATCH", "containerApps/web", {"properties": {"configuration": {"secrets": [second]}}})
    assert arm("POST", "containerApps/web/listSecrets").json() == {"value": [second]}


def test_start_and_stop(arm: Arm) -> None:
    """Both answer 202 with a Location that ends in the app; runningStatus tells, and the replicas are gone."""
    arm("PUT", "containerApps/web", app_body(*SLEEP))
    revision = arm("GET", "containerApps/web").json()["properties"]["latestRevisionName"]
    replicas = f"containerApps/web/revisions/{revision}/replicas"
    arm.until(lambda: arm("GET", replicas).json()["value"])
    answer = arm("POST", "containerApps/web/stop")
    assert answer.status_code == 202
    assert arm.http.get(answer.headers["location"]).json()["properties"]["runningStatus"] == "Stopped"
    arm.until(lambda: not arm("GET", replicas).json()["value"])
    started = arm("POST", "containerApps/web/start")
    assert arm.http.get(started.headers["location"]).json()["properties"]["runningStatus"] == "Running"
    arm.until(lambda: arm("GET", replicas).json()["value"])
    assert arm("GET", "containerApps/web").json()["properties"]["latestRevisionName"] == revision


def test_lists_and_pages(arm: Arm) -> None:
    """Lists by group and by subscription hold the same apps, not the jobs; with a page size they come in pages."""
    for number in range(3):
        arm("PUT", f"containerApps/app{number}", app_body(*SLEEP))
    arm("PUT", "jobs/job", job_body("true"))
    names = ["app0", "app1", "app2"]
    assert [one["name"] for one in arm("GET", "containerApps").json()["value"]] == names
    everywhere = f"{arm.prefix.partition('/resourceGroups')[0]}/providers/Microsoft.App/containerApps"
    assert [one["name"] for one in arm("GET", everywhere).json()["value"]] == names
    arm.emulator.world.behaviour.page_size = 2
    first = arm("GET", "containerApps").json()
    assert len(first["value"]) == 2 and len(arm("GET", first["nextLink"]).json()["value"]) == 1


def test_the_token_opens_this_app_only(arm: Arm) -> None:
    """Both spellings of the path give a token; its type names the app, as recorded in 2023 the job."""
    arm("PUT", "containerApps/web", app_body(*SLEEP))
    new, old = (
        arm("POST", "containerApps/web/getAuthtoken").json(),
        arm("POST", "containerApps/web/getAuthToken", version="2023-05-01").json(),
    )
    assert new["type"] == "Microsoft.App/containerApps/accesstoken" and new["properties"]["token"].count(".") == 2
    assert old["type"] == "Microsoft.App/jobs/accesstoken"
    path = f"{arm.emulator.group}/containerApps/web/eventstream"
    bearer = {"Authorization": f"Bearer {new['properties']['token']}"}
    assert arm.http.get(path, headers=bearer).status_code == 200
    assert arm.http.get(path.replace("/web/", "/other/"), headers=bearer).status_code == 401


def test_an_environment_with_apps_or_jobs_stays(arm: Arm) -> None:
    """Its deletion is refused with the number of what is inside, and possible when that is gone."""
    arm("PUT", "containerApps/web", app_body(*SLEEP))
    arm("PUT", "jobs/job", job_body("true"))
    for path, code in (
        ("containerApps/web", "ManagedEnvironmentHasContainerApps"),
        ("jobs/job", "ManagedEnvironmentHasContainerAppsJobs"),
    ):
        answer = arm("DELETE", "managedEnvironments/azdock-env")
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, code)
        assert "still contains 1 " in answer.json()["error"]["message"]
        arm("DELETE", path)
    assert arm("DELETE", "managedEnvironments/azdock-env").status_code == 202


def test_a_deleted_group_takes_its_apps_along(arm: Arm) -> None:
    """No process of an app outlives its group."""
    group = arm.prefix.partition("/providers")[0].replace("/azdock", "/other")
    arm("PUT", f"{group}?api-version=2024-11-01", {"location": "westeurope"})
    arm("PUT", f"{group}/providers/Microsoft.App/containerApps/web", app_body(*SLEEP))
    assert list(arm.emulator.world.apps)
    arm("DELETE", f"{group}?api-version=2024-11-01")
    arm.until(lambda: not arm.emulator.world.apps)
