"""Records of functions to container apps of kind functionapp, and back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from azdock.backends import function_aca_map as translation
from azdock.backends import shim
from azdock.docker.mounts import Mount
from azdock.docker.record import ContainerRecord, Ident
from azdock.docker.spec import ContainerSpec, ImageFacts, Resources

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
IDENTITY = "/subscriptions/s/identities/azdock-functions"
SETTINGS = {"AzureWebJobsStorage__accountName": "acc", "AzureWebJobsStorage__credential": "managedidentity"}


NOTHING = ImageFacts()


def record(image: ImageFacts = NOTHING, **spec: Any) -> ContainerRecord:
    made = ContainerSpec("functions:1", **{"at_once": True, **spec})
    handle = {"hosting": "aca", "app": "fa"}
    return ContainerRecord(Ident("ab" * 32, "fa"), made, NOON, "function", handle, image)


def body(one: ContainerRecord, settings: dict[str, str] = SETTINGS, secret: str = "") -> dict[str, Any]:
    own = translation.own_settings(one.spec, settings, secret)
    identity = IDENTITY if settings else ""
    made = translation.app_body(one, "/env", "here", own, secret=secret, identity_id=identity)
    return made | {"name": "fa"}


def test_an_app_that_serves() -> None:
    """A function app is of Azure's kind for them, has its address, its own command and the storage of its host."""
    made = body(record(command=("a", "b"), env=("A=1",), stop_timeout=7, workload_profile="D4"))
    assert (made["kind"], made["location"]) == ("functionapp", "here")
    assert made["identity"] == {"type": "UserAssigned", "userAssignedIdentities": {IDENTITY: {}}}
    properties = made["properties"]
    assert properties["workloadProfileName"] == "D4"
    ingress = properties["configuration"]["ingress"]
    assert (ingress["external"], ingress["targetPort"], ingress["transport"]) == (True, 80, "auto")
    assert "secrets" not in properties["configuration"]
    template = properties["template"]
    assert template["scale"] == {"minReplicas": 0, "maxReplicas": 10}
    assert template["terminationGracePeriodSeconds"] == 7
    (main,) = template["containers"]
    assert (main.get("command"), main["args"]) == (None, ["a", "b"])
    assert main["env"] == [
        {"name": "A", "value": "1"},
        *({"name": name, "value": value} for name, value in SETTINGS.items()),
    ]
    assert "probes" not in main


def test_a_created_one_does_not_serve() -> None:
    """What is not to start yet has no address, runs nothing of the image, and costs nothing."""
    properties = body(record(at_once=False))["properties"]
    assert "ingress" not in properties["configuration"]
    assert properties["template"]["scale"] == {"minReplicas": 0, "maxReplicas": 1}
    wrapped = shim.unwrap(properties["template"]["containers"][0]["command"])
    assert wrapped is not None and wrapped[0].park
    assert translation.is_parked({"properties": properties})


def test_where_identities_are_forbidden() -> None:
    """A connection string is a secret of the app, and never in its environment or tags."""
    made = body(record(), {}, "AccountKey=abc")
    assert made["properties"]["configuration"]["secrets"] == [{"name": "azdock-webjobs", "value": "AccountKey=abc"}]
    (main,) = made["properties"]["template"]["containers"]
    assert main["env"] == [{"name": "AzureWebJobsStorage", "secretRef": "azdock-webjobs"}]
    assert "AccountKey" not in str(made["tags"])
    assert "identity" not in made
    changed = translation.change(record(), translation.own_in(made), parked=False)
    assert "secrets" not in changed["properties"]["configuration"]


def test_a_port_and_a_scale() -> None:
    """EXPOSE decides the port, --scale the replicas."""
    properties = body(record(ImageFacts(exposed=("8080/tcp",)), scale=(1, 3)))["properties"]
    assert properties["configuration"]["ingress"]["targetPort"] == 8080
    assert properties["template"]["scale"] == {"minReplicas": 1, "maxReplicas": 3}


def test_the_image_s_check_is_left_out() -> None:
    """A HEALTHCHECK of the image does not become a probe."""
    assert "probes" not in body(record(ImageFacts(health=("CMD", "true"))))["properties"]["template"]["containers"][0]


