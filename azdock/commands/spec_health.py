"""The --health-* and probe flags become checks, with the mistakes that docker's client finds."""

from __future__ import annotations

from azdock.commands.flags import CreateFlags
from azdock.docker.health import Health, Probe, parse_probe, translate
from azdock.docker.values import BadValue

_TIMES = ("health_interval", "health_timeout", "health_retries", "health_start_period", "health_start_interval")


def health_of(flags: CreateFlags) -> Health | None:
    """The checks asked for; None without any. Raises BadValue in docker's words.

    A command is translated into a check of Azure's where it is one, unless --health-via exec says that azdock runs it.
    """
    asked = any((flags.health_cmd, *(getattr(flags, name) for name in _TIMES)))
    own = [
        parse_probe(text) if text else None
        for text in (flags.startup_probe, flags.liveness_probe, flags.readiness_probe)
    ]
    if flags.no_healthcheck:
        if asked:
            raise BadValue("--no-healthcheck conflicts with --health-* options")
        return Health(startup=own[0], liveness=own[1], readiness=own[2], disabled=True)
    if asked and flags.readiness_probe:
        raise BadValue("conflicting options: --readiness-probe and --health-*, each is the check of readiness")
    if not asked and flags.health_via != "exec" and not any(own):
        return None
    for name in _TIMES:
        if (getattr(flags, name) or 0) < 0:
            raise BadValue(f"--{name.replace('_', '-')} cannot be negative")
    return Health(
        check=_check(flags) if asked or flags.health_via == "exec" else None,
        start_period=flags.health_start_period or 0.0,
        start_interval=flags.health_start_interval or 0.0,
        startup=own[0],
        liveness=own[1],
        readiness=own[2],
    )


def _check(flags: CreateFlags) -> Probe:
    command = ("CMD-SHELL", flags.health_cmd) if flags.health_cmd else ()
    by_exec = flags.health_via == "exec"
    found = translate(command) if command and not by_exec else None
    if found is None:
        # without a command it is the image's test that is meant
        found = Probe("exec" if command or by_exec else "http", command=command)
    return Probe(
        found.kind,
        found.port,
        found.path,
        found.scheme,
        command,
        interval=flags.health_interval or 0.0,
        timeout=flags.health_timeout or 0.0,
        retries=flags.health_retries or 0,
    )
