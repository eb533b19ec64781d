"""Why a container is as it is: what `explain` prints."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Note:
    """One line of evidence: when (aware, UTC; None when Azure does not tell), who says so, and what."""

    time: datetime | None
    source: str
    text: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """`cause` is one sentence, `next` the command to type now ("" for none), `reason` Azure's code for the cause.

    `notes` are the evidence, newest last; `missing` says which sources of evidence could not be read.
    """

    cause: str
    next: str = ""
    reason: str = ""
    notes: tuple[Note, ...] = ()
    missing: tuple[str, ...] = ()
