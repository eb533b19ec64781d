"""azdock load: images from a `docker save` archive into the embedded store."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from azdock.cli.env import Env
from azdock.cli.flags import flag
from azdock.cli.verb import verb
from azdock.errors import AzdockError, Unsupported


@dataclass(frozen=True, slots=True)
class LoadFlags:
    """The flags of `docker load`."""

    input: str = flag("string", "Read from a file instead of standard input", "i")
    platform: str = flag("string", "Refused: the archive's own platform is loaded")
    quiet: bool = flag("bool", "Print no progress", "q")


@verb(LoadFlags)
def command(env: Env, flags: LoadFlags, _args: Sequence[str]) -> int:
    """Load an archive and name its images."""
    if flags.platform:
        raise Unsupported("--platform: the embedded store loads the platform that the archive holds")
    if flags.input:
        if not Path(flags.input).exists():
            raise AzdockError(f"open {flags.input}: no such file or directory")
        return _load(env, str(Path(flags.input).absolute()))
    if env.inp.terminal:
        raise AzdockError("requested load from stdin, but stdin is empty")
    with tempfile.NamedTemporaryFile(prefix="azdock-load-") as file:
        with open(env.inp.fileno(), "rb", closefd=False) as source:
            shutil.copyfileobj(source, file)
        file.flush()
        return _load(env, file.name)


def _load(env: Env, path: str) -> int:
    for reference in env.images().load(path):
        label = "Loaded image ID" if reference.startswith("sha256:") else "Loaded image"
        env.out.line(f"{label}: {reference}")
    return 0
