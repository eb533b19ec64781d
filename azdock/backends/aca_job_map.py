"""Pure translation: a container's record to a job's body, an execution's JSON to a status, a job's JSON to a record.

SOURCE: azure-rest-api-specs, Microsoft.App/ContainerApps stable/2026-07-01 (Job, JobExecution).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from azdock.azure import errors as translate
from azdock.backends import aca_job_shim, container_body, naming, replicas, tags
from azdock.backends.shim import Plan
from azdock.docker.channels import Attachment
from azdock.docker.record import ContainerRecord, Status
from azdock.docker.spec import ContainerSpec

Json = dict[str, Any]
CONTAINER = replicas.CONTAINER
LINGER = "linger"  # key of a handle: the command line is wrapped, to stay readable for so many seconds
# What azdock says when Azure does not tell the container's code.
STOPPED_CODE, TIMED_OUT_CODE, FAILED_CODE = 137, 124, 1
# Beginnings of additionalInformation when there was no process.
NEVER_RAN = ("ImagePull", "ErrImagePull", "VolumeMountFailure")
ALIVE = frozenset({"Running", "Processing", "Degraded", "Unknown"})


def job_body(record: ContainerRecord, environment_id: str, location: str, plan: Plan | None = None) -> Json:
    """The body of PUT jobs; `plan` says how the command line is wrapped. Raises Unsupported for resources beyond the
    largest pair."""
    spec = record.spec
    retries = spec.restart.maximum_retry_count if spec.restart.name == "on-failure" else 0
    properties: Json = {
        "environmentId": environment_id,
        "configuration": {
            "triggerType": "Manual",
            "replicaTimeout": spec.timeout,
            "replicaRetryLimit": retries,
            "manualTriggerConfig": {"parallelism": 1, "replicaCompletionCount": 1},
        },
        "template": template(record, plan),
    }
    if spec.workload_profile:
        properties["workloadProfileName"] = spec.workload_profile
    return {"location": location, "tags": tags.stamp(record), "properties": properties}


def template(record: ContainerRecord, plan: Plan | None = None) -> Json:
    """The job's template: its container, and the volumes that it mounts."""
    main = container(record, plan)
    if not record.spec.mounts:
        return {"containers": [main]}
    from azdock.backends.volume_map import template_volumes

    volumes, places = template_volumes(record.spec.mounts)
    return {"containers": [main | {"volumeMounts": places}], "volumes": volumes} if places else {"containers": [main]}


def container(record: ContainerRecord, plan: Plan | None = None) -> Json:
    """The job's container; `plan` says how its command line is wrapped."""
    return container_body.container(record, plan)


def own_plan(record: ContainerRecord) -> Plan | None:
    """How the job's own command line is wrapped; None when it is not."""
    linger = record.handle.get(LINGER)
    if linger is None:
        return None
    watched = linger != "0"
    return aca_job_shim.plan(record, int(linger), Attachment(output=watched, stdin=watched))


def record_of(job: Json) -> ContainerRecord:
    """The record of a job azdock made, without a status. Raises KeyError or ValueError when its tags were damaged."""
    stamped = job["tags"]
    fields, image, words = tags.facts(stamped)
    body = job["properties"]["template"]["containers"][0]
    handle = {"job": str(job["name"])}
    plan, entrypoint, args, env = container_body.read(body, words)
    if plan is not None:
        handle[LINGER] = str(plan.linger)
    spec = ContainerSpec(image=body["image"], command=args, entrypoint=entrypoint, env=env, **fields)
    return ContainerRecord(tags.ident(stamped), spec, tags.created(stamped), "job", handle, image)


def job_name(record: ContainerRecord) -> str:
    """The job of a record: its handle's, or the name it will get."""
    return record.handle.get("job") or naming.job_name(record.ident)


def status_of(execution: Json, *, settled: bool = False, now: datetime | None = None) -> Status:
    """Docker's view of an execution. A stopped one whose container still ends counts as running, unless `settled`
    says that nothing more is to be expected."""
    properties: Mapping[str, Any] = execution.get("properties") or {}
    word = str(properties.get("status") or properties.get("runningStatus") or "Unknown")
    last = _last_container(properties)
    code = last.get("code")
    information = str(last.get("additionalInformation") or "")
    common: Json = {
        "run": str(execution["name"]),
        "started_at": time_of(properties.get("startTime")),
        "reason": str(properties.get("reason") or ""),
        "restarts": max(0, len(_replicas(properties)) - 1),
    }
    if word in ALIVE:
        return Status(state="running", **common)
    common["finished_at"] = time_of(properties.get("endTime"))
    told = isinstance(code, int) and code >= 0
    if word == "Stopped" and code == -1 and not (settled or common["finished_at"] or _overdue(common, now)):
        return Status(state="running", **(common | {"finished_at": None}))
    invoked = translate.invocation_code(information)
    if word == "Failed" and invoked is not None:
        text = information.partition(": ")[2] or information
        return Status(state="created", exit_code=invoked, error=text, **common)
    timed_out = word == "Failed" and common["reason"] == "DeadlineExceeded"
    if timed_out:
        told = False  # the code of a program that was made to end says nothing; timeout(1) has one for that
    oom = "OOMKilled" in information
    if information.startswith(NEVER_RAN):
        told = False  # a code that Azure gives to a container without a process is nobody's
    # A program that ended by itself is no error, though Azure says "backoff limit" then.
    message = "" if told else str(properties.get("message") or "")
    if information.startswith(NEVER_RAN):
        message = information
    return Status(
        state="exited",
        exit_code=int(code) if told and isinstance(code, int) else _fallback(word, common["reason"]),
        exit_known=told or word == "Succeeded",
        oom_killed=oom,
        error=message,
        **common,
    )


def _fallback(word: str, reason: str) -> int:
    if word == "Succeeded":
        return 0
    if word == "Stopped":
        return STOPPED_CODE
    return TIMED_OUT_CODE if reason == "DeadlineExceeded" else FAILED_CODE


def _overdue(common: Json, now: datetime | None) -> bool:
    """A stopped run this old has no container any more, whatever Azure says."""
    started = common["started_at"]
    return bool(started and now and now - started > timedelta(days=8))


def _replicas(properties: Mapping[str, Any]) -> list[Json]:
    return list((properties.get("detailedStatus") or {}).get("replicas") or ())


def _last_container(properties: Mapping[str, Any]) -> Json:
    """The main container of the last attempt; {} before there is one."""
    for replica in reversed(_replicas(properties)):
        found: list[Json] = [one for one in replica.get("containers") or () if one]
        for one in found:
            if one.get("name") == CONTAINER or len(found) == 1:
                return one
    return {}


def time_of(text: Any) -> datetime | None:
    """An aware datetime of Azure's text; None without one."""
    if not text:
        return None
    found = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    return found if found.tzinfo else found.replace(tzinfo=UTC)
