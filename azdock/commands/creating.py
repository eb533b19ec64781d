"""What run and create share: flags to spec, the container's ID file, the notices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from azdock.cli.env import Env
from azdock.commands import confirming, specs
from azdock.commands.flags import CreateFlags
from azdock.docker.record import ContainerRecord
from azdock.docker.spec import ContainerSpec
from azdock.docker.values import BadValue
from azdock.errors import AzdockError, DaemonError, Unsupported


def spec_of(env: Env, flags: CreateFlags, args: Sequence[str]) -> ContainerSpec:
    """The container asked for. Raises UsageError in docker's words."""
    return specs.build(flags, args, env.environ, env.path)


def create(env: Env, flags: CreateFlags, spec: ContainerSpec) -> ContainerRecord:
    """Create the container, write its ID file and print the notices. Raises AzdockError, BadValue."""
    file = Path(flags.cidfile) if flags.cidfile else None
    if file is not None and file.exists():
        raise AzdockError(
            f"container ID file found, make sure the other container isn't running or delete {flags.cidfile}"
        )
    specs.check(spec, flags.pull)
    backend = flags.backend or ("" if spec.plan else env.settings.backend)
    spec = replace(spec, shim=flags.shim or env.settings.shim)
    if backend == "function":
        spec = replace(spec, plan=spec.plan or env.settings.plan)
    try:
        created = env.lifecycle().create(
            spec, name=flags.name, pull=flags.pull, backend=backend, agree=lambda price: _agree(env, price, flags.yes)
        )
    except BadValue as bad:
        raise DaemonError(str(bad)) from bad
    for notice in created.notices:
        env.err.line(f"WARNING: {notice}")
    if file is not None:
        _write_id(file, created.record.ident.id)
    return created.record


def _agree(env: Env, price: str, yes: bool) -> None:
    """Let the user say whether something may be created that costs money by the hour. Raises Unsupported if not."""
    if yes:
        env.err.line(f"azdock: {price}")
        return
    if not env.inp.terminal:
        raise Unsupported(f"{price}, and nobody is here to be asked", hint="give --yes")
    if not confirming.confirmed(env, price, env.err):
        raise AzdockError("nothing was created", code=125)


def _write_id(file: Path, id: str) -> None:
    try:
        file.write_text(id, encoding="ascii")
    except OSError as failed:
        raise AzdockError(f"failed to create the container ID file: open {file}: {failed.strerror}") from failed
