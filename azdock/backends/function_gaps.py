"""What no function app can honour of `docker run`, as data, whatever it is hosted on.

SOURCE: azure-docs, azure-functions/functions-scale.md (time-outs), functions-how-to-custom-container.md;
azure-rest-api-specs, Microsoft.App/ContainerApps stable/2026-07-01 and Microsoft.Web (what a container has in both).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from azdock.backends import aca_app_gaps, aca_job_gaps, function_port
from azdock.backends.base import Gap
from azdock.backends.function_hosting import ACA, FRONT_END_SECONDS, PLAN
from azdock.docker.spec import ContainerSpec, ImageFacts

_ADDRESS = "a function app has one HTTP address of its own"
_USE_APP = "use --backend app; the address of a function app is told by `azdock port NAME`"
_PORT_ALONE = (
    f"leave it away: `azdock port NAME` tells the address (-e {function_port.SETTING}=N says which port it is)"
)
_HEALTH = "Azure checks the Functions host by itself"
_HEALTH_ALTERNATIVE = "use --backend app, or let a function of the image tell"
PORTS = frozenset({"expose", "publish", "publish-all"})
HEALTH = frozenset(
    {"health-cmd", "health-interval", "health-retries", "health-start-interval", "health-start-period"}
    | {"health-timeout", "health-via", "liveness-probe", "readiness-probe", "startup-probe"}
)
# What a function app has and neither a job nor an app.
OWN: frozenset[str] = frozenset({"data", "header", "method", "plan", "route", "timeout", "yes"})
SUPPORTED = (aca_app_gaps.SUPPORTED | OWN) - PORTS - HEALTH - {"init", "tty", "workdir"}

NO_PLAN = Gap(
    "plan", "refuse", "azdock hosts functions on Container Apps only, not on App Service plans yet",
    "leave it away (and the plan of the context, and AZDOCK_PLAN)",
)  # fmt: skip
GAPS: Mapping[str, Gap] = {
    **{name: gap for name, gap in aca_job_gaps.GAPS.items() if name not in OWN | {"scale", "stop-timeout"}},
    **{name: Gap(name, "refuse", _ADDRESS, _PORT_ALONE if name == "expose" else _USE_APP) for name in PORTS},
    **{name: Gap(name, "refuse", _HEALTH, _HEALTH_ALTERNATIVE) for name in HEALTH},
    "init": Gap("init", "warn", "the command of a function app is not wrapped, so that it is its own first process"),
    "workdir": Gap(
        "workdir",
        "refuse",
        "Azure takes the working directory of a function app from its image",
        "set WORKDIR in the image, or use `sh -c 'cd DIR && exec COMMAND'`",
    ),
}


def _restart(spec: ContainerSpec) -> Gap | None:
    if spec.restart.name == "no":
        return None
    reason = "Azure keeps a function app up by itself, and a run of it is one request"
    return Gap("restart", "refuse", reason, "leave it away, or use --backend app")


def _tty(_spec: ContainerSpec) -> Gap | None:
    return Gap("tty", "refuse", "an invocation has no terminal", "start it with -d and use `azdock exec -it`")


def _shim(spec: ContainerSpec) -> Gap | None:
    if spec.shim != "always":
        return None
    return Gap("shim", "refuse", "the command of a function app is never wrapped", "leave it away")


BY_VALUE: Mapping[str, Callable[[ContainerSpec], Gap | None]] = {
    **aca_job_gaps.BY_VALUE,
    "restart": _restart,
    "shim": _shim,
    "tty": _tty,
}


def gaps(spec: ContainerSpec) -> list[Gap]:
    """The gaps of a spec, refusals first; a switch that was turned off is none."""
    found = aca_job_gaps.judged(spec, GAPS, BY_VALUE, SUPPORTED)
    if spec.plan:
        found.append(NO_PLAN)
    return sorted(found, key=lambda gap: gap.action != "refuse")


def notices(spec: ContainerSpec, image: ImageFacts) -> list[str]:
    """Which port requests go to where that may surprise, what of the image is not used, and a time-out that the front
    end undercuts."""
    found = []
    port = function_port.port(spec, image)
    if port != function_port.DEFAULT:
        found.append(f"requests go to port {port} of the container")
    if image.health and image.health != ("NONE",):
        found.append(f"the image's HEALTHCHECK is not run: {_HEALTH}")
    limit = FRONT_END_SECONDS[PLAN if spec.plan else ACA]
    if "timeout" in spec.asked and spec.timeout > limit:
        found.append(
            f"--timeout {spec.asked['timeout']}: Azure cuts a request that is not answered within {limit:.0f} seconds; "
            "a function that takes longer answers 202 with a Location (as Durable Functions do), which azdock follows, "
            "or runs with --backend job"
        )
    return found