def test_mounts() -> None:
    """Volumes are mounted as apps mount them."""
    template = body(record(mounts=(Mount("tmpfs", "", "/t"),)))["properties"]["template"]
    assert template["volumes"] == [{"name": "volume-0", "storageType": "EmptyDir"}]
    assert template["containers"][0]["volumeMounts"] == [{"volumeName": "volume-0", "mountPath": "/t"}]


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize(
    "spec",
    [
        {},
        {"command": ("a", "b"), "env": ("A=1", "B=")},
        {"entrypoint": ("e", "f"), "command": ("a",), "scale": (0, 3), "stop_timeout": 9},
        {"route": "api/echo", "method": "PUT", "timeout": 60, "labels": {"a": "b"}, "resources": Resources(10**9)},
        {"env": ("AzureWebJobsStorage=mine",), "auto_remove": True, "stdin_open": True},
    ],
)
def test_a_record_comes_back(spec: dict[str, Any], at_once: bool) -> None:
    """What Azure keeps of an app is the record again, without what azdock has added."""
    before = record(ImageFacts("sha256:1", exposed=("80/tcp",)), at_once=at_once, **spec)
    found = translation.record_of(body(before))
    assert found == replace(before, spec=replace(before.spec, at_once=False))


def test_what_the_user_gives_wins() -> None:
    """A variable of the user's is not doubled by azdock's, and his storage needs none of the context's."""
    mine = ContainerSpec("x", env=("AzureWebJobsStorage=mine", "AzureWebJobsStorage__credential=c"))
    assert translation.own_settings(mine, SETTINGS, "secret") == [
        {"name": "AzureWebJobsStorage__accountName", "value": "acc"}
    ]
    assert translation.brings_storage(mine)
    assert not translation.brings_storage(ContainerSpec("x", env=("AzureWebJobsStorageX=1",)))


def test_an_update_keeps_what_others_have_set() -> None:
    """Variables that were set on the app beside the record stay; those that the update takes away go."""
    app = body(record(env=("A=1", "B=2", "TICK=0 * * * * *")))
    before, after = ContainerSpec("x", env=("A=1", "B=2")), ContainerSpec("y", env=("A=3", "C=4"))
    assert translation.updated(app, before, after).env == ("A=3", "TICK=0 * * * * *", "C=4")


def test_changed() -> None:
    """Settings are set, replaced and taken away."""
    spec = ContainerSpec("x", env=("A=1", "B=2", "C=3"))
    assert translation.changed(spec, {"A": None, "B": "9", "D": "4"}).env == ("C=3", "B=9", "D=4")


def test_a_function_as_azure_lists_it() -> None:
    """Name, trigger, path and whether it is disabled; the methods and the key are not told."""
    item = {
        "name": "fa/Echo",
        "properties": {
            "invokeUrlTemplate": "https://fa.x.azurecontainerapps.io/api/echo/{id?}",
            "triggerType": "HttpTrigger",
            "state": "Disabled",
        },
    }
    found = translation.function_of(item)
    assert (found.name, found.trigger, found.route) == ("Echo", "httpTrigger", "api/echo/{id?}")
    assert (found.methods, found.auth, found.disabled) == ((), "", True)
    assert [translation.trigger_of(text) for text in ("timerTrigger", "http", "")] == [
        "timerTrigger",
        "httpTrigger",
        "",
    ]


def test_a_function_as_its_host_tells_it() -> None:
    """The host tells the binding: methods, who is let in, and its own texts."""
    known = translation.function_of({"name": "tick", "properties": {"triggerType": "timerTrigger"}})
    binding = {"type": "timerTrigger", "name": "t", "direction": "in", "schedule": "%TICK%"}
    found = translation.detailed(known, {"name": "tick", "config": {"bindings": [{"type": "http"}, binding]}})
    assert (found.trigger, found.settings) == ("timerTrigger", {"schedule": "%TICK%"})
    http = {"type": "httpTrigger", "methods": ["GET", "Post"], "authLevel": "FUNCTION"}
    found = translation.detailed(known, {"config": {"bindings": [http]}})
    assert (found.methods, found.auth) == (("get", "post"), "function")


def test_whose_apps() -> None:
    """Only Azure's kind makes an app a function app."""
    assert [translation.is_function({"kind": kind}) for kind in ("functionapp", "", None, "workflowapp")] == [
        True,
        False,
        False,
        False,
    ]
