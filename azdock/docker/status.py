"""The STATUS and CREATED columns of ps."""

from __future__ import annotations

from datetime import datetime

from azdock.docker.record import Status
from azdock.docker.units import human_duration


def running_for(created: datetime, now: datetime) -> str:
    """ "3 minutes ago"."""
    return f"{_since(created, now)} ago"


def status_text(status: Status, created: datetime, now: datetime) -> str:
    """ "Up 3 minutes", "Exited (1) 2 hours ago", "Created"; `created` stands in for a missing end."""
    started = _since(status.started_at or created, now)
    ended = _since(status.finished_at or created, now)
    texts = {
        "running": f"Up {started}",
        "paused": f"Up {started} (Paused)",
        "restarting": f"Restarting ({status.exit_code}) {ended} ago",
        "removing": "Removal In Progress",
        "dead": "Dead",
        "created": "Created",
        "exited": f"Exited ({status.exit_code}) {ended} ago",
    }
    return texts[status.state]


def _since(moment: datetime, now: datetime) -> str:
    return human_duration(max((now - moment).total_seconds(), 0.0))
