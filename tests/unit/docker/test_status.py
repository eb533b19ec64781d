"""The STATUS and CREATED columns."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from azdock.docker.record import Status
from azdock.docker.status import running_for, status_text

NOW = datetime(2024, 1, 1, 12, tzinfo=UTC)
EARLIER = NOW - timedelta(minutes=3)
CREATED = NOW - timedelta(hours=2)


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (Status(), "Created"),
        (Status("running", started_at=EARLIER), "Up 3 minutes"),
        (Status("running", started_at=NOW + timedelta(seconds=5)), "Up Less than a second"),
        (Status("paused", started_at=EARLIER), "Up 3 minutes (Paused)"),
        (Status("restarting", exit_code=1, finished_at=EARLIER), "Restarting (1) 3 minutes ago"),
        (Status("restarting", exit_code=1, started_at=EARLIER), "Restarting (1) 3 minutes ago"),
        (Status("exited", exit_code=137, finished_at=EARLIER), "Exited (137) 3 minutes ago"),
        (Status("exited"), "Exited (0) 2 hours ago"),
        (Status("running", started_at=EARLIER, health="healthy"), "Up 3 minutes (healthy)"),
        (Status("running", started_at=EARLIER, health="unhealthy"), "Up 3 minutes (unhealthy)"),
        (Status("running", started_at=EARLIER, health="starting"), "Up 3 minutes (health: starting)"),
        (Status("created", health="starting"), "Created (health: starting)"),
        (Status("running", started_at=EARLIER, restarts=1), "Up 3 minutes (1 restart)"),
        (Status("running", started_at=EARLIER, restarts=2, health="healthy"), "Up 3 minutes (healthy) (2 restarts)"),
        (Status("restarting", started_at=EARLIER, restarts=4), "Restarting (0) 3 minutes ago (4 restarts)"),
        (Status("exited", finished_at=EARLIER, serving=True), "Exited (0) 3 minutes ago (serving)"),
        (Status(serving=True), "Created (serving)"),
        (
            Status("exited", finished_at=EARLIER, serving=True, instances=3, slots=("blue", "staging")),
            "Exited (0) 3 minutes ago (serving, 3 instances, slots: blue, staging)",
        ),
        (Status("exited", finished_at=EARLIER, serving=True, instances=1), "Exited (0) 3 minutes ago (serving)"),
        (Status("removing"), "Removal In Progress"),
        (Status("dead"), "Dead"),
    ],
)
def test_status_text(status: Status, text: str) -> None:
    """A status is worded as docker words it; a time that is missing is that of creation."""
    assert status_text(status, CREATED, NOW) == text


def test_running_for() -> None:
    """CREATED says how long ago."""
    assert running_for(CREATED, NOW) == "2 hours ago"
