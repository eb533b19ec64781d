"""The explain view."""

from __future__ import annotations

import json
from datetime import UTC

from azdock.docker.explanation import Explanation, Note
from azdock.docker.record import ContainerRecord


def text(found: Explanation) -> str:
    """The cause, the evidence with its dates, newest last, and the next command."""
    lines = [found.cause]
    lines += [f"  {_date(note) or '-':<20}  {note.source:<9}  {_line(note.text)}" for note in found.notes]
    lines += [f"  {'-':<20}  {'missing':<9}  {_line(sentence)}" for sentence in found.missing]
    if found.next:
        lines.append(f"next: {found.next}")
    return "\n".join(lines) + "\n"


def document(record: ContainerRecord, found: Explanation) -> str:
    """The same as one JSON object."""
    shown = {
        "Id": record.ident.id,
        "Name": record.ident.name,
        "State": record.seen.state,
        "ExitCode": record.seen.exit_code,
        "Reason": found.reason,
        "Cause": found.cause,
        "Next": found.next,
        "Evidence": [{"Time": _date(one), "Source": one.source, "Text": one.text} for one in found.notes],
        "Missing": list(found.missing),
    }
    return json.dumps(shown, ensure_ascii=False) + "\n"


def _date(note: Note) -> str:
    return "" if note.time is None else note.time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _line(text: str) -> str:
    return " ".join(text.split())
