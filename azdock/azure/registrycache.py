"""What registries said lately, so that a loop of runs asks once. Holds no credentials and no tokens."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from azdock import errors
from azdock.azure.registry import ImageConfig, Target, of_config

FILE = "registries.json"
TAG_SECONDS = 10.0  # a tag may be moved: a run must not wrap the command line of an image that is gone
SILENT_SECONDS = 60.0  # a registry that did not answer is left alone for so long
MAX_IMAGES, MAX_TAGS, MAX_HOSTS = 64, 128, 32
MAX_BYTES = 32 << 10  # of one image's facts


class RegistryCache:
    """A small file (0600) of image facts by digest, digests by reference, and hosts that did not answer.

    Whoever writes last wins: what is lost is asked again.
    """

    def __init__(self, home: Path, clock: Callable[[], float] = time.time) -> None:
        self._path, self._clock = home / FILE, clock
        self._data = self._read()

    def digest(self, target: Target) -> str:
        """The digest that a reference names: its own, or the tag's of a moment ago; "" when that is not known."""
        if target.digest:
            return target.digest
        found = self._data["tags"].get(str(target))
        return str(found[0]) if found and self._is_recent(found[1], TAG_SECONDS) else ""

    def image(self, digest: str) -> ImageConfig | None:
        """The facts behind a digest."""
        found = self._data["images"].get(digest)
        return None if found is None else _config(found)

    def is_silent(self, host: str) -> bool:
        """True for a registry that did not answer a moment ago."""
        return self._is_recent(self._data["silent"].get(host, 0.0), SILENT_SECONDS)

    def keep(self, target: Target, digest: str, image: ImageConfig) -> None:
        """Remember an answer, unless it is unusually large."""
        text = json.dumps(asdict(image))
        self._data["tags"].pop(str(target), None)
        if len(text) <= MAX_BYTES:
            self._put("images", digest, json.loads(text), MAX_IMAGES)
            if not target.digest:
                self._put("tags", str(target), [digest, self._clock()], MAX_TAGS)
        self._data["silent"].pop(target.host, None)
        self._write()

    def keep_silent(self, host: str) -> None:
        """Remember that a registry did not answer."""
        self._put("silent", host, self._clock(), MAX_HOSTS)
        self._write()

    def _put(self, part: str, key: str, value: object, limit: int) -> None:
        entries = self._data[part]
        entries.pop(key, None)  # to the end: the oldest are dropped
        entries[key] = value
        for oldest in list(entries)[:-limit]:
            del entries[oldest]

    def _is_recent(self, at: float, seconds: float) -> bool:
        return 0 <= self._clock() - at < seconds

    def _read(self) -> dict[str, dict[str, Any]]:
        empty: dict[str, dict[str, Any]] = {"images": {}, "tags": {}, "silent": {}}
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
            for image in found["images"].values():
                _config(image)
            tags = {str(key): [str(digest), float(at)] for key, (digest, at) in found["tags"].items()}
            silent = {str(host): float(at) for host, at in found["silent"].items()}
            return {"images": found["images"], "tags": tags, "silent": silent}
        except (OSError, ValueError, KeyError, TypeError, AttributeError, errors.AzdockError):
            return empty  # a cache that cannot be read is a cache that is empty

    def _write(self) -> None:
        fresh = self._path.with_suffix(f".{os.getpid()}-{threading.get_ident()}.tmp")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(self._data, file)
            fresh.replace(self._path)
        except OSError:
            return  # the state file is written next, and says what is wrong with this folder


def _config(found: Any) -> ImageConfig:
    theirs = {"Entrypoint": "entrypoint", "Cmd": "command", "Env": "env", "WorkingDir": "workdir", "User": "user",
              "Labels": "labels"}  # fmt: skip
    shaped: dict[str, Any] = {key: found[ours] for key, ours in theirs.items()}
    shaped["ExposedPorts"], shaped["Volumes"] = (dict.fromkeys(found[ours]) for ours in ("exposed", "volumes"))
    shaped["Healthcheck"] = {**found["health_settings"], "Test": found["health"]}
    return of_config(str(found["id"]), shaped)
