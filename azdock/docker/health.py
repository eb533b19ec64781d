"""Health checks: what --health-* and the probe flags ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Probe:
    """One check. `kind` http and tcp are done by the platform, exec by azdock when it looks. Times are seconds, 0 for
    the default; `command` is docker's test (("CMD-SHELL", text) or ("CMD", word, ...)), kept to be shown."""

    kind: Literal["http", "tcp", "exec"]
    port: int = 0
    path: str = ""
    scheme: Literal["http", "https"] = "http"
    command: tuple[str, ...] = ()
    interval: float = 0.0
    timeout: float = 0.0
    retries: int = 0
    delay: float = 0.0  # before the first check


@dataclass(frozen=True, slots=True)
class Health:
    """The checks of a container. `check` is docker's --health-cmd with the time it may take to start; startup,
    liveness and readiness are Azure's own, given by flags of their own. `disabled` is --no-healthcheck."""

    check: Probe | None = None
    start_period: float = 0.0
    start_interval: float = 0.0
    startup: Probe | None = None
    liveness: Probe | None = None
    readiness: Probe | None = None
    disabled: bool = False
