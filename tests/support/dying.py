"""An azdock that is killed with -9 right after one of its effects.

An effect is what another process can see: a call that changes something on Azure, or a new state file.
"""

from __future__ import annotations

import http.client
import os
import signal
from collections.abc import Callable
from typing import Any

from azdock.backends.aca_job import JobBackend
from azdock.state import store

CALLS = ("create", "start", "stop", "remove", "rename")


def die(*_: object) -> None:
    """End at once, as kill -9 does."""
    os.kill(os.getpid(), signal.SIGKILL)


def doom(last: int, told: str = os.devnull) -> None:
    """Let this process die after effect number `last`, 0 being before the first; the effects are listed in a file."""
    seen: list[str] = []

    def counted(original: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            if last == 0:
                die()
            result = original(*args, **options)
            seen.append(original.__name__)
            with open(told, "a") as file:
                print(original.__name__, file=file)
            if last == len(seen):
                die()
            return result

        return call

    for name in CALLS:
        setattr(JobBackend, name, counted(getattr(JobBackend, name)))
    store.write_private = counted(store.write_private)


def before_the_answer() -> None:
    """Let this process die when a request of the SDK was sent and its answer has not arrived."""
    http.client.HTTPConnection.getresponse = die  # type: ignore[assignment,method-assign]
