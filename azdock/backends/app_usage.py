"""What the replicas of an app use as Azure Monitor knows it.

SOURCE: azure-monitor-docs, supported metrics of Microsoft.App/containerapps (dimensions revisionName, podName).
"""

from __future__ import annotations

from datetime import datetime

from azdock.azure.arm import Arm
from azdock.backends import job_usage
from azdock.docker.record import ContainerRecord
from azdock.docker.usage import Usage

MEMORY = "WorkingSetBytes"


def usage(arm: Arm, app: str, record: ContainerRecord, now: datetime) -> Usage:
    """The newest values of the revision of `record.seen.run`, all its replicas together; UNKNOWN when there is none
    yet. `app` is an ARM id."""
    only = {"revisionName": record.seen.run.partition("#")[0]}
    if record.spec.scale is not None:
        only["podName"] = "*"  # a series for each replica: without it Azure tells their average
    return job_usage.measured(arm, app, only, MEMORY, record, now)
