"""What a container app's revisions, replicas and containers are doing, in the words that live Azure uses.

Sources: azure-rest-api-specs Microsoft.App 2026-07-01 (Revision, Replica); azure-container-apps-practical-guide labs,
captures of June 2026 (RunningAtMaxScale, Degraded, Failed and their details)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from azdock.emulator.clock import spoken

CRASHING, PULLING_BACK, MOUNTING = "CrashLoopBackOff", "ImagePullBackOff", "VolumeMountFailure"


@dataclass(frozen=True, slots=True)
class ContainerFacts:
    """A container of a replica. `endpoints` tells whether its log and exec addresses are known yet."""

    name: str
    id: str
    ready: bool
    started: bool
    restarts: int
    running_state: str  # Running, Terminated or Waiting
    details: str
    endpoints: bool
    initial: bool = False  # an init container


@dataclass(frozen=True, slots=True)
class ReplicaFacts:
    """A replica of a revision; `running_state` is Running or NotRunning."""

    name: str
    created_ns: int
    running_state: str
    details: str
    containers: tuple[ContainerFacts, ...]


@dataclass(frozen=True, slots=True)
class RevisionFacts:
    """A revision as it is now; `details` is "" when all is well."""

    running_state: str
    details: str
    health_state: str  # Healthy, Unhealthy or None
    provisioning_state: str
    replicas: tuple[ReplicaFacts, ...] = ()


@dataclass(frozen=True, slots=True)
class Count:
    """The replicas of a revision by what they are doing, and what is known of those that do not run."""

    total: int
    ready: int
    most: int  # maxReplicas
    crashing: Sequence[str] = ()  # the container of each replica that crashes again and again
    pending: Sequence[str] = ()  # the reason of each that cannot be started
    mismatch: str = ""  # a target port on which nothing listens


def waiting(reason: str) -> str:
    """The details of a container that waits."""
    return f"Container is waiting with reason: {reason} on legion."


def running(started_ns: int) -> str:
    """The details of a container that runs."""
    return f"Container started at: {spoken(started_ns)}."


def ended(reason: str, code: int) -> str:
    """The details of a container that has ended."""
    return f"Container was terminated with reason: {reason}, exit code: {code}."


def wrong_port(target: int, listening: Sequence[int]) -> str:
    """A sentence when a container listens, and not on the target port; else ""."""
    if not listening or target in listening:
        return ""
    return f"The TargetPort {target} does not match the listening port {listening[0]}."


def trouble(count: Count, late: bool) -> tuple[str, str]:
    """Why a revision is not well: the details of its state and the provisioning error; both "" when it is.

    `late` tells that it was not ready when its deployment should have been.
    """
    if count.crashing:
        error = f"Container crashing: {count.crashing[0]}"
        text = f"{len(count.crashing)}/{count.total} {error}"
        return (f"{count.mismatch} {text}" if count.mismatch else text), error
    if count.pending:
        error = f"Pending:{count.pending[0]} on legion"
        return f"{len(count.pending)}/{count.total} {error}", error
    if late and count.ready < count.total:
        text = f"Deployment Progress Deadline Exceeded. {count.ready}/{count.total} replicas ready."
        text = f"{text} {count.mismatch}" if count.mismatch else text
        return text, text
    return "", ""


def revision(count: Count, replicas: tuple[ReplicaFacts, ...], *, late: bool, once: bool) -> RevisionFacts:
    """The state of an active revision; `once` tells that it has been ready before."""
    details, error = trouble(count, late)
    if error:
        failed = bool(count.crashing or count.pending) and count.ready == 0
        state = "Failed" if failed else "Degraded"
        return RevisionFacts(state, details, "Unhealthy", "Provisioned" if once else "Failed", replicas)
    if count.total and not replicas and not once:
        return RevisionFacts("Processing", "", "None", "Provisioning")
    if not count.total:
        return RevisionFacts("ScaledToZero", "", "Healthy" if once else "None", "Provisioned", replicas)
    if count.ready < count.total:
        return RevisionFacts("Activating", "", "Unhealthy" if once else "None", "Provisioned", replicas)
    state = "RunningAtMaxScale" if count.total >= count.most else "Running"
    return RevisionFacts(state, "", "Healthy", "Provisioned", replicas)
