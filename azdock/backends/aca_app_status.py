"""Pure: what an app's JSON and its replicas say of the container, and the note of an end in the app's tags.

SOURCE: azure-rest-api-specs, Microsoft.App/ContainerApps stable/2026-07-01 (ContainerApp, Replica);
yeongseon/azure-container-apps-practical-guide, labs evidence (live words of runningState and runningStateDetails).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal

from azdock.backends import ingress_map
from azdock.backends.replicas import created, main_container
from azdock.docker import plain
from azdock.docker.record import ContainerRecord, Status
from azdock.docker.spec import ContainerSpec

Json = dict[str, Any]
ENDED = "azdock-ended"  # the tag that notes the end of a run
TAG_LENGTH = 256
_WAITING = re.compile(r"waiting with reason: (\w+)")
_STARTED = re.compile(r"started at: (\d+)/(\d+)/(\d+) (\d+):(\d+):(\d+) ([AP])M")
# Why a container cannot be started, whatever its command.
STUCK = frozenset(
    {"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ImageInspectError", "VolumeMountFailure"}
    | {"CreateContainerConfigError", "CreateContainerError"}
)
CRASH = "CrashLoopBackOff"

# none: no container is listed; pending: it is being started; stuck: it cannot be; unready: it runs and is not ready;
# crashed: it ended and Azure starts it again; ended: for good, by docker's policy; doubtful: only its log tells which.
Kind = Literal["none", "pending", "stuck", "unready", "up", "doubtful", "crashed", "ended"]
_FIRST: tuple[Kind, ...] = ("up", "unready", "doubtful", "crashed", "stuck", "pending", "ended")


@dataclass(frozen=True, slots=True)
class Look:
    """A container as its replicas show it. `runs` says that a process is there; `started` that its startup checks have
    passed; `since` is when the container was started last, `began` when its replica came to be."""

    kind: Kind = "none"
    runs: bool = False
    started: bool = False
    restarts: int = 0
    reason: str = ""
    since: datetime | None = None
    began: datetime | None = None


def look(record: ContainerRecord, replicas: Sequence[Json]) -> Look:
    """The container that these replicas of one revision are; the most lively of them speaks for all."""
    known = sorted(replicas, key=created)
    if record.spec.scale is None:
        known = known[-1:]  # one that is still ending may be listed beside the new one
    looks = [_one(record, one) for one in known]
    found = [one for kind in _FIRST for one in looks if one.kind == kind]
    if not found:
        return looks[-1] if looks else Look()
    return replace(found[0], restarts=sum(one.restarts for one in looks), runs=any(one.runs for one in looks))


def _one(record: ContainerRecord, replica: Json) -> Look:
    main = main_container(replica)
    began = time_of(created(replica))
    if not main:
        return Look("pending", began=began)
    details, restarts = str(main.get("runningStateDetails") or ""), int(main.get("restartCount") or 0)
    waiting = _WAITING.search(details)
    reason = waiting[1] if waiting else ""
    runs = main.get("runningState") == "Running"
    return Look(
        _kind(record.spec, main, runs, restarts, reason, is_awaited(record)),
        runs,
        bool(main.get("started")),
        restarts,
        reason,
        started_at(details) or began,
        began,
    )


def _kind(spec: ContainerSpec, main: Json, runs: bool, restarts: int, reason: str, awaited: bool) -> Kind:
    if reason in STUCK:
        return "stuck"
    ended = main.get("runningState") == "Terminated" or reason == CRASH
    again = runs_again(spec)
    if again is not None and again >= 0 and (restarts > again or (ended and restarts == again)):
        return "ended"
    if again != 0 and again is not None and (ended or (runs and restarts)):
        return "doubtful"
    if ended or (restarts and not runs):
        return "crashed"
    if not runs:
        return "pending"
    return "unready" if awaited and not main.get("ready") else "up"


def runs_again(spec: ContainerSpec) -> int | None:
    """How often docker's policy lets the command run again: -1 until it succeeds, None always."""
    policy = spec.restart
    if policy.name in ("always", "unless-stopped"):
        return None
    if policy.name == "on-failure":
        return policy.maximum_retry_count or -1
    return 0


