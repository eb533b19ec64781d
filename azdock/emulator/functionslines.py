"""The lines that a Functions host prints, read: the begin and the end of each invocation, and how grave the others are.

Sources: Azure/azure-webjobs-sdk, FunctionInstanceLogger and ResultsMessages ("Executing 'Functions.NAME' (Reason='...',
Id=GUID)"); Azure/azure-functions-host, WorkerProcess.cs (words that make a line of stderr a warning or an error)
"""

from __future__ import annotations

import re
from dataclasses import dataclass

INFORMATION, WARNING, ERROR = "Information", "Warning", "Error"
# FunctionAppLogs.LevelId is Microsoft.Extensions.Logging's LogLevel, AppTraces.SeverityLevel Application Insights' own
LEVEL_ID = {INFORMATION: 2, WARNING: 3, ERROR: 4}
SEVERITY = {INFORMATION: 1, WARNING: 2, ERROR: 3}
_GUID = r"(?P<id>[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})"
_BEGIN = re.compile(rf"Executing 'Functions\.(?P<name>[^']+)' \(Reason='(?P<reason>.*)', Id={_GUID}\)")
_END = re.compile(rf"Executed 'Functions\.(?P<name>[^']+)' \((?P<how>Succeeded|Failed), Id={_GUID}, Duration=")
_ERRORS = ("error", "fail", "severe", "unhandled exception")


@dataclass(frozen=True, slots=True)
class Begun:
    """An invocation has begun."""

    function: str
    id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Over:
    """An invocation has ended."""

    function: str
    id: str
    succeeded: bool


def read(text: str) -> Begun | Over | None:
    """What a printed line says about an invocation; None when it says nothing about one."""
    if match := _BEGIN.search(text):
        return Begun(match["name"], match["id"].lower(), match["reason"])
    if match := _END.search(text):
        return Over(match["name"], match["id"].lower(), match["how"] == "Succeeded")
    return None


def level(stream: str, text: str) -> str:
    """How grave the host takes a line of its worker to be."""
    if stream == "stdout":
        return INFORMATION
    lower = text.lower()
    if "warn" in lower:
        return WARNING
    return ERROR if any(word in lower for word in _ERRORS) else INFORMATION
