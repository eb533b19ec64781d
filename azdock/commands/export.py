"""azdock export: the file system of a running container as a tar archive."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from azdock.cli.env import Env
from azdock.cli.flags import flag
from azdock.cli.verb import verb
from azdock.errors import AzdockError


@dataclass(frozen=True, slots=True)
class ExportFlags:
    """The flags of `docker export`."""

    output: str = flag("string", "Write to a file instead of standard output", "o")


@verb(ExportFlags)
def command(env: Env, flags: ExportFlags, args: Sequence[str]) -> int:
    """Write the archive; a file appears only once it is whole."""
    if not flags.output:
        if env.out.terminal:
            raise AzdockError("cowardly refusing to save to a terminal. Use the -o flag or redirect")
        env.copy().export(args[0], env.out.write)
        return 0
    target = Path(flags.output)
    if not target.parent.exists():
        raise AzdockError(
            f"failed to export container: invalid output path: stat {target.parent}: no such file or directory"
        )
    if target.is_dir():
        raise AzdockError("failed to export container: cannot write to a directory")
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}-", dir=target.parent)
    try:
        with open(descriptor, "wb") as file:
            env.copy().export(args[0], file.write)
        Path(name).replace(target)
    finally:
        Path(name).unlink(missing_ok=True)
    return 0
