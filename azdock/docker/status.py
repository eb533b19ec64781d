"""The STATUS and CREATED columns of ps."""

from __future__ import annotations

from datetime import datetime

from azdock.docker.record import Status
from azdock.docker.units import human_duration


def running_for(created: datetime, now: datetime) -> str:
    """ "3 minutes ago"."""
    return f"{_since(created, now)} ago"


def status_text(status: Status, created: datetime, now: datetime) -> str:
    """ "Up 3 minutes (healthy) (2 restarts)", "Exited (1) 2 hours ago", "Created"; `created` stands in for a missing
    end."""
    started = _since(status.started_at or created, now)
    ended = _since(status.finished_at or created, now)
    texts = {
        "running": f"Up {started}{_health(status)}{_restarts(status)}",
        "paused": f"Up {started} (Paused)",
        "restarting": f"Restarting ({status.exit_code}) {_since(_last(status) or created, now)} ago{_restarts(status)}",
        "removing": "Removal In Progress",
        "dead": "Dead",
        "created": f"Created{_health(status)}{_serving(status)}",
        "exited": f"Exited ({status.exit_code}) {ended} ago{_serving(status)}",
    }
    return texts[status.state]


def _last(status: Status) -> datetime | None:
    """When the attempt before the next one ended; the beginning of it where Azure does not tell."""
    return status.finished_at or status.started_at


def _health(status: Status) -> str:
    if not status.health:
        return ""
    return " (health: starting)" if status.health == "starting" else f" ({status.health})"


def _serving(status: Status) -> str:
    """What docker has no word for: a function app goes on taking requests when a run of it is over."""
    if not status.serving:
        return ""
    told = [f"{status.instances} instances"] if status.instances > 1 else []
    told += [f"slots: {', '.join(status.slots)}"] if status.slots else []
    return f" (serving{''.join(f', {one}' for one in told)})"


def _restarts(status: Status) -> str:
    """How often Azure has started it anew; docker tells that in inspect only."""
    if not status.restarts:
        return ""
    return f" ({status.restarts} restart{'' if status.restarts == 1 else 's'})"


def _since(moment: datetime, now: datetime) -> str:
    return human_duration(max((now - moment).total_seconds(), 0.0))
