"""azdock update: change containers in place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from azdock.cli.env import Env
from azdock.cli.flags import UNSET, flag
from azdock.cli.verb import verb
from azdock.commands import checks, targets
from azdock.docker import envvars, image, restart
from azdock.docker.spec import EMPTY
from azdock.docker.values import BadValue
from azdock.errors import AzdockError, DaemonError, Unsupported

if TYPE_CHECKING:
    from azdock.services.updating import Changes

CPUS_ONLY = "CPU is limited with --cpus only"
NO_FIELD = "Azure Container Apps have no such setting"


@dataclass(frozen=True, slots=True)
class UpdateFlags:
    """The flags of `docker update`, and azdock's own: --env, --image, --scale, --slot."""

    blkio_weight: int | None = flag("uint16", "Refused: Azure decides how I/O is shared", shows="0")
    cpu_period: int | None = flag("int", f"Refused: {CPUS_ONLY}")
    cpu_quota: int | None = flag("int", f"Refused: {CPUS_ONLY}")
    cpu_rt_period: int | None = flag("int", f"Refused: {CPUS_ONLY}")
    cpu_rt_runtime: int | None = flag("int", f"Refused: {CPUS_ONLY}")
    cpu_shares: int | None = flag("int", f"Refused: {CPUS_ONLY}", "c")
    cpus: int | None = flag("decimal", "Number of CPUs")
    cpuset_cpus: str = flag("string", f"Refused: {CPUS_ONLY}")
    cpuset_mems: str = flag("string", f"Refused: {CPUS_ONLY}")
    env: tuple[str, ...] = flag("list", "Set an environment variable (NAME=VALUE)", "e", check=checks.env)
    image: str = flag("string", "Run another image")
    kernel_memory: int | None = flag("bytes", f"Refused: {NO_FIELD}", hidden=True)
    memory: int | None = flag("bytes", "Memory limit (512m, 1g)", "m")
    memory_reservation: int | None = flag("bytes", "Soft memory limit")
    memory_swap: int | None = flag("bytes", "Refused: Azure Container Apps have no swap", check=checks.swap)
    pids_limit: int | None = flag("int", f"Refused: {NO_FIELD}")
    restart: str | None = flag("string", "What to do when the container ends", default=UNSET)
    scale: tuple[int, int] | None = flag(
        "string", "Replicas of a container that stays up (N, or LEAST..MOST)", default=UNSET, check=checks.scale
    )
    slot: str = flag("string", "Bring the change into this deployment slot of a function, made if need be")
    given: Mapping[str, str] = field(default_factory=lambda: EMPTY)


REFUSED: Mapping[str, tuple[str, str]] = {
    "blkio-weight": ("Azure decides how CPU and I/O are shared", ""),
    **dict.fromkeys(
        ("cpu-period", "cpu-quota", "cpu-rt-period", "cpu-rt-runtime", "cpu-shares", "cpuset-cpus", "cpuset-mems"),
        (CPUS_ONLY, "use --cpus"),
    ),
    "memory-swap": ("Azure Container Apps have no swap", "use --memory"),
    "kernel-memory": (NO_FIELD, "use --memory"),
    "pids-limit": (NO_FIELD, "limit the processes in the image"),
}


@verb(UpdateFlags)
def command(env: Env, flags: UpdateFlags, args: Sequence[str]) -> int:
    """Change containers; prints the name of each that was changed."""
    if not flags.given:
        raise AzdockError("you must provide one or more flags when using this command", code=1)
    for name in flags.given:
        if name in REFUSED:
            why, instead = REFUSED[name]
            raise Unsupported(f"--{name}: {why}", hint=instead)
    changes = _changes(env, flags)

    def act(name: str) -> None:
        if flags.slot:
            env.functions().deploy(name, flags.slot, changes)
            return
        updated = env.updating().update(name, changes)
        for warning in updated.warnings:
            env.err.line(f"WARNING: {warning}")
        if updated.when:
            env.err.line(updated.when)

    failed = targets.each(env, args, act)
    return 125 if any(isinstance(one, Unsupported) for one in failed) else targets.code(failed)


def _changes(env: Env, flags: UpdateFlags) -> Changes:
    from azdock.services.updating import Changes

    try:
        policy = restart.parse(flags.restart) if flags.restart is not None else None
        if flags.image:
            image.parse(flags.image)
        if policy is not None:
            restart.check(policy)
    except BadValue as bad:
        raise DaemonError(str(bad), code=1) from bad
    return Changes(
        nano_cpus=flags.cpus,
        memory=flags.memory,
        memory_reservation=flags.memory_reservation,
        restart=policy,
        env=tuple(envvars.parse_env(flags.env, env.environ)),
        image=flags.image,
        scale=flags.scale,
        # `run` has no such flags
        asked={name: text for name, text in flags.given.items() if name not in ("image", "slot")},
    )
