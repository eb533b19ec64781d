"""What Application Insights keeps of a function's invocations, in the workspace of the context's environment.

SOURCE: learn.microsoft.com/azure/azure-monitor/reference/tables/apprequests and .../apptraces;
Azure/azure-functions-host, FunctionInvocationLogger ("Executed 'Functions.NAME' (Succeeded, Id=..., Duration=5ms)").
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

from azdock import wire
from azdock.azure import errors as translate
from azdock.azure.arm import Arm
from azdock.azure.client import Azure
from azdock.azure.loganalytics import literal, moment
from azdock.errors import AzureFailure

_EXECUTING = re.compile(r"Executing 'Functions\.([^']+)' \(Reason='(.*)', Id=([0-9a-f-]+)\)", re.I)
_EXECUTED = re.compile(r"Executed 'Functions\.([^']+)' \((Succeeded|Failed), Id=([0-9a-f-]+)", re.I)
_BY_REQUEST = "host APIs"  # of the Reason of one that a request to the host's own address has begun


class History:
    """The rows of one context's workspace. Every method raises AzdockError, also when there is no workspace."""

    def __init__(self, azure: Azure) -> None:
        self._azure = azure

    def request(self, run: str) -> int | None:
        """The HTTP status with which the request of a run was answered; None while no row tells it."""
        query = f"AppRequests | where OperationId == {literal(run)} | order by TimeGenerated asc | project ResultCode"
        codes = [str(row[0]) for row in self._rows(query)]
        return next((int(code) for code in codes if code.isdecimal() and 100 <= int(code) <= 599), None)

    def executed(self, function: str, since: datetime) -> bool | None:
        """Whether the first invocation of a function that a request has begun after `since` succeeded; None while its
        end is not told."""
        after = moment(int(since.timestamp() * 1_000_000_000))
        rows = self._rows(
            f"AppTraces | where TimeGenerated >= {after} and Message startswith_cs 'Execut' "
            "| order by TimeGenerated asc | project Message"
        )
        return outcome([str(row[0]) for row in rows], function)

    # ---- steps
    def _rows(self, query: str) -> list[list[Any]]:
        place = self._azure.place
        client = Arm(
            self._azure.http,
            place.log_url,
            lambda stale: self._azure.tokens.get(place.log_scope, stale=stale),
            debug=self._azure.settings.debug,
        )
        url = client.url(wire.LOG_QUERY_PATH.format(workspace=self._azure.workspace()))
        try:
            answer = client.request("POST", url, {"query": query})
        except AzureFailure as failed:
            if translate.is_missing_table(failed.message):
                return []
            raise
        body = json.loads(answer.content) if answer.content else {}
        return [row for table in body.get("tables") or () for row in table["rows"]]


def outcome(messages: list[str], function: str) -> bool | None:
    """How the first invocation that these lines of the host tell of has ended; None when they do not tell."""
    name, id = function.lower(), ""
    for text in messages:
        begun = _EXECUTING.search(text)
        if not id and begun and begun[1].lower() == name and _BY_REQUEST in begun[2]:
            id = begun[3]
        ended = _EXECUTED.search(text)
        if id and ended and ended[3] == id:
            return ended[2] == "Succeeded"
    return None
