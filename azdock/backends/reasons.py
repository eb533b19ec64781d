"""Reason codes of Container Apps and exit codes of programs: what each means and what to type next.

`rank` orders them: a cause explains why, a symptom only that something went wrong, a step is how things go normally.
SOURCE: learn.microsoft.com/azure/container-apps/{jobs,troubleshooting,log-monitoring,containers};
kubernetes.io/docs/concepts/workloads/controllers/job; yeongseon/azure-container-apps-practical-guide (event texts).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

Rank = Literal["cause", "symptom", "step"]


class Reason(NamedTuple):
    """`cause` is a sentence without its full stop, `next` a command; both may name {name}, {image}, {memory},
    {more_memory}, {timeout} and {longer} (seconds), and {detail} (what Azure adds)."""

    rank: Rank
    cause: str
    next: str


LOGS = "azdock logs {name}"
WAIT = "azdock explain {name}"
AGAIN = "azdock start {name}"
MORE_MEMORY = "azdock run {more_memory} {image} ..."
PULL = "azdock run --pull always {image}"

# fmt: off
_ROWS: Mapping[str, Reason] = {
    # the image
    "ImagePullFailure ImagePullFailed ErrImagePull ImagePullBackOff ImageInspectError InvalidImageName": Reason(
        "cause", "Azure could not pull the image {image}{detail}", PULL),
    "ImagePullUnauthorized": Reason(
        "cause",
        "the registry did not let Azure pull the image {image}: credentials are missing, wrong or expired{detail}",
        "az acr login --name REGISTRY   (and name credentials or --identity that may pull {image})"),
    # the container
    "ContainerCreateFailure RunContainerError CreateContainerError CreateContainerConfigError StartError": Reason(
        "cause", "the container's program could not be started{detail}",
        "azdock inspect -f '{{{{.Path}}}} {{{{.Args}}}}' {name}"),
    "OOMKilled": Reason(
        "cause", "the container used more than its {memory} of memory and was killed (OOM)", MORE_MEMORY),
    "VolumeMountFailure FailedMount FailedAttachVolume": Reason(
        "cause", "a volume could not be mounted{detail}: a wrong share or key, or port 445 is blocked",
        "az containerapp env storage list --name ENVIRONMENT"),
    "ProbeFailed ProbeFailure Unhealthy": Reason(
        "cause", "a health probe failed and Azure restarted the container{detail}", LOGS),
    "PortMismatch Pending:PortMismatch": Reason(
        "cause", "the program does not listen on the port that Azure was told{detail}", LOGS),
    "ManuallyStopped Stopped": Reason("cause", "it was stopped by a person or a program, not by itself", AGAIN),
    # the run
    "DeadlineExceeded": Reason(
        "cause", "it ran longer than its timeout of {timeout} seconds and Azure ended it",
        "azdock run --timeout {longer} {image} ..."),
    "BackoffLimitExceeded": Reason("symptom", "it failed, and every attempt that it was allowed failed", LOGS),
    "Failed ReplicaFailed RevisionFailed ContainerAppFailure PodFailurePolicy": Reason(
        "symptom", "it failed{detail}", LOGS),
    "BackOff CrashLoopBackOff ContainerCrashing": Reason(
        "symptom", "the container ends again and again, and Azure waits longer each time before it starts it anew",
        LOGS),
    "ProcessExited ContainerTerminated Error": Reason("symptom", "the program ended{detail}", LOGS),
    "DeploymentProgressDeadlineExceeded": Reason(
        "cause", "it did not become ready in the time that Azure waits for it{detail}", LOGS),
    "InternalError": Reason("cause", "Azure itself failed{detail}", AGAIN),
    # room
    "FailedScheduling Unschedulable InsufficientCapacity": Reason(
        "cause", "Azure has no node with room for it{detail}", "az containerapp env list-usages --name ENVIRONMENT"),
    "QuotaExceeded ManagedEnvironmentCoresQuotaExceeded MaxNumberOfRegionalEnvironmentsInSubExceeded "
    "MaxNumberOfGlobalEnvironmentsInSubExceeded": Reason(
        "cause", "a quota of the environment or subscription is used up{detail}",
        "az containerapp env list-usages --name ENVIRONMENT"),
    "RequestDisallowedByPolicy": Reason(
        "cause", "an Azure policy forbids it{detail}", "az policy assignment list --output table"),
    "ContainerAppOperationInProgress": Reason(
        "cause", "another change to the same resource is still under way", WAIT),
    "ContainerAppOperationError InvalidParameterValueInContainerTemplate": Reason(
        "cause", "Azure refused the container when it was created{detail}", "azdock rm {name}"),
    # steps on the way
    "NeverStarted": Reason("step", "it was created and has never been started", AGAIN),
    "AssigningReplica": Reason("step", "it waits for a node to run on", WAIT),
    "SuccessfulCreate": Reason("step", "its replica was made and waits for a node", WAIT),
    "PullingImage": Reason("step", "Azure is pulling the image {image}", WAIT),
    "PulledImage ImagePulled": Reason("step", "the image is there and the container is being made", WAIT),
    "ContainerCreated": Reason("step", "the container was made and is about to start", WAIT),
    "ContainerStarted ProbeStarted": Reason("step", "it runs", LOGS),
    "Completed Succeeded": Reason("step", "it ran to its end and succeeded", LOGS),
    "PodDeletion": Reason("step", "its replica was removed after its end", LOGS),
    "ContainerAppUpdate RevisionCreation RevisionUpdate RevisionDeactivating RollingRevisionCompleted "
    "ContainerAppReady RevisionReady": Reason("step", "Azure puts a new revision in place", WAIT),
    "KEDAScalersStarted KEDAScalersStopped ScaledObjectDeleted": Reason("step", "Azure set up its scaling", WAIT),
    "ScaledToZero KEDAScaleTargetDeactivated": Reason(
        "cause", "Azure scaled it to zero because nothing asked for it", AGAIN),
    "ScaledObjectCheckFailed FailedGetScale FailedGetContainerResourceMetric": Reason(
        "symptom", "Azure could not read what its scaling rule asks for{detail}", LOGS),
    "StartingGettingEvents ConnectedToEventsServer": Reason("step", "Azure's event stream was opened", WAIT),
}
# fmt: on
REASONS: Mapping[str, Reason] = {name: row for names, row in _ROWS.items() for name in names.split()}

# Exit codes that say more than "failed".
# SOURCE: POSIX, Shell & Utilities 2.8.2; docs.docker.com, docker run, exit status
EXITS: Mapping[int, Reason] = {
    0: Reason("step", "the program ended with exit code 0: it succeeded", LOGS),
    1: Reason("symptom", "the program failed by itself with exit code 1; its output should say why", LOGS),
    2: Reason("symptom", "the program ended with exit code 2, which mostly means that its arguments were wrong", LOGS),
    125: Reason("symptom", "the program ended with exit code 125: a container tool inside it failed", LOGS),
    126: Reason("symptom", "a command was found but could not be executed (exit code 126): check its mode bits", LOGS),
    127: Reason("symptom", "a command was not found (exit code 127): check its name and the image's PATH", LOGS),
    134: Reason("symptom", "the program aborted itself (exit code 134, SIGABRT)", LOGS),
    137: Reason(
        "symptom",
        "the program was killed with SIGKILL (exit code 137), which mostly means that it used more than its {memory} "
        "of memory, though Azure does not say so",
        MORE_MEMORY,
    ),
    139: Reason("symptom", "the program crashed on a bad memory access (exit code 139, SIGSEGV)", LOGS),
    143: Reason("symptom", "the program was asked to end (exit code 143, SIGTERM)", AGAIN),
}


def of_exit(code: int) -> Reason:
    """What an exit code says."""
    if code in EXITS:
        return EXITS[code]
    signal = f", signal {code - 128}" if 128 < code < 193 else ""
    return Reason("symptom", f"the program ended with exit code {code}{signal}; its output should say why", LOGS)