def is_awaited(record: ContainerRecord) -> bool:
    """Whether Azure waits for a container to be ready: it has a port or a check."""
    if ingress_map.ingress(record.spec, record.image) is not None:
        return True
    return any(one["type"] != "Liveness" for one in probes(record))


def is_checked(record: ContainerRecord) -> bool:
    """Whether being ready means healthy."""
    return any(one["type"] == "Readiness" for one in probes(record))


def probes(record: ContainerRecord) -> list[Json]:
    """The checks that Azure does; most containers have none, and need nothing imported for them."""
    if record.spec.health is None and not record.image.health:
        return []
    from azdock.backends import probe_map

    return probe_map.probes(record.spec, record.image)


# ---- the app
def is_stopped(app: Json) -> bool:
    """Whether somebody has stopped the app."""
    return str(app["properties"].get("runningStatus") or "").lower() == "stopped"


def revision_of(run: str) -> str:
    """The revision of a run."""
    return run.partition("#")[0]


def run_of(app: Json, known: str = "") -> str:
    """The name of the app's present run, or of its last one when it is stopped: its latest revision, and a number for a
    later run of that. "" before there is a revision.

    Runs are counted by the notes of their ends. `known` is the run that was seen last: somebody without azdock may have
    stopped the app since, and noted nothing.
    """
    latest = str(app["properties"].get("latestRevisionName") or "")
    ended = noted(app)
    number = 1
    if ended is not None and revision_of(ended.run) == latest:
        number = _number(ended.run) + (0 if is_stopped(app) else 1)
    if revision_of(known) == latest:
        number = max(number, _number(known))
    return f"{latest}#{number}" if number > 1 else latest


def _number(run: str) -> int:
    return int(run.partition("#")[2] or 1)


def noted(app: Json) -> Status | None:
    """The end that an azdock has noted last; None without one, or when the note was damaged."""
    for name, text in (app.get("tags") or {}).items():
        if name.lower() == ENDED:
            try:
                return plain.status(json.loads(text))
            except (ValueError, TypeError):
                return None
    return None


def note(status: Status) -> dict[str, str]:
    """The tag that notes the end of a run. Azure's words are cut to what fits."""
    kept = replace(status, endpoints=(), health="")
    while len(text := _text(plain.changed(kept))) > TAG_LENGTH:
        if not (kept.error or kept.reason):
            return {ENDED: _text({"state": kept.state, "run": kept.run, "exit_code": kept.exit_code})}
        cut = max(1, (len(text) - TAG_LENGTH) // 2)  # some letters are written as two
        kept = replace(kept, error=kept.error[:-cut]) if kept.error else replace(kept, reason="")
    return {ENDED: text}


def _text(value: Json) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def trouble(revision: Json) -> str:
    """Why a revision cannot become, or is no longer, what it should be; "" while all is well."""
    properties: Mapping[str, Any] = revision.get("properties") or {}
    details = str(properties.get("runningStateDetails") or "")
    error = str(properties.get("provisioningError") or "")
    if properties.get("runningState") in ("Failed", "Degraded") or error:
        return details or error or str(properties.get("runningState") or "")
    return ""


def is_crashing(text: str) -> bool:
    """Whether a revision's trouble is a container that ends again and again."""
    return "Container crashing" in text


def time_of(text: str) -> datetime | None:
    """An aware datetime of Azure's text; None without one."""
    if not text:
        return None
    found = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text).replace("Z", "+00:00"))
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def started_at(details: str) -> datetime | None:
    """When a container was started, from "Container started at: 6/22/2026 3:14:40 PM."; None without that."""
    found = _STARTED.search(details)
    if found is None:
        return None
    month, day, year, hour, minute, second = (int(found[number]) for number in range(1, 7))
    return datetime(year, month, day, hour % 12 + (12 if found[7] == "P" else 0), minute, second, tzinfo=UTC)
