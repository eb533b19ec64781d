"""The live event stream of a job: what the platform did lately, at once, while Azure still has it.

SOURCE: azure-cli-extensions, test_containerapp_eventstream.yaml (record shape, Go-style times, banners).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from azdock.azure import errors as translate
from azdock.azure.systemlogs import SystemEvent
from azdock.azure.web import httpx

MAX_TAIL = 300
SECONDS = 15.0
BANNERS = frozenset({"StartingGettingEvents", "ConnectedToEventsServer"})
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,6})\d*)?")


def read(http: httpx.Client, url: str, token: str, run: str) -> list[SystemEvent]:
    """The events of one run that the stream still shows, oldest first. Raises AzdockError."""
    options = {"follow": "false", "output": "json", "tailLines": str(MAX_TAIL)}
    headers = {"Authorization": f"Bearer {token}"}
    try:
        answer = http.get(url, params=options, headers=headers, timeout=SECONDS)
    except httpx.HTTPError as broken:
        raise translate.unreachable(url, broken) from broken
    if answer.status_code != 200:
        raise translate.of_response(answer.status_code, answer.text, answer.headers)
    return list(decode(answer.text.split("\n"), run))


def decode(lines: Iterable[str], run: str) -> Iterator[SystemEvent]:
    """Events of a run; banners, keep-alives and records of other runs are left out."""
    for line in lines:
        if not line.strip():
            continue
        item = json.loads(line)
        reason = item.get("Reason")
        found = _TIME.match(str(item.get("TimeStamp") or ""))
        if not reason or reason in BANNERS or not found or not _is_of(item, run):
            continue
        stamp = f"{found[1]}T{found[2]}.{(found[3] or '0').ljust(6, '0')}"
        yield SystemEvent(
            datetime.fromisoformat(stamp).replace(tzinfo=UTC),
            str(reason),
            str(item.get("Type") or ""),
            str(item.get("Msg") or ""),
            str(item.get("ReplicaName") or ""),
            int(item.get("Count") or 1),
        )


def _is_of(item: dict[str, Any], run: str) -> bool:
    replica, revision = str(item.get("ReplicaName") or ""), str(item.get("RevisionName") or "")
    return replica.startswith(f"{run}-") or revision == run or run in str(item.get("Msg") or "")
