"""The two families of console tables in Log Analytics, and how exact their times are.

SOURCE: azure-docs container-apps, "Change Container Apps logging from Log Analytics to Azure Monitor", log-options.md,
log-monitoring.md; learn.microsoft.com/azure/azure-monitor/reference/tables/containerappconsolelogs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

# The stream's times have 100 ns, those of the classic table are floating point seconds, whose making loses up to
# 250 ns: what differs by no more is the same moment. A burst of equal lines may be printed every microsecond.
SAME_NS = 750

Kind = Literal["job", "app"]


@dataclass(frozen=True, slots=True)
class Table:
    """Names of a console table's columns; `owner` is that of the resource's name. `exact` tells that `time` is seconds
    as a number, else it is a datetime. `same_ns` is how far a row's time may lie from that of the same line in the live
    stream."""

    name: str
    owner: str
    group: str
    stream: str
    log: str
    time: str
    exact: bool
    same_ns: int


CLASSIC = Table(
    "ContainerAppConsoleLogs_CL",
    "ContainerJobName_s",
    "ContainerGroupName_s",
    "Stream_s",
    "Log_s",
    "_timestamp_d",
    True,
    SAME_NS,
)
# Its only time has milliseconds.
DEDICATED = Table(
    "ContainerAppConsoleLogs", "JobName", "ContainerGroupName", "Stream", "Log", "TimeGenerated", False, 1_000_000
)
# kind of resource -> where its environment sends its logs -> the table of its lines
TABLES: Mapping[Kind, Mapping[str, Table]] = {
    "job": {"log-analytics": CLASSIC, "azure-monitor": DEDICATED},
    "app": {
        "log-analytics": replace(CLASSIC, owner="ContainerAppName_s"),
        "azure-monitor": replace(DEDICATED, owner="ContainerAppName"),
    },
}
