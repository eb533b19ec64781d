"""Pure translation: health checks to a Container App's probes, within Azure's ranges.

Docker's check is Azure's readiness probe: a container that fails it gets no requests, but is not restarted, as with
docker. SOURCE: azure-rest-api-specs, Microsoft.App/ContainerApps stable/2026-07-01 (ContainerAppProbe): an HTTP or TCP
check, initialDelaySeconds 1-60, periodSeconds and timeoutSeconds 1-240, failureThreshold 1-10.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from azdock.backends.base import Gap
from azdock.docker import health
from azdock.docker.health import Health, Probe
from azdock.docker.spec import ContainerSpec, ImageFacts

Json = dict[str, Any]
NOTHING = ImageFacts()
SECONDS, FAILURES, DELAY = 240, 10, 60  # the most of each
# Azure's own period where docker's 30 seconds were not asked for: a container serves only once it was found ready
PERIOD = 10


def probes(spec: ContainerSpec, image: ImageFacts = NOTHING) -> list[Json]:
    """`probes` of the container in an app's template; [] when Azure is to check nothing."""
    asked = spec.health or Health()
    found = [
        _probe(kind, one)
        for kind, one in (("Startup", asked.startup), ("Liveness", asked.liveness), ("Readiness", asked.readiness))
        if one is not None
    ]
    check = check_of(spec, image)
    if check is not None and check.kind != "exec" and asked.readiness is None:
        found.append(_check(check))
    return found


def check_of(spec: ContainerSpec, image: ImageFacts = NOTHING) -> Probe | None:
    """The check that docker would do: --health-cmd, else the image's HEALTHCHECK; None without one.

    The image's is about its own program, so it does not hold for a command that waits for its session.
    """
    return health.effective(spec.health, () if spec.session else image.health, image.health_settings)


def checked(spec: ContainerSpec, image: ImageFacts = NOTHING) -> bool:
    """Whether being ready means healthy: Azure does a check that the user or the image asked for."""
    return any(one["type"] == "Readiness" for one in probes(spec, image))


def gaps(spec: ContainerSpec, image: ImageFacts = NOTHING) -> list[Gap]:
    """The checks that Azure cannot do: a command that is no HTTP or TCP check, unless azdock is to run it."""
    asked = spec.health or Health()
    if asked.check is None or asked.check.kind != "exec" or spec.asked.get("health-via") == "exec":
        check = check_of(spec, image)
        if check is None and image.id and asked.check is not None and not asked.check.command:
            flag = next((name for name in spec.asked if name.startswith("health-")), "health-interval")
            return [Gap(flag, "refuse", "the image has no HEALTHCHECK to change", "give --health-cmd, too")]
        return []
    return [
        Gap(
            "health-cmd",
            "refuse",
            f"Azure checks health by HTTP and TCP and runs no command ({' '.join(asked.check.command[1:])})",
            "use curl -f, wget or nc -z to localhost, --readiness-probe, or let azdock run it: --health-via exec",
        )
    ]


def notices(spec: ContainerSpec, image: ImageFacts = NOTHING) -> list[str]:
    """What is rounded into Azure's ranges, and what of a check Azure does not know; one sentence each."""
    found = list(_rounded(spec, image))
    asked = spec.health or Health()
    if asked.start_interval:
        found.append("--health-start-interval is ignored: Azure checks at one interval")
    check = check_of(spec, image)
    if check is not None and check.kind == "exec" and spec.health is None:
        shown = " ".join(check.command[1:])
        found.append(
            f"the image's HEALTHCHECK is ignored: Azure checks health by HTTP and TCP and runs no command ({shown})"
        )
    return found


# ---- one probe
def _probe(kind: str, probe: Probe) -> Json:
    """A probe of the flags: what it does not say is left to Azure."""
    times = {
        "initialDelaySeconds": _within(probe.delay, DELAY),
        "periodSeconds": _within(probe.interval, SECONDS),
        "timeoutSeconds": _within(probe.timeout, SECONDS),
        "failureThreshold": _within(probe.retries, FAILURES),
    }
    return {"type": kind, **_target(probe), **{name: value for name, value in times.items() if value}}


def _check(probe: Probe) -> Json:
    """Docker's check with docker's times. Without an interval it is done more often, and may fail as long."""
    retries = probe.retries or health.RETRIES
    period = _within(probe.interval, SECONDS) or PERIOD
    if not probe.interval:
        retries = math.ceil(retries * health.INTERVAL / PERIOD)
    return {
        "type": "Readiness",
        **_target(probe),
        "periodSeconds": period,
        "timeoutSeconds": _within(probe.timeout or health.TIMEOUT, SECONDS),
        "failureThreshold": _within(retries, FAILURES),
    }


def _target(probe: Probe) -> Json:
    if probe.kind == "tcp":
        return {"tcpSocket": {"port": probe.port}}
    return {"httpGet": {"path": probe.path or "/", "port": probe.port, "scheme": probe.scheme.upper()}}


def _within(value: float, most: int) -> int:
    """A whole number from 1 to `most`; 0 stays 0."""
    return min(max(math.ceil(value), 1), most) if value else 0


def _rounded(spec: ContainerSpec, image: ImageFacts) -> Iterator[str]:
    asked = spec.health or Health()
    check = check_of(spec, image)
    if check is not None and check.kind != "exec":
        yield from _off("--health-interval", check.interval, SECONDS, " seconds")
        yield from _off("--health-timeout", check.timeout, SECONDS, " seconds")
        yield from _off("--health-retries", check.retries, FAILURES, "")
    for kind in ("startup", "liveness", "readiness"):
        probe: Probe | None = getattr(asked, kind)
        if probe is not None:
            yield from _off(f"--{kind}-probe delay", probe.delay, DELAY, " seconds")
            yield from _off(f"--{kind}-probe period", probe.interval, SECONDS, " seconds")
            yield from _off(f"--{kind}-probe timeout", probe.timeout, SECONDS, " seconds")
            yield from _off(f"--{kind}-probe failures", probe.retries, FAILURES, "")


def _off(flag: str, value: float, most: int, unit: str) -> Iterator[str]:
    taken = _within(value, most)
    if taken != value:
        yield f"{flag} {value:g} becomes {taken}{unit}: Azure takes whole numbers from 1 to {most}"
