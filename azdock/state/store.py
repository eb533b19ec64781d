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


class _Broken(Exception):
    """The file is there, but no version of azdock wrote this."""


def _warn(text: str) -> None:
    print(text, file=sys.stderr)


class Store:
    """What azdock remembers of the context in `settings`; `warn` gets one sentence when a file is set aside."""

    def __init__(self, settings: Settings, warn: Callable[[str], None] = _warn) -> None:
        self.home = settings.home
        self.path = settings.home / f"state-{settings.context.name}.json"
        self._warn = warn

    def exists(self) -> bool:
        """False when the file is missing, unreadable or incomplete: it must then be rebuilt from Azure."""
        return self.read().complete

    def read(self) -> Books:
        """The books as they are now; empty and incomplete when there are none."""
        try:
            return self._load()
        except _Broken:
            with self._locked():
                return self._load_or_set_aside()

    @contextmanager
    def transaction(self) -> Iterator[Books]:
        """Books to change; written back (fsync, atomic replace) when the block ends without an error.

        Never talk to Azure inside. Raises StateLocked when another process does not let go of the lock.
        """
        with self._locked():
            books = self._load_or_set_aside()
            before = schema.dump(books)
            yield books
            after = schema.dump(books)
            if after != before or not self.path.exists():
                write_private(self.path, json.dumps(after, separators=(",", ":")))

    @contextmanager
    def _locked(self) -> Iterator[None]:
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
            yield
        finally:
            lock.release()

    def _load(self) -> Books:
        try:
            text = self.path.read_bytes()
        except FileNotFoundError:
            return Books(complete=False)
        try:
            return schema.load(json.loads(text))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as broken:
            raise _Broken(str(broken) or type(broken).__name__) from broken

    def _load_or_set_aside(self) -> Books:
        """Under the lock only: without it a file that another azdock has just mended could be the one to go."""
        try:
            return self._load()
        except _Broken as broken:
            aside = self.path.with_name(f"{self.path.name}.corrupt-{time.time_ns()}")
            self.path.rename(aside)
            self._warn(
                f"azdock: the state file {self.path} could not be read ({broken}); it was moved to {aside.name} "
                "and is being rebuilt from Azure"
            )
            return Books(complete=False)


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
