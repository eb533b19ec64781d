"""Flags of run and create become a ContainerSpec, in the order in which docker's client finds mistakes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from azdock.commands import spec_health, spec_network
from azdock.commands.flags import CreateFlags
from azdock.docker import envvars, image, labels, restart
from azdock.docker.spec import ContainerSpec, Resources, Restart
from azdock.docker.values import BadValue
from azdock.errors import DaemonError, UsageError

if TYPE_CHECKING:
    from azdock.docker.mounts import Mount

PULL_POLICIES = ("always", "missing", "never")
MEBIBYTE = 1024 * 1024
LEAST_MEMORY = 6 * MEBIBYTE  # moby, daemon/daemon_unix.go: linuxMinMemory
OUTPUTS = ("stdout", "stderr")


def build(flags: CreateFlags, args: Sequence[str], environ: Mapping[str, str], path: str) -> ContainerSpec:
    """The container that was asked for; `path` is the verb as typed. Raises UsageError for what docker's client
    refuses before it looks at the image."""
    try:
        return _build(flags, args, environ)
    except BadValue as bad:
        raise UsageError(f"azdock: {bad}\n\nRun '{path} --help' for more information") from bad


def check(spec: ContainerSpec, pull: str) -> None:
    """What docker's client and engine refuse next. Raises BadValue and DaemonError."""
    image.parse(spec.image)
    if pull not in PULL_POLICIES:
        raise BadValue(f'invalid pull option: \'{pull}\': must be one of "always", "missing" or "never"')
    limits = spec.resources
    if limits.memory and limits.memory < LEAST_MEMORY:
        raise DaemonError("Minimum memory limit allowed is 6MB")
    if limits.memory and limits.memory < limits.memory_reservation:
        raise DaemonError("Minimum memory limit can not be less than memory reservation limit, see usage")
    if limits.nano_cpus < 0:
        raise DaemonError("Range of CPUs starts at 0.01")
    if spec.workdir and not spec.workdir.startswith("/"):
        raise DaemonError(f"the working directory '{spec.workdir}' is invalid, it needs to be an absolute path")
    try:
        restart.check(spec.restart)
    except BadValue as bad:
        raise DaemonError(str(bad)) from bad


def _build(flags: CreateFlags, args: Sequence[str], environ: Mapping[str, str]) -> ContainerSpec:
    _check_syntax(flags)
    policy = restart.parse(flags.restart)
    spec = ContainerSpec(
        image=args[0],
        command=tuple(args[1:]),
        entrypoint=_entrypoint(flags.entrypoint),
        env=_environment(flags, environ),
        labels=_labels(flags),
        resources=Resources(flags.cpus or 0, flags.memory or 0, flags.memory_reservation or 0),
        restart=policy,
        tty=flags.tty,
        stdin_open=flags.interactive,
        attach=flags.attach or OUTPUTS,
        auto_remove=flags.rm,
        hostname=flags.hostname,
        user=flags.user,
        workdir=flags.workdir,
        stop_signal=flags.stop_signal,
        stop_timeout=flags.stop_timeout,
        workload_profile=flags.workload_profile,
        init=flags.init,
        scale=flags.scale,
        ports=spec_network.published(flags),
        publish_all=flags.publish_all,
        expose=spec_network.exposed(flags),
        health=spec_health.health_of(flags),
        network=spec_network.network_of(flags),
        plan=flags.plan,
        route=flags.route,
        method=flags.method,
        mounts=_mounts(flags),
        asked=dict(flags.given),
    )
    _check_restart(flags, policy)
    return spec if flags.timeout is None else replace(spec, timeout=int(flags.timeout))


def _check_syntax(flags: CreateFlags) -> None:
    if flags.memory_swappiness != -1 and not 0 <= flags.memory_swappiness <= 100:
        raise BadValue(f"invalid value: {flags.memory_swappiness}. Valid memory swappiness range is 0-100")
    _mounts(flags)
    spec_network.published(flags)
    spec_network.exposed(flags)
    spec_network.check_networks(flags)


def _mounts(flags: CreateFlags) -> tuple[Mount, ...]:
    if not (flags.volume or flags.mount or flags.tmpfs):
        return ()
    from azdock.commands.mounting import mounts_of

    return mounts_of(flags)


def _check_restart(flags: CreateFlags, policy: Restart) -> None:
    if flags.rm and policy.name != "no":
        raise BadValue("conflicting options: cannot specify both --restart and --rm")


def _entrypoint(text: str | None) -> tuple[str, ...] | None:
    if text is None:
        return None
    return (text,) if text else ()


def _environment(flags: CreateFlags, environ: Mapping[str, str]) -> tuple[str, ...]:
    lines: list[str] = []
    for name in flags.env_file:
        lines += envvars.parse_env_file(read_file(name), name, environ)
    return (*lines, *envvars.parse_env(flags.env, environ))


def _labels(flags: CreateFlags) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in flags.label_file:
        found |= labels.parse_label_file(read_file(name), name)
    return found | labels.parse_labels(flags.label)


def read_file(name: str) -> bytes:
    """The content of a file that a flag names. Raises BadValue in the words of Go's os.Open."""
    try:
        return Path(name).read_bytes()
    except OSError as failed:
        raise BadValue(f"open {name}: {(failed.strerror or 'cannot be read').lower()}") from failed
