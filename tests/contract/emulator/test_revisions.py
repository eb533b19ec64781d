"""Revisions of an app and their replicas: when a new one is made, what it is called, and what can be done to it."""

from __future__ import annotations

import re
from typing import Any

import httpx

from tests.contract.emulator.conftest import Arm
from tests.support.apps import app_body
from tests.support.emulator import Emulator

SLEEP = ("sleep", "60")
MULTIPLE = {"activeRevisionsMode": "multiple", "ingress": {"external": True, "targetPort": 80}}


def _latest(arm: Arm) -> str:
    found: str = arm("GET", "containerApps/web").json()["properties"]["latestRevisionName"]
    return found


def _revisions(arm: Arm, query: str = "") -> dict[str, Any]:
    path = f"containerApps/web/revisions{query}"
    return {one["name"]: one["properties"] for one in arm("GET", path).json()["value"]}


def _patch(arm: Arm, **properties: Any) -> httpx.Response:
    answer = arm("PATCH", "containerApps/web", {"properties": properties})
    assert answer.status_code == 202, answer.text
    return answer


def _scale(most: int) -> dict[str, Any]:
    return {"scale": {"maxReplicas": most}}


def test_names(arm: Arm) -> None:
    """The first revision ends in seven random characters, later ones are counted, a suffix is taken as it is."""
    arm("PUT", "containerApps/web", app_body(*SLEEP))
    assert re.fullmatch(r"web--[a-z0-9]{7}", _latest(arm))
    _patch(arm, template=_scale(2))
    assert _latest(arm) == "web--0000001"
    _patch(arm, template={**_scale(3), "revisionSuffix": "mine"})
    assert _latest(arm) == "web--mine"
    _patch(arm, template={**_scale(4), "revisionSuffix": None})
    assert _latest(arm) == "web--0000003"


def test_what_makes_a_new_revision(arm: Arm) -> None:
    """A template that has changed does; tags, ingress, secrets and the same template again do not."""
    body = app_body(*SLEEP, ingress={"external": True, "targetPort": 80})
    arm("PUT", "containerApps/web", body)
    first = _latest(arm)
    arm("PUT", "containerApps/web", {**body, "tags": {"a": "b"}})
    arm("PATCH", "containerApps/web", {"tags": {"c": "d"}})
    _patch(arm, configuration={"ingress": {"targetPort": 81}, "secrets": [{"name": "s", "value": "v"}]})
    _patch(arm, template=body["properties"]["template"])
    assert _latest(arm) == first
    body["properties"]["template"]["containers"][0]["image"] = "work/tool:2"
    arm("PUT", "containerApps/web", body)
    assert _latest(arm) == "web--0000001"


def test_an_answer_sent_back(arm: Arm) -> None:
    """What a GET shows is the same template when a client sends it back, as the Azure CLI does."""
    body = app_body(*SLEEP, ingress={"external": True, "targetPort": 80})
    body["properties"]["template"]["volumes"] = [{"name": "v"}]
    arm("PUT", "containerApps/web", body)
    first = _latest(arm)
    for method in ("PUT", "PATCH"):
        shown = arm("GET", "containerApps/web").json()
        assert arm(method, "containerApps/web", shown).status_code in (201, 202)
        assert _latest(arm) == first


def test_a_suffix_that_is_taken(arm: Arm) -> None:
    """The write is accepted and its operation fails; the revision stays as it was, and the app says Failed."""
    body = app_body(*SLEEP)
    body["properties"]["template"]["revisionSuffix"] = "v1"
    arm("PUT", "containerApps/web", body)
    answer = _patch(arm, template=_scale(5))  # the stored suffix counts as given: Azure does the same
    status = arm.http.get(answer.headers["azure-asyncoperation"]).json()
    assert (status["status"], status["error"]["code"]) == ("Failed", "ContainerAppOperationError")
    assert "revision with suffix v1 already exists" in status["error"]["message"]
    assert _revisions(arm)["web--v1"]["template"]["scale"]["maxReplicas"] == 1
    assert arm("GET", "containerApps/web").json()["properties"]["provisioningState"] == "Failed"
    _patch(arm, template={**_scale(5), "revisionSuffix": "v2"})
    assert _latest(arm) == "web--v2"


