"""The seam through which slow or incomplete work reaches the user: two hooks that the command line sets.

Standard library only. Whoever owns the terminal calls listen(); until then waiting is silent and warnings go to
stderr, because a warning that nobody sees would be a lie.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

Waiting = Callable[[str, float], AbstractContextManager[None]]  # reason, seconds that the wait will take
Warning = Callable[[str], None]


class _Hooks:
    waiting: Waiting | None = None
    warning: Warning | None = None
    said: set[str] = set()  # noqa: RUF012 (one per process on purpose)
    lock = threading.Lock()


def listen(*, waiting: Waiting | None = None, warning: Warning | None = None) -> None:
    """Set the hooks; None restores the default. What was warned about before may be warned about again."""
    _Hooks.waiting, _Hooks.warning = waiting, warning
    with _Hooks.lock:
        _Hooks.said.clear()


@contextmanager
def waiting(reason: str, seconds: float) -> Iterator[None]:
    """Around a wait of `seconds` that Azure makes us take because of `reason`."""
    if _Hooks.waiting is None:
        yield
        return
    with _Hooks.waiting(reason, seconds):
        yield


def warn(text: str) -> None:
    """Tell the user once that a result may be incomplete."""
    with _Hooks.lock:
        if text in _Hooks.said:
            return
        _Hooks.said.add(text)
    if _Hooks.warning is not None:
        _Hooks.warning(text)
    else:
        sys.stderr.write(f"WARNING: {text}\n")
