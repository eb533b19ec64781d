"""What Container Apps cannot honour of `docker run`, as data: what jobs cannot either, without what an app can.

SOURCE: azure-rest-api-specs, Microsoft.App/ContainerApps stable/2026-07-01: the fields that an app's container has, and
the many that it does not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from azdock.backends import aca_job_gaps, probe_map
from azdock.backends.base import Gap
from azdock.docker.spec import ContainerSpec

# What an app has and a job has not.
OWN: frozenset[str] = frozenset(
    {"expose", "publish", "publish-all", "restart", "scale", "stop-timeout", "tty"}
    | {"health-cmd", "health-interval", "health-retries", "health-start-interval", "health-start-period"}
    | {"health-timeout", "health-via", "liveness-probe", "readiness-probe", "startup-probe"}
)
SUPPORTED = (aca_job_gaps.SUPPORTED | OWN) - {"timeout"}


def _timeout(_spec: ContainerSpec) -> Gap | None:
    return Gap(
        "timeout",
        "refuse",
        "an app stays up until it is stopped",
        "use --backend job, or `azdock stop` when its time is over",
    )


def _scale(spec: ContainerSpec) -> Gap | None:
    least, most = spec.scale or (1, 1)
    if spec.session and (least, most) != (1, 1):
        return Gap("scale", "refuse", "a session has one container", "start it with -d, and use `azdock exec -it`")
    return None


def _tty(spec: ContainerSpec) -> Gap | None:
    return None if spec.session else aca_job_gaps.BY_VALUE["tty"](spec)


def _nothing(_spec: ContainerSpec) -> Gap | None:
    return None


BY_VALUE: Mapping[str, Callable[[ContainerSpec], Gap | None]] = {
    **aca_job_gaps.BY_VALUE,
    "restart": _nothing,
    "scale": _scale,
    "timeout": _timeout,
    "tty": _tty,
}
GAPS: Mapping[str, Gap] = {name: gap for name, gap in aca_job_gaps.GAPS.items() if name not in OWN}


def gaps(spec: ContainerSpec) -> list[Gap]:
    """The gaps of a spec, refusals first; a switch that was turned off is none."""
    found = [*aca_job_gaps.judged(spec, GAPS, BY_VALUE, SUPPORTED), *probe_map.gaps(spec)]
    return sorted(found, key=lambda gap: gap.action != "refuse")
