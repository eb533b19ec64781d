"""Storages of an environment, and what it uses of its quota."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.emulator.conftest import Arm
from tests.support.apps import app_body
from tests.support.emulator import job_body

ENVIRONMENT = "managedEnvironments/azdock-env"
FILE = {"accountName": "account", "accountKey": "very-secret", "shareName": "share", "accessMode": "readwrite"}
NFS = {"server": "account.file.core.windows.net", "shareName": "/account/share", "accessMode": "ReadOnly"}
VOLUME = {"name": "v", "storageType": "azurefile", "storageName": "data"}


def _put(arm: Arm, name: str = "data", **properties: Any) -> Any:
    return arm("PUT", f"{ENVIRONMENT}/storages/{name}", {"properties": properties or {"azureFile": FILE}})


def _mounting(body: Any, **members: Any) -> Any:
    template = body["properties"]["template"]
    template["volumes"] = [{**VOLUME, **members}]
    template["containers"][0]["volumeMounts"] = [{"volumeName": "v", "mountPath": "/v"}]
    return body


def test_life_of_a_storage(arm: Arm) -> None:
    """PUT is 200 and synchronous, the key never shows, a change may leave it out, DELETE is 200 and then 204."""
    made = _put(arm)
    assert made.status_code == 200
    assert made.json() == {
        "id": f"{arm.prefix}/{ENVIRONMENT}/storages/data",
        "name": "data",
        "type": "Microsoft.App/managedenvironments/storages",
        "properties": {"azureFile": {"accountName": "account", "shareName": "share", "accessMode": "ReadWrite"}},
    }
    assert arm("GET", f"{ENVIRONMENT}/storages/data").json() == made.json()
    assert arm("GET", f"{ENVIRONMENT}/storages").json() == {"value": [made.json()]}
    keyless = {key: value for key, value in FILE.items() if key != "accountKey"} | {"accessMode": "ReadOnly"}
    assert _put(arm, azureFile=keyless).json()["properties"]["azureFile"]["accessMode"] == "ReadOnly"
    assert arm.emulator.world.store.get(made.json()["id"])["key"] == "very-secret"  # type: ignore[index]
    assert arm("DELETE", f"{ENVIRONMENT}/storages/data").status_code == 200
    assert arm("DELETE", f"{ENVIRONMENT}/storages/data").status_code == 204
    assert arm("GET", f"{ENVIRONMENT}/storages").json() == {"value": []}


def test_nfs(arm: Arm) -> None:
    """An NFS storage shows its server; the type of a storage stays what it is."""
    assert _put(arm, nfsAzureFile=NFS).json()["properties"] == {"nfsAzureFile": NFS}
    answer = _put(arm)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "ManagedEnvironmentStorageTypeCannotBeChanged")


@pytest.mark.parametrize(
    "properties",
    [
        {"none": {}},
        {"azureFile": FILE, "nfsAzureFile": NFS},
        {"azureFile": {**FILE, "accountKey": None}},
        {"azureFile": {**FILE, "shareName": ""}},
        {"azureFile": {**FILE, "accessMode": "Write"}},
        {"nfsAzureFile": {**NFS, "shareName": "share"}},
    ],
)
def test_what_a_put_refuses(arm: Arm, properties: dict[str, Any]) -> None:
    """A storage that leads nowhere is refused at once, and does not appear."""
    answer = _put(arm, **properties)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "InvalidRequestContent")
    assert arm("GET", f"{ENVIRONMENT}/storages").json() == {"value": []}


def test_what_is_not_there(arm: Arm) -> None:
    """A missing storage is told by the service, a missing environment by the gateway."""
    answer = arm("GET", f"{ENVIRONMENT}/storages/none")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "ManagedEnvironmentStorageNotFound")
    answer = arm("PUT", "managedEnvironments/none/storages/data", {"properties": {"azureFile": FILE}})
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "ResourceNotFound")
    assert _put(arm, "No_Name").json()["error"]["code"] == "ManagedEnvironmentStorageInvalidName"


@pytest.mark.parametrize(("path", "body"), [("jobs/one", job_body("true")), ("containerApps/one", app_body("true"))])
def test_a_storage_in_use(arm: Arm, path: str, body: Any) -> None:
    """A job or an app that names it keeps it; what names another type of storage is refused."""
    missing = arm("PUT", path, _mounting(body))
    assert (missing.status_code, missing.json()["error"]["code"]) == (400, "ManagedEnvironmentStorageNotFound")
    _put(arm)
    assert arm("PUT", path, _mounting(body, storageType="NfsAzureFile")).status_code == 400
    assert arm("PUT", path, _mounting(body)).status_code == 201
    shown = arm("GET", path).json()["properties"]["template"]["volumes"]
    assert shown == [{**VOLUME, "storageType": "AzureFile"}]
    answer = arm("DELETE", f"{ENVIRONMENT}/storages/data")
    assert answer.status_code == 409
    assert answer.json()["error"]["message"].endswith("'data' because it's still in use.")
    arm("DELETE", path)
    assert arm("DELETE", f"{ENVIRONMENT}/storages/data").status_code == 200


def test_usages(arm: Arm) -> None:
    """Cores of running replicas count, those of a stopped app do not."""

    def used() -> float:
        found = arm("GET", f"{ENVIRONMENT}/usages").json()["value"][0]
        assert found["name"]["value"] == "ManagedEnvironmentConsumptionCores" and found["unit"] == "Count"
        assert found["currentValue"] == found["usage"] <= found["limit"]
        return float(found["currentValue"])

    assert used() == 0
    arm("PUT", "containerApps/web", app_body("sleep", "60", least=2, most=2))
    arm.until(lambda: used() == 1.0)
    arm("POST", "containerApps/web/stop")
    arm.until(lambda: used() == 0)


def test_the_list_of_resources(arm: Arm) -> None:
    """A group lists its apps and environments, and not the storages inside them."""
    _put(arm)
    arm("PUT", "containerApps/web", app_body("sleep", "60"))
    listed = arm("GET", f"{arm.emulator.group}/resources").json()["value"]
    assert [one["name"] for one in listed if one["type"].startswith("Microsoft.App/")] == ["azdock-env", "web"]
