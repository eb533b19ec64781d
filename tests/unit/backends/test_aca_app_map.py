"""Records to app bodies, and apps back to records."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from azdock.backends import aca_app_map as translation
from azdock.backends import shim
from azdock.backends.shim import Plan
from azdock.docker.channels import Attachment
from azdock.docker.health import Health, Probe
from azdock.docker.mounts import Mount
from azdock.docker.ports import Port
from azdock.docker.record import ContainerRecord, Ident
from azdock.docker.spec import ContainerSpec, ImageFacts, Restart

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
FACTS = ImageFacts("sha256:1", command=("httpd", "-f"), env=("A.B=1",))
HANDLE = {"app": "web", "linger": "0"}


def record(image: ImageFacts = FACTS, handle: dict[str, str] | None = None, **spec: Any) -> ContainerRecord:
    made = ContainerSpec("busybox", **spec)
    return ContainerRecord(Ident("ab" * 32, "web"), made, NOON, "app", HANDLE if handle is None else handle, image)


def body(one: ContainerRecord, *, parked: bool = False) -> dict[str, Any]:
    plan = translation.own_plan(one)
    return translation.app_body(one, "/env", "here", plan, parked=parked)


def test_a_container_that_serves() -> None:
    """A port is the ingress, the command is wrapped, and what the shim notes outlives the container."""
    made = body(record(ports=(Port(80),)))
    properties = made["properties"]
    assert (made["location"], properties["environmentId"]) == ("here", "/env")
    assert properties["configuration"]["activeRevisionsMode"] == "Single"
    assert properties["configuration"]["ingress"]["targetPort"] == 80
    template = properties["template"]
    assert template["scale"] == {"minReplicas": 1, "maxReplicas": 1}
    (main,) = template["containers"]
    wrapped = shim.unwrap(main["command"])
    assert wrapped == (Plan(variables=("A.B=1",), again=0), ("httpd", "-f"))
    assert template["volumes"] == [{"name": "azdock", "storageType": "EmptyDir"}]
    assert main["volumeMounts"] == [{"volumeName": "azdock", "mountPath": "/.azdock"}]
    assert "terminationGracePeriodSeconds" not in template


def test_a_parked_container() -> None:
    """One that is not to run yet waits, without ports and checks, and goes to zero."""
    made = body(record(ports=(Port(80),), health=Health(readiness=Probe("tcp", 80))), parked=True)["properties"]
    assert "ingress" not in made["configuration"]
    assert made["template"]["scale"] == {"minReplicas": 0, "maxReplicas": 1}
    assert "probes" not in made["template"]["containers"][0]
    wrapped = shim.unwrap(made["template"]["containers"][0]["command"])
    assert wrapped is not None and wrapped[0].park


def test_start_of_a_parked_container() -> None:
    """The patch has the whole template, as arrays are replaced, and the ports that were held back."""
    one = record(ports=(Port(80),), mounts=(Mount("tmpfs", target="/t"),))
    change = translation.change(one, translation.own_plan(one))
    assert set(change) == {"properties"}
    assert change["properties"] == {
        "configuration": body(one)["properties"]["configuration"],
        "template": body(one)["properties"]["template"],
    }
    assert len(change["properties"]["template"]["containers"][0]["volumeMounts"]) == 2
    assert "azdock-id" in translation.change(one, None, stamp=True)["tags"]


@pytest.mark.parametrize(
    ("policy", "again"),
    [
        (Restart(), 0),
        (Restart("on-failure", 3), 3),
        (Restart("on-failure"), -1),
        (Restart("always"), None),
        (Restart("unless-stopped"), None),
    ],
)
def test_restart_policies(policy: Restart, again: int | None) -> None:
    """Azure restarts whatever ends: the shim is told what docker's policy makes of it, and needs its notes for that."""
    one = record(restart=policy)
    plan = translation.own_plan(one)
    assert plan is not None and plan.again == again
    assert (body(one)["properties"]["template"]["volumes"] == []) is (again is None)


@pytest.mark.parametrize(
    ("spec", "variables"),
    [
        ({"tty": True}, ("TERM=xterm", "A.B=1")),
        ({"tty": True, "env": ("TERM=vt100",)}, ("A.B=1",)),
        ({"stdin_open": True}, ("A.B=1",)),
    ],
)
def test_a_session(spec: dict[str, Any], variables: tuple[str, ...]) -> None:
    """A session's command has no other input than its own, and a terminal as docker names it."""
    plan = translation.own_plan(record(session=True, **spec))
    assert plan is not None
    assert (plan.session, plan.again, plan.stdin, plan.variables) == (True, 0, "none", variables)


def test_scale_grace_and_checks() -> None:
    """--scale, --stop-timeout and checks have fields of their own."""
    one = record(scale=(0, 5), stop_timeout=7, health=Health(liveness=Probe("tcp", 80)))
    template = body(one)["properties"]["template"]
    assert template["scale"] == {"minReplicas": 0, "maxReplicas": 5}
    assert template["terminationGracePeriodSeconds"] == 7
    assert [one["type"] for one in template["containers"][0]["probes"]] == ["Liveness"]


SPECS: list[dict[str, Any]] = [
    {},
    {"command": ("a", "b")},
    {"command": ("a",), "entrypoint": ()},
    {"command": ("x",), "entrypoint": ("sh", "-c"), "env": ("A=1", "B=")},
    {"session": True, "tty": True, "stdin_open": True, "command": ("sh",)},
    {"ports": (Port(80, host_port=8080),), "restart": Restart("always"), "scale": (1, 3), "labels": {"a": "b"}},
    {"mounts": (Mount("volume", "data", "/d", True),), "health": Health(startup=Probe("http", 8, "/up"))},
]


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize("parked", [True, False])
@pytest.mark.parametrize("wrapped", [True, False])
def test_records_come_back(spec: dict[str, Any], parked: bool, wrapped: bool) -> None:
    """An app tells everything about its container, wrapped or bare, parked or not."""
    one = record(**spec) if wrapped else record(ImageFacts(), {"app": "web"}, **spec)
    app = body(one, parked=parked) | {"name": "web"}
    assert translation.record_of(app) == one
    assert translation.is_parked(app) is parked


def test_a_watched_run_stays_readable() -> None:
    """What `run` without -d creates stays for a moment after its end; whoever starts it again may want it otherwise."""
    one = record(handle={"app": "web", "linger": "20"})
    plan = translation.own_plan(one)
    assert plan is not None and plan.linger == 20 and plan.refused == 0
    assert translation.plan_of(one, 20).linger == 0
    assert translation.plan_of(one, 20, Attachment(output=True)) == plan


@pytest.mark.parametrize(("name", "app"), [("web", "web"), ("We.b", "we-b-abababab"), ("a", "a-abababab")])
def test_names(name: str, app: str) -> None:
    """The app has the container's own name where that is legal; a handle decides."""
    one = record(handle={})
    assert translation.app_name(replace(one, ident=Ident("ab" * 32, name))) == app
    assert translation.app_name(record(handle={"app": "other"})) == "other"
