"""The words for how a revision is doing."""

from __future__ import annotations

import pytest

from azdock.emulator.appfacts import Count, ReplicaFacts, RevisionFacts, revision, wrong_port

REPLICA = (ReplicaFacts("r", 0, "Running", "", ()),)
PORT = "The TargetPort 8000 does not match the listening port 3000."
LATE = "Deployment Progress Deadline Exceeded. 0/1 replicas ready."


@pytest.mark.parametrize(
    ("count", "late", "once", "expected"),
    [
        (Count(1, 1, 1), False, True, ("RunningAtMaxScale", "", "Healthy", "Provisioned")),
        (Count(1, 1, 3), True, True, ("Running", "", "Healthy", "Provisioned")),
        (Count(1, 0, 1), False, False, ("Activating", "", "None", "Provisioned")),
        (Count(1, 0, 1), False, True, ("Activating", "", "Unhealthy", "Provisioned")),
        (Count(0, 0, 1), False, True, ("ScaledToZero", "", "Healthy", "Provisioned")),
        (Count(1, 0, 1), True, False, ("Degraded", LATE, "Unhealthy", "Failed")),
        (Count(1, 0, 1, mismatch=PORT), True, False, ("Degraded", f"{LATE} {PORT}", "Unhealthy", "Failed")),
        (Count(1, 0, 1, ["app"]), False, False, ("Failed", "1/1 Container crashing: app", "Unhealthy", "Failed")),
        (Count(2, 1, 2, ["app"]), False, True, ("Degraded", "1/2 Container crashing: app", "Unhealthy", "Provisioned")),
        (
            Count(1, 0, 1, ["app"], mismatch=PORT),
            False,
            False,
            ("Failed", f"{PORT} 1/1 Container crashing: app", "Unhealthy", "Failed"),
        ),
        (
            Count(1, 0, 1, (), ["ImagePullBackOff"]),
            True,
            False,
            ("Failed", "1/1 Pending:ImagePullBackOff on legion", "Unhealthy", "Failed"),
        ),
    ],
)
def test_states(count: Count, late: bool, once: bool, expected: tuple[str, str, str, str]) -> None:
    """Running only when every replica is ready; what is wrong is named as live Azure names it."""
    replicas = REPLICA if count.total else ()
    assert revision(count, replicas, late=late, once=once) == RevisionFacts(*expected, replicas)


def test_not_yet_a_replica() -> None:
    """A revision whose first replica is not listed yet is being provisioned."""
    assert revision(Count(1, 0, 1), (), late=False, once=False) == RevisionFacts(
        "Processing", "", "None", "Provisioning"
    )


@pytest.mark.parametrize(("listening", "text"), [([], ""), ([8000], ""), ([80, 8000], ""), ([3000], PORT)])
def test_wrong_port(listening: list[int], text: str) -> None:
    """A wrong port is told only when something listens elsewhere."""
    assert wrong_port(8000, listening) == text
