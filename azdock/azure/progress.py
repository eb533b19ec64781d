"""The seam through which slow or incomplete work reaches the user: two hooks that the command line sets.

Standard library only. Whoever owns the terminal calls listen(); until then waiting is silent and warnings go to
stderr, because a warning that nobody sees would be a lie.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable

Waiting = Callable[[str, float], None]  # reason, seconds until the next try
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


def waiting(reason: str, seconds: float) -> None:
    """Azure makes us wait `seconds` because of `reason`."""
    if _Hooks.waiting is not None:
        _Hooks.waiting(reason, seconds)


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
