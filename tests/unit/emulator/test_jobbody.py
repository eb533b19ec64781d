"""A job's body in canonical form; what is refused is asked of the running emulator in tests/contract."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from azdock.emulator import jobbody
from azdock.emulator.errors import ArmError

ENVIRONMENT = "/subscriptions/s/resourceGroups/g/providers/Microsoft.App/managedEnvironments/e"


@pytest.mark.parametrize(
    ("name", "right"),
    [("ab", True), ("a" * 32, True), ("a-b1", True), ("a", False), ("A1", False), ("a-", False), ("a--b", False)],
)
def test_names(name: str, right: bool) -> None:
    """2 to 32 lower-case letters, digits and single hyphens, first a letter, last no hyphen."""
    if right:
        jobbody.check_name(name)
    else:
        with pytest.raises(ArmError):
            jobbody.check_name(name)


@pytest.mark.parametrize(("text", "number"), [("0.5Gi", Decimal("0.5")), ("1.0Gi", Decimal(1)), ("12Gi", Decimal(12))])
def test_memory(text: str, number: Decimal) -> None:
    """A number followed by Gi."""
    assert jobbody.gibibytes(text) == number


@pytest.mark.parametrize("text", ["512Mi", "1", "Gi", "-1Gi", "1gi"])
def test_other_units(text: str) -> None:
    """Nothing but Gi."""
    with pytest.raises(ValueError):
        jobbody.gibibytes(text)


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        (None, {"type": "None"}),
        ({"type": "none", "userAssignedIdentities": None}, {"type": "None"}),
        ({"type": "systemassigned"}, {"type": "SystemAssigned"}),
        (
            {"type": "SystemAssigned,UserAssigned", "userAssignedIdentities": {"/x": {}}},
            {"type": "SystemAssigned, UserAssigned", "userAssignedIdentities": ["/x"]},
        ),
    ],
)
def test_identities(given: Any, stored: dict[str, Any]) -> None:
    """Types in any case and with or without a blank come out as Azure writes them."""
    assert jobbody.identity(given) == stored


def test_an_event_jobs_rules() -> None:
    """Unknown members of rules are dropped, metadata is sorted, the scale's defaults are filled in."""
    given = {
        "environmentId": ENVIRONMENT,
        "configuration": {
            "triggerType": "event",
            "replicaTimeout": 60,
            "manualTriggerConfig": {"parallelism": 9},
            "eventTriggerConfig": {
                "scale": {
                    "rules": [{"name": "q", "type": "azure-queue", "metadata": {"b": "1", "a": "2"}, "http": {"x": 1}}]
                }
            },
        },
        "template": {"containers": [{"name": "main", "image": "i", "args": [], "resources": None}]},
    }
    stored = jobbody.properties(given, 16, "job")
    assert stored["configuration"] == {
        "triggerType": "Event",
        "replicaTimeout": 60,
        "replicaRetryLimit": 0,
        "eventTriggerConfig": {
            "replicaCompletionCount": 1,
            "parallelism": 1,
            "scale": {
                "minExecutions": 0,
                "maxExecutions": 100,
                "pollingInterval": 30,
                "rules": [{"name": "q", "type": "azure-queue", "metadata": {"a": "2", "b": "1"}}],
            },
        },
    }
    assert list(stored["configuration"]["eventTriggerConfig"]["scale"]["rules"][0]["metadata"]) == ["a", "b"]
    assert stored["template"]["containers"] == [
        {"image": "i", "name": "main", "resources": {"cpu": 0.5, "memory": "1Gi"}}
    ]


@pytest.mark.parametrize(
    ("cpu", "memory", "steps", "right"),
    [
        (0.25, "0.5Gi", 16, True),
        (4, "8Gi", 16, True),
        (4, "8Gi", 8, False),
        (0.5, "2Gi", 16, False),
        (0.5, "2Gi", 0, True),
        (0.1, "0.2Gi", 16, False),
    ],
)
def test_pairs(cpu: float, memory: str, steps: int, right: bool) -> None:
    """Quarter cores with twice their number in Gi, up to the plan's limit; any sum on a dedicated profile."""
    given = {"containers": [{"name": "a", "image": "i", "resources": {"cpu": cpu, "memory": memory}}]}
    if right:
        jobbody.containers(given, "containers", steps)
    else:
        with pytest.raises(ArmError, match="ContainerAppInvalidResourceTotal"):
            jobbody.containers(given, "containers", steps)
