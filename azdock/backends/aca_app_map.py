"""Pure translation: a container's record to an app's body and its changes, an app's JSON to a record.

SOURCE: azure-rest-api-specs, Microsoft.App/ContainerApps stable/2026-07-01 (ContainerApp, Template, Scale).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from azdock.backends import aca_app_status as view
from azdock.backends import aca_job_shim, container_body, ingress_map, naming, tags
from azdock.backends.shim import Plan
from azdock.docker.channels import DETACHED, Attachment
from azdock.docker.record import ContainerRecord
from azdock.docker.spec import ContainerSpec

Json = dict[str, Any]
APP = "app"  # key of a handle: the app's name
LINGER = "linger"  # the same: the command line is wrapped, to stay readable for so many seconds
NOTES, NOTES_PATH = "azdock", "/.azdock"  # what the run shim notes outlives the container, not the replica
PARKED = (0, 1)  # replicas of a container that was created and not started
ONE = (1, 1)
TERMINAL = "TERM=xterm"  # docker sets it for a command on a terminal


def app_body(record: ContainerRecord, environment_id: str, location: str, plan: Plan | None, *, parked: bool) -> Json:
    """The body of PUT containerApps; `plan` says how the command line is wrapped, `parked` that it is not to run yet.

    Raises Unsupported for resources beyond the largest pair.
    """
    properties: Json = {
        "environmentId": environment_id,
        "configuration": configuration(record, parked=parked),
        "template": template(record, plan, parked=parked),
    }
    if record.spec.workload_profile:
        properties["workloadProfileName"] = record.spec.workload_profile
    return {"location": location, "tags": tags.stamp(record), "properties": properties}


def change(record: ContainerRecord, plan: Plan | None, *, parked: bool = False, stamp: bool = False) -> Json:
    """The body of PATCH containerApps that makes the app what the record says; with `stamp` its tags, too."""
    properties = {
        "configuration": configuration(record, parked=parked),
        "template": template(record, plan, parked=parked),
    }
    return {"properties": properties} | ({"tags": tags.stamp(record)} if stamp else {})


def configuration(record: ContainerRecord, *, parked: bool) -> Json:
    """The app's configuration; a parked container has no ingress, as a request would wake it."""
    made: Json = {"activeRevisionsMode": "Single"}
    ingress = ingress_map.ingress(record.spec, record.image)
    if ingress is not None and not parked:
        made["ingress"] = ingress
    return made


def template(record: ContainerRecord, plan: Plan | None, *, parked: bool) -> Json:
    """The app's template, whole: arrays of a patch replace what was there."""
    spec = record.spec
    if parked:
        plan = Plan(park=True, bare=True) if plan is None else replace(plan, park=True)
    volumes, places = _volumes(spec)
    if plan is not None and plan.again is not None:
        volumes = [*volumes, {"name": NOTES, "storageType": "EmptyDir"}]
        places = [*places, {"volumeName": NOTES, "mountPath": NOTES_PATH}]
    main = container_body.container(record, plan)
    if places:
        main["volumeMounts"] = places
    if not parked and (probes := view.probes(record)):
        main["probes"] = probes
    made: Json = {"containers": [main], "scale": scale(spec, parked=parked), "volumes": volumes}
    if spec.stop_timeout is not None and spec.stop_timeout >= 0:
        made["terminationGracePeriodSeconds"] = spec.stop_timeout
    return made


def scale(spec: ContainerSpec, *, parked: bool) -> Json:
    """How many replicas there are."""
    least, most = PARKED if parked else spec.scale or ONE
    return {"minReplicas": least, "maxReplicas": most}


def plan_of(record: ContainerRecord, linger: int, attachment: Attachment = DETACHED) -> Plan:
    """How the command of a run is wrapped."""
    spec = record.spec
    made = aca_job_shim.plan(record, linger, attachment)
    # Azure runs the container again after its end, where the end can be read as well.
    made = replace(made, refused=0, again=view.runs_again(spec), session=spec.session)
    if not spec.session:
        return made
    given = (item.partition("=")[0] for item in spec.env)
    terminal = (TERMINAL,) if spec.tty and "TERM" not in given else ()
    return replace(made, stdin="none", variables=(*terminal, *made.variables))


def own_plan(record: ContainerRecord) -> Plan | None:
    """How the app's own command line is wrapped once it is not parked; None when it is not."""
    linger = record.handle.get(LINGER)
    if linger is None:
        return None
    watched = linger != "0"
    return plan_of(record, int(linger), Attachment(output=watched, stdin=watched))


def record_of(app: Json) -> ContainerRecord:
    """The record of an app azdock made, without a status. Raises KeyError or ValueError when its tags were damaged."""
    fields, image, words = tags.facts(app["tags"])
    entry = app["properties"]["template"]["containers"][0]
    plan, entrypoint, command, env = container_body.read(entry, words)
    handle = {APP: str(app["name"])}
    if plan is not None and not plan.bare:
        handle[LINGER] = str(plan.linger)
    spec = ContainerSpec(image=entry["image"], command=command, entrypoint=entrypoint, env=env, **fields)
    return ContainerRecord(tags.ident(app["tags"]), spec, tags.created(app["tags"]), "app", handle, image)


def plan_in(app: Json) -> Plan | None:
    """How the command line in an app is wrapped just now; None when it is not."""
    containers = app["properties"]["template"].get("containers") or [{}]
    return container_body.read(containers[0], tags.Words(None, 0))[0]


def is_parked(app: Json) -> bool:
    """Whether an app's container was created and has never been started."""
    plan = plan_in(app)
    return plan is not None and plan.park


def app_name(record: ContainerRecord) -> str:
    """The app of a record: its handle's, or the name it would like best."""
    return record.handle.get(APP) or naming.app_name(record.ident)


def _volumes(spec: ContainerSpec) -> tuple[list[Json], list[Json]]:
    if not spec.mounts:
        return [], []
    from azdock.backends.volume_map import template_volumes

    return template_volumes(spec.mounts)
