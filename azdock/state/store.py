"""The state file of one context: read without a lock, changed under one, replaced in one step."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from azdock.errors import StateLocked
from azdock.settings import Settings
from azdock.state import schema
from azdock.state.schema import Books

LOCK_SECONDS = 20.0


def _warn(text: str) -> None:
    print(text, file=sys.stderr)


class Store:
    """What azdock remembers of the context in `settings`; `warn` gets one sentence when a file is set aside."""

    def __init__(self, settings: Settings, warn: Callable[[str], None] = _warn) -> None:
        self.home = settings.home
        self.path = settings.home / f"state-{settings.context.name}.json"
        self._warn = warn

    def exists(self) -> bool:
        """False when the file is missing or unreadable: what azdock knows must then be rebuilt from Azure."""
        return self._read() is not None

    def read(self) -> Books:
        """The books as they are now; empty when there are none."""
        return self._read() or Books()

    @contextmanager
    def transaction(self) -> Iterator[Books]:
        """Books to change; written back (fsync, atomic replace) when the block ends without an error.

        Never talk to Azure inside. Raises StateLocked when another process does not let go of the lock.
        """
        from filelock import FileLock, Timeout

        make_private(self.home)
        lock = FileLock(str(self.path) + ".lock", timeout=LOCK_SECONDS, mode=0o600)
        try:
            lock.acquire()
        except Timeout as late:
            raise StateLocked(
                f"another azdock has held {self.path}.lock for {LOCK_SECONDS:.0f} seconds",
                hint="look for a hanging azdock with: ps -ef | grep azdock",
            ) from late
        try:
            books = self.read()
            before = schema.dump(books)
            yield books
            after = schema.dump(books)
            if after != before or not self.path.exists():
                write_private(self.path, json.dumps(after, separators=(",", ":")))
        finally:
            lock.release()

    def _read(self) -> Books | None:
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        try:
            return schema.load(json.loads(text))
        except (ValueError, KeyError, TypeError, AttributeError) as broken:
            self._set_aside(broken)
            return None

    def _set_aside(self, broken: Exception) -> None:
        aside = self.path.with_name(f"{self.path.name}.corrupt-{time.time_ns()}")
        try:
            self.path.rename(aside)
        except FileNotFoundError:
            return  # another azdock was faster
        self._warn(
            f"azdock: the state file {self.path} could not be read ({broken}); it was moved to {aside.name} "
            "and is being rebuilt from Azure"
        )


def make_private(folder: Path) -> None:
    """Create a folder that only its owner may enter."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def write_private(path: Path, text: str) -> None:
    """Replace a file in one step with one that only its owner may read; safe against a crash at any point."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name + ".")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink()
        raise