def test_single_mode_has_one_active_revision(arm: Arm) -> None:
    """The old revision is inactive, and its replicas gone, once the new one is ready."""
    arm("PUT", "containerApps/web", app_body(*SLEEP))
    first = _latest(arm)
    arm.until(lambda: _revisions(arm)[first]["healthState"] == "Healthy")
    _patch(arm, template=_scale(2))
    arm.until(lambda: not _revisions(arm)[first]["active"])
    found = _revisions(arm)
    assert found[first]["replicas"] == 0 and found["web--0000001"]["trafficWeight"] == 100
    assert arm("GET", "containerApps/web").json()["properties"]["latestReadyRevisionName"] == "web--0000001"


def test_traffic_of_several_revisions(arm: Arm) -> None:
    """In multiple mode all stay active; weights may be text, and name revisions or the latest one."""
    arm("PUT", "containerApps/web", app_body(*SLEEP, **MULTIPLE))
    first = _latest(arm)
    _patch(arm, template=_scale(2))
    assert [(one["active"], one["trafficWeight"]) for one in _revisions(arm).values()] == [(True, 0), (True, 100)]
    shares = [{"weight": "30", "latestRevision": True}, {"revisionName": first, "weight": 70, "latestRevision": False}]
    _patch(arm, configuration={"ingress": {"traffic": shares}})
    assert [one["trafficWeight"] for one in _revisions(arm).values()] == [70, 30]
    shown = arm("GET", "containerApps/web").json()["properties"]["configuration"]["ingress"]["traffic"]
    assert shown == [{"weight": 30, "latestRevision": True}, {"revisionName": first, "weight": 70}]
    _patch(arm, configuration={"activeRevisionsMode": "Single"})
    shown = arm("GET", "containerApps/web").json()["properties"]["configuration"]["ingress"]["traffic"]
    assert shown == [{"weight": 100, "latestRevision": True}]


def test_activate_and_deactivate(arm: Arm) -> None:
    """Both answer a bare JSON string; an inactive revision has no replicas, and a filter finds it."""
    arm("PUT", "containerApps/web", app_body(*SLEEP, **MULTIPLE))
    name = _latest(arm)
    path = f"containerApps/web/revisions/{name}"
    arm.until(lambda: arm("GET", f"{path}/replicas").json()["value"])
    assert arm("POST", f"{path}/deactivate").json() == "Deactivate succeeded"
    arm.until(lambda: not arm("GET", f"{path}/replicas").json()["value"])
    assert _revisions(arm, "?$filter=properties/active eq false&api-version=2026-07-01").keys() == {name}
    assert not _revisions(arm, "?$filter=properties/active eq true&api-version=2026-07-01")
    assert _revisions(arm)[name]["lastActiveTime"]
    assert arm("POST", f"{path}/activate").json() == "Activate succeeded"
    arm.until(lambda: arm("GET", f"{path}/replicas").json()["value"])
    refused = arm("GET", "containerApps/web/revisions?$filter=name eq 'x'&api-version=2026-07-01")
    assert refused.status_code == 400


def test_restart_replaces_the_replicas(arm: Arm) -> None:
    """A restart answers a bare JSON string, and a new replica takes the old one's place."""
    arm("PUT", "containerApps/web", app_body(*SLEEP))
    path = f"containerApps/web/revisions/{_latest(arm)}"
    old = arm.until(lambda: arm("GET", f"{path}/replicas").json()["value"])[0]["name"]
    assert arm("POST", f"{path}/restart").json() == "Restart succeeded"

    def replaced() -> bool:
        found = [one["name"] for one in arm("GET", f"{path}/replicas").json()["value"]]
        return bool(found) and old not in found

    arm.until(replaced)


