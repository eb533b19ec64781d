"""The table of reason codes."""

from __future__ import annotations

import pytest

from azdock.backends.reasons import EXITS, REASONS, Reason, of_exit

WORDS = {
    "name": "n",
    "image": "i",
    "memory": "1Gi",
    "more_memory": "--memory 2g",
    "timeout": 1,
    "longer": 2,
    "detail": "",
}
# learn.microsoft.com, log-monitoring and jobs; practical-guide labs: every reason that was seen in an event or status
SEEN = """\
StartingGettingEvents ConnectedToEventsServer RevisionCreation RevisionUpdate RevisionDeactivating
RollingRevisionCompleted ContainerAppUpdate ContainerAppReady ContainerAppFailure RevisionReady AssigningReplica
PullingImage PulledImage ImagePulled ImagePullUnauthorized ImagePullFailed ImagePullFailure ContainerCreated
ContainerStarted ContainerTerminated ProcessExited ContainerCreateFailure ManuallyStopped VolumeMountFailure
ProbeStarted ProbeFailed ProbeFailure KEDAScalersStarted KEDAScalersStopped ScaledObjectDeleted ScaledObjectCheckFailed
KEDAScaleTargetDeactivated FailedGetScale FailedGetContainerResourceMetric BackOff Pending:PortMismatch RevisionFailed
ReplicaFailed SuccessfulCreate Completed Failed BackoffLimitExceeded DeadlineExceeded ImagePullBackOff CrashLoopBackOff
OOMKilled Succeeded Stopped Error MaxNumberOfRegionalEnvironmentsInSubExceeded PodDeletion
MaxNumberOfGlobalEnvironmentsInSubExceeded ContainerAppOperationInProgress RequestDisallowedByPolicy
ContainerAppOperationError InvalidParameterValueInContainerTemplate ScaledToZero QuotaExceeded
"""


def test_every_reason_is_known() -> None:
    """No reason that Azure is known to give is left unexplained."""
    assert set(SEEN.split()) <= set(REASONS)


@pytest.mark.parametrize("row", [*REASONS.values(), *EXITS.values(), of_exit(7)])
def test_rows(row: Reason) -> None:
    """A sentence without its full stop, whose placeholders are all known, and a command."""
    cause = row.cause.format(**WORDS)
    assert cause and not cause.endswith(".") and "{" not in cause
    assert row.next.format(**WORDS).startswith(("azdock ", "az "))


@pytest.mark.parametrize("code", [0, 1, 2, 125, 126, 127, 137, 139, 143])
def test_exit_codes(code: int) -> None:
    """The codes that mean something by convention have a sentence of their own that names them."""
    assert f"exit code {code}" in of_exit(code).cause
    assert of_exit(code) is EXITS[code]
