"""An app's body in canonical form."""

from __future__ import annotations

from typing import Any

import pytest

from azdock.emulator import appbody
from azdock.emulator.errors import ArmError
from tests.support.apps import app_body


def _stored(**configuration: Any) -> Any:
    return appbody.properties(app_body("true", **configuration)["properties"], "web", 16)


def _template(**members: Any) -> Any:
    given = app_body("true")["properties"]
    given["template"] |= members
    return appbody.properties(given, "web", 16)["template"]


def test_defaults() -> None:
    """What was not said is as Azure has it: Single mode, 100 inactive revisions, ten replicas at most."""
    found = _stored(ingress={"targetPort": 80})
    assert found["configuration"]["activeRevisionsMode"] == "Single"
    assert found["configuration"]["maxInactiveRevisions"] == 100
    assert found["configuration"]["ingress"] == {
        "external": False, "targetPort": 80, "exposedPort": 0, "transport": "Auto",
        "traffic": [{"weight": 100, "latestRevision": True}], "allowInsecure": False,
    }  # fmt: skip
    assert _template(scale=None)["scale"] == {"maxReplicas": 10}
    assert found["workloadProfileName"] == "Consumption"


def test_canonical_words() -> None:
    """Words are taken in any case; an exposed port is the target port unless said; numbers of rules are text."""
    found = _stored(activeRevisionsMode="MULTIPLE", ingress={"targetPort": 53, "transport": "TCP"})
    assert found["configuration"]["activeRevisionsMode"] == "Multiple"
    assert found["configuration"]["ingress"]["transport"] == "Tcp"
    assert found["configuration"]["ingress"]["exposedPort"] == 53
    rule = {"name": "r", "http": {"metadata": {"concurrentRequests": 7}}}
    assert _template(scale={"rules": [rule]})["scale"]["rules"][0]["http"]["metadata"] == {"concurrentRequests": "7"}
    container = app_body("true")["properties"]["template"]["containers"][0]
    probe = {"type": "STARTUP", "httpGet": {"path": "/", "port": 80, "scheme": "https"}, "failureThreshold": 240}
    found = _template(containers=[{**container, "probes": [probe]}])["containers"][0]["probes"][0]
    assert found["type"] == "Startup" and found["httpGet"]["scheme"] == "HTTPS" and found["failureThreshold"] == 240


def test_labels_stay_with_their_weights() -> None:
    """A label of a traffic entry is kept; the false latestRevision that clients send is not."""
    shares = [
        {"weight": 100, "latestRevision": True, "label": "blue"},
        {"weight": "0", "revisionName": "web--a", "latestRevision": False, "label": "green"},
    ]
    found = _stored(activeRevisionsMode="Multiple", ingress={"targetPort": 80, "traffic": shares})
    assert found["configuration"]["ingress"]["traffic"] == [
        {"weight": 100, "latestRevision": True, "label": "blue"},
        {"revisionName": "web--a", "weight": 0, "label": "green"},
    ]


def test_same_template() -> None:
    """A suffix is only a name; everything else counts, but not the times that are usual anyway."""
    one = _template()
    assert appbody.same_template(one, _template(revisionSuffix="x"))
    assert not appbody.same_template(one, _template(terminationGracePeriodSeconds=5))
    scale = {"minReplicas": 1, "maxReplicas": 1}
    assert appbody.same_template(one, _template(scale={**scale, "cooldownPeriod": 300, "pollingInterval": 30}))
    assert not appbody.same_template(one, _template(scale={**scale, "cooldownPeriod": 301}))


@pytest.mark.parametrize("grace", [-1, 601, "5", True])
def test_grace_periods(grace: Any) -> None:
    """A grace period is a number of seconds up to ten minutes."""
    with pytest.raises(ArmError):
        _template(terminationGracePeriodSeconds=grace)


def test_secrets_of_volumes_and_rules() -> None:
    """A secret volume and a scale rule may name only secrets that the app has."""
    volume = {"name": "v", "storageType": "secret", "secrets": [{"secretRef": "none", "path": "p"}]}
    with pytest.raises(ArmError, match="SecretRef 'none' defined for volume 'v' not found"):
        _template(volumes=[volume])
    rule = {"name": "r", "custom": {"type": "cron", "auth": [{"secretRef": "none", "triggerParameter": "p"}]}}
    with pytest.raises(ArmError, match="scale rule 'r'"):
        _template(scale={"rules": [rule]})
