"""What the emulator knows: resources and executions in memory, with a snapshot that survives a restart."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Document = dict[str, Any]
SAVE_AFTER = 0.05  # seconds from the first change until the snapshot is written: what a kill -9 can lose
SAVE_SHARE = 20  # a snapshot that takes long to write is written less often: at most a 20th of the time
HISTORY = 100  # ended executions kept for each job, as Azure keeps them
log = logging.getLogger(__name__)


class BrokenSnapshot(Exception):
    """The snapshot is there but cannot be read; the text says which file it is."""


class Store:
    """Resources by id and executions by job; ids are compared without regard to case.

    Documents are plain JSON values and may be changed in place, followed by `changed()`. Raises BrokenSnapshot for a
    file that is no snapshot.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self.resources: dict[str, Document] = {}
        self.executions: dict[str, dict[str, Document]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._writing = threading.Lock()
        self._cost = 0.0  # seconds that the last snapshot took
        self._taken = self._written = 0  # snapshots so far; the newest that reached the disk
        if path is not None and path.exists():
            try:
                stored = json.loads(path.read_bytes())
                self.resources, self.executions = stored["resources"], stored["executions"]
            except (ValueError, KeyError, TypeError) as broken:
                raise BrokenSnapshot(f"the emulator's data in {path} cannot be read ({broken})") from broken

    def get(self, resource_id: str) -> Document | None:
        """The resource with this id."""
        return self.resources.get(resource_id.lower())

    def put(self, document: Document) -> None:
        """Add or replace a resource; its `id` is the key."""
        self.resources[document["id"].lower()] = document
        self.changed()

    def delete(self, resource_id: str) -> None:
        """Forget a resource and, when it is a job, its executions; an unknown id is no error."""
        self.resources.pop(resource_id.lower(), None)
        self.executions.pop(resource_id.lower(), None)
        self.changed()

    def under(self, scope: str, kind: str = "") -> Iterator[Document]:
        """Resources whose id begins with `scope`, in the order of creation; `kind` narrows to one type."""
        prefix, kind = scope.lower().rstrip("/") + "/", kind.lower()
        for key, document in list(self.resources.items()):
            if key.startswith(prefix) and (not kind or document["type"].lower() == kind):
                yield document

    def runs(self, job_id: str) -> dict[str, Document]:
        """A job's executions by name, oldest first."""
        return self.executions.setdefault(job_id.lower(), {})

    def add_run(self, job_id: str, execution: Document) -> None:
        """Remember an execution; the oldest ended ones beyond what Azure keeps are forgotten."""
        runs = self.runs(job_id)
        runs[execution["name"]] = execution
        ended = [name for name, run in runs.items() if run["status"] != "Running"]
        for name in ended[: max(0, len(ended) - HISTORY)]:
            del runs[name]
        self.changed()

    def changed(self) -> None:
        """Have the snapshot written soon; many changes make one write."""
        if self.path is None or self._timer is not None:
            return
        self._timer = asyncio.get_running_loop().call_later(max(SAVE_AFTER, self._cost * SAVE_SHARE), self._save_soon)

    def _save_soon(self) -> None:
        self._timer = None
        began = time.monotonic()
        text = self._text()
        self._cost = time.monotonic() - began
        asyncio.get_running_loop().run_in_executor(None, self._write, *text).add_done_callback(_report)

    def save(self) -> None:
        """Write the snapshot now."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self.path is not None:
            self._write(*self._text())

    def _text(self) -> tuple[int, str]:
        self._taken += 1
        return self._taken, json.dumps({"resources": self.resources, "executions": self.executions})

    def _write(self, number: int, text: str) -> None:
        assert self.path is not None
        with self._writing:
            if number < self._written:
                return  # a slow disk let a newer snapshot overtake this one
            self._written = number
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            part = self.path.with_suffix(".part")
            with open(part, "w", encoding="utf-8", opener=_private) as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            part.replace(self.path)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _report(done: asyncio.Future[None]) -> None:
    if not done.cancelled() and (failure := done.exception()) is not None:
        log.error("the snapshot could not be written: %s", failure)
