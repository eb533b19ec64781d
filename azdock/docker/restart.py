"""Restart policies: no, always, unless-stopped, on-failure[:N]."""

from __future__ import annotations

import re

from azdock.docker.spec import Restart
from azdock.docker.values import BadValue

_NAMES = ("no", "always", "unless-stopped", "on-failure")


def parse(text: str) -> Restart:
    """The policy that `--restart` names; "" is "no". Raises BadValue when the text has no such form.

    Only the form is checked here, as docker's client does; `check` is what the engine would say.
    """
    name, colon, count = text.partition(":")
    if colon and not name:
        raise BadValue("invalid restart policy format: no policy provided before colon")
    retries = 0
    if count:
        if not re.fullmatch(r"[+-]?[0-9]{1,18}", count):
            raise BadValue("invalid restart policy format: maximum retry count must be an integer")
        retries = int(count)
    return Restart(name or "no", retries)


def check(restart: Restart) -> None:
    """What docker's engine refuses on create. Raises BadValue with its message."""
    if restart.name not in _NAMES:
        raise BadValue(f"invalid restart policy '{restart.name}'")
    if restart.name != "on-failure" and restart.maximum_retry_count:
        raise BadValue(f"maximum retry count cannot be used with restart policy '{restart.name}'")
    if restart.maximum_retry_count < 0:
        raise BadValue("maximum retry count cannot be negative")
