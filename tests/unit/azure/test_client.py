"""Which Azure is talked to, and what is looked up there."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from azdock.azure.client import Azure
from azdock.errors import AzdockError, NotLoggedIn
from azdock.settings import EMBEDDED, Settings
from tests.unit.azure.azures import CLOUD, Script, answer, cloud, refusal

ENVIRONMENT = "/subscriptions/s1/resourceGroups/shared/providers/Microsoft.App/managedEnvironments/env"
LOGS = {"logAnalyticsConfiguration": {"customerId": "w1"}, "destination": "log-analytics"}


@pytest.mark.parametrize("field", ["subscription", "resource_group", "environment"])
def test_incomplete_context(tmp_path: Path, field: str) -> None:
    """A context that does not say where is an error before any call."""
    with pytest.raises(AzdockError, match=f'"prod" names no {field}'):
        Azure(Settings(home=tmp_path, context=replace(CLOUD, **{field: ""})))


def test_place_in_the_cloud(tmp_path: Path) -> None:
    """Names become ARM ids; the environment may live in a group of its own."""
    azure = cloud(tmp_path, Script())
    assert azure.group == "/subscriptions/s1/resourceGroups/rg"
    assert azure.place.environment_id == ENVIRONMENT
    assert azure.place.base_url == "https://management.azure.com"
    assert not azure.is_embedded
    azure.close()


def test_place_of_the_embedded(tmp_path: Path) -> None:
    """Everything comes from the status file of the running emulator, nothing is asked."""
    (tmp_path / "emulator").mkdir()
    facts = {
        "pid": os.getpid(), "url": "http://127.0.0.1:9", "client_id": "c", "client_secret_file": "f", "tenant_id": "t",
        "subscription_id": "s", "resource_group": "g", "environment": "e", "location": "here", "workspace_id": "w",
        "more": "than the client needs",
    }  # fmt: skip
    (tmp_path / "emulator" / "status.json").write_text(json.dumps(facts))
    azure = Azure(Settings(home=tmp_path, context=EMBEDDED))
    assert (azure.location(), azure.workspace(), azure.is_embedded) == ("here", "w", True)
    assert azure.place.environment_id.startswith("/subscriptions/s/resourceGroups/g/providers/Microsoft.App/")
    assert azure.place.log_url == azure.place.base_url == "http://127.0.0.1:9"


def test_location_is_the_contexts(tmp_path: Path) -> None:
    """A location that the context names is not asked for."""
    assert cloud(tmp_path, Script(), replace(CLOUD, location="northeurope")).location() == "northeurope"


def test_location_and_workspace_cost_one_call(tmp_path: Path) -> None:
    """Both come from the environment, which is asked once."""
    script = Script(answer(json={"location": "West Europe", "properties": {"appLogsConfiguration": LOGS}}))
    azure = cloud(tmp_path, script)
    assert (azure.location(), azure.workspace()) == ("West Europe", "w1")
    assert [request.url.path for request in script.asked] == [ENVIRONMENT]
    assert script.tokens == ["t1"]


@pytest.mark.parametrize(
    "properties",
    [{}, {"appLogsConfiguration": None}, {"appLogsConfiguration": {"destination": "azure-monitor"}},
     {"appLogsConfiguration": {"logAnalyticsConfiguration": {"customerId": ""}}}],
)  # fmt: skip
def test_no_workspace(tmp_path: Path, properties: dict[str, object]) -> None:
    """An environment without Log Analytics is an error that says how to change that."""
    with pytest.raises(AzdockError, match="Log Analytics") as caught:
        environment = answer(json={"location": "x", "properties": properties})
        # Only azure-monitor has settings that could name a workspace.
        settings = [answer(json={"value": []})] if "azure-monitor" in str(properties) else []
        cloud(tmp_path, Script(environment, *settings)).workspace()
    assert "az containerapp env update" in caught.value.hint


def test_one_refresh_of_the_token(tmp_path: Path) -> None:
    """A refused token is renewed once; a second refusal is the user's to solve."""
    script = Script(refusal(401, "ExpiredAuthenticationToken"), answer(json={"location": "x"}))
    assert cloud(tmp_path, script).location() == "x"
    assert script.tokens == ["t1", "t2"]
    script = Script(refusal(401, "InvalidAuthenticationToken"), refusal(401, "InvalidAuthenticationToken"))
    with pytest.raises(NotLoggedIn, match="InvalidAuthenticationToken") as caught:
        cloud(tmp_path, script).location()
    assert "az login" in caught.value.hint
    assert len(script.asked) == 2


def test_debug_shows_no_secrets(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The wire log of --debug has the address and the answer, and no token."""
    azure = cloud(tmp_path, Script(answer(json={"location": "x"}, **{"x-ms-request-id": "r1"})))
    azure.settings = replace(azure.settings, debug=True)
    azure.location()
    said = capsys.readouterr().err
    assert "GET https://management.azure.com/subscriptions/s1" in said and "-> 200" in said and "r1" in said
    assert "t1" not in said


@pytest.mark.parametrize(
    ("logs", "destination"),
    [(None, ""), ({"destination": None}, ""), ({"destination": "none"}, ""), ({"destination": "azure-monitor"},
     "azure-monitor"), ({"logAnalyticsConfiguration": {"customerId": "w"}}, "log-analytics")],
)  # fmt: skip
def test_destination_of_logs(tmp_path: Path, logs: dict[str, object] | None, destination: str) -> None:
    """Where the environment's logs go, also when only the workspace says so."""
    environment = answer(json={"location": "x", "properties": {"appLogsConfiguration": logs}})
    assert cloud(tmp_path, Script(environment)).logs_destination() == destination


def test_an_embedded_azure_that_was_started_anew(tmp_path: Path) -> None:
    """One that listens elsewhere now is used there; the cloud does not move."""
    (tmp_path / "emulator").mkdir()
    facts = {
        "pid": os.getpid(), "url": "http://127.0.0.1:9", "client_id": "a", "client_secret_file": "x", "tenant_id": "t",
        "subscription_id": "s", "resource_group": "g", "environment": "e", "location": "here", "workspace_id": "w",
    }  # fmt: skip
    status = tmp_path / "emulator" / "status.json"
    status.write_text(json.dumps(facts))
    azure = Azure(Settings(home=tmp_path, context=EMBEDDED))
    assert not azure.moved()
    status.write_text(json.dumps(facts | {"url": "http://127.0.0.1:10"}))
    assert azure.moved()
    assert azure.arm.url("/x") == "http://127.0.0.1:10/x"
    assert not azure.moved()
    assert not cloud(tmp_path, Script()).moved()
