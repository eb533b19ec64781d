"""Reads and changes the behaviour of the running emulator, over its control route."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from azdock.emulator import daemon
from azdock.emulator.daemon import DaemonError

LIMIT = 10  # seconds for an answer


def parse(settings: Iterable[str]) -> dict[str, Any]:
    """NAME=VALUE words as behaviours: numbers, true and false, else text. Raises DaemonError."""
    found: dict[str, Any] = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not (name and equals):
            raise DaemonError(f"{setting}: must be NAME=VALUE")
        found[name.replace("-", "_")] = _value(value)
    return found


def _value(text: str) -> Any:
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, int | float) else text


def behaviour(home: Path, changes: dict[str, Any]) -> dict[str, Any]:
    """Every behaviour of the running emulator, after these changes. Raises DaemonError, for an unknown name too."""
    facts = daemon.status(home)
    if facts is None:
        raise DaemonError("the embedded Azure does not run")
    request = urllib.request.Request(
        f"{facts['url']}/_azdock/behaviour",
        json.dumps(changes).encode() if changes else None,
        {"Authorization": f"Bearer {daemon.token(home)}"},
        method="PATCH" if changes else "GET",
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=LIMIT) as answer:
            found: dict[str, Any] = json.load(answer)
    except urllib.error.HTTPError as refused:
        raise DaemonError(str(json.load(refused)["error"]["message"])) from refused
    except OSError as silent:
        raise DaemonError(f"the embedded Azure at {facts['url']} does not answer: {silent}") from silent
    return found