def test_replicas_and_their_streams(arm: Arm) -> None:
    """A replica's container has addresses that work with the app's token; the path may end in a slash."""
    arm("PUT", "containerApps/web", app_body("sh", "-c", "echo hello; exec sleep 60"))
    path = f"containerApps/web/revisions/{_latest(arm)}/replicas"

    def running() -> Any:
        listed = arm("GET", path).json()["value"]
        containers = listed[0]["properties"]["containers"] if listed else []
        return listed[0] if containers and containers[0].get("logStreamEndpoint") else None

    replica = arm.until(running)
    assert replica["type"] == "Microsoft.App/containerapps/revisions/replicas"
    assert arm("GET", f"{path}/{replica['name']}/").json()["name"] == replica["name"]
    container = replica["properties"]["containers"][0]
    assert container["containerId"].startswith("containerd://") and container["restartCount"] == 0
    assert container["execEndpoint"].startswith("ws://") and "targetContainer=main" in container["debugEndpoint"]
    token = arm("POST", "containerApps/web/getAuthToken").json()["properties"]["token"]
    bearer = {"Authorization": f"Bearer {token}"}

    def streamed() -> str:
        query = {"follow": "false", "output": "text"}
        return arm.http.get(container["logStreamEndpoint"], params=query, headers=bearer).text

    text = arm.until(lambda: "hello" in (found := streamed()) and found)
    assert f"[Revision: '{_latest(arm)}', Replica: '{replica['name']}']" in text


def test_what_is_not_there(arm: Arm) -> None:
    """Unknown apps, revisions and replicas are 404 with a code."""
    arm("PUT", "containerApps/web", app_body(*SLEEP))
    for path, code in (
        ("containerApps/none/revisions", "ResourceNotFound"),
        ("containerApps/web/revisions/web--none", "RevisionNotFound"),
        ("containerApps/web/revisions/web--none/replicas", "RevisionNotFound"),
        (f"containerApps/web/revisions/{_latest(arm)}/replicas/none", "ReplicaNotFound"),
    ):
        answer = arm("GET", path)
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, code)


def test_inactive_revisions_are_forgotten(arm: Arm) -> None:
    """No more than maxInactiveRevisions are kept, the newest ones."""
    arm("PUT", "containerApps/web", app_body(*SLEEP, maxInactiveRevisions=1))
    for most in (2, 3, 4):
        name = _latest(arm)
        arm.until(lambda name=name: _revisions(arm)[name]["healthState"] == "Healthy")
        _patch(arm, template=_scale(most))
        arm.until(lambda name=name: not _revisions(arm)[name]["active"])
    assert list(_revisions(arm)) == ["web--0000001", "web--0000002", "web--0000003"]


def test_apps_survive_a_restart_of_the_emulator(emulator: Emulator) -> None:
    """The next emulator on the same data shows the app with its revisions, and runs it again."""
    with emulator.client() as http:
        first = Arm(emulator, http)
        first("PUT", "containerApps/web", app_body(*SLEEP, secrets=[{"name": "s", "value": "v"}]))
        before = first("GET", "containerApps/web").json()["properties"]
        first.until(lambda: _revisions(first)[before["latestRevisionName"]]["healthState"] == "Healthy")
    emulator.stop()
    again = Emulator(emulator.home).start()
    try:
        with again.client() as http:
            second = Arm(again, http)
            after = second("GET", "containerApps/web").json()["properties"]
            assert after["latestRevisionName"] == before["latestRevisionName"] == after["latestReadyRevisionName"]
            assert second("POST", "containerApps/web/listSecrets").json()["value"] == [{"name": "s", "value": "v"}]
            second.until(lambda: _revisions(second)[after["latestRevisionName"]]["healthState"] == "Healthy")
    finally:
        again.stop()


def test_the_debug_console_is_refused_in_words(arm: Arm) -> None:
    """The debug endpoint of an app that is no function app runs nothing, and says so."""
    arm("PUT", "containerApps/web", app_body(*SLEEP))
    token = arm("POST", "containerApps/web/getAuthToken").json()["properties"]["token"]
    path = f"{arm.emulator.group}/containerApps/web/revisions/{_latest(arm)}/replicas/any/debug"
    answer = arm.http.get(path, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code >= 400
    assert answer.text
