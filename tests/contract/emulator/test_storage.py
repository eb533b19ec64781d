"""Storage accounts over the resource manager."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import pytest

from azdock.emulator.world import SUBSCRIPTION
from tests.contract.emulator.conftest import Arm
from tests.contract.emulator.file_clients import ACCOUNT, ACCOUNT_ID, STORAGE_VERSION
from tests.support.emulator import GROUP, Emulator

STORAGE = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Storage"
ACCOUNTS = f"{GROUP}/providers/Microsoft.Storage/storageAccounts"
BODY = {"location": "westeurope", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}, "tags": {"a": "b"}}


def call(arm: Arm, method: str, path: str = ACCOUNT_ID, body: Any = None) -> httpx.Response:
    """One call in the version of the published specification."""
    return arm(method, path, body, STORAGE_VERSION)


def made(arm: Arm, body: Any = BODY) -> dict[str, Any]:
    """An account that has been made, as it is shown."""
    assert call(arm, "PUT", body=body).status_code == 202
    return dict(call(arm, "GET").json())


def test_create_takes_its_time(arm: Arm) -> None:
    """PUT answers 202 with a Location, which answers 202 until the account is there, and then the account itself."""
    arm.emulator.world.behaviour.provisioning = 0.3
    begun = call(arm, "PUT", body=BODY)
    assert (begun.status_code, begun.content) == (202, b"")
    where = begun.headers["Location"]
    assert "/providers/Microsoft.Storage/locations/westeurope/asyncoperations/" in where and "monitor=true" in where
    assert arm("GET", where).status_code == 202
    assert call(arm, "GET").json()["properties"]["provisioningState"] == "ResolvingDNS"
    second = call(arm, "PUT", body=BODY)
    assert (second.status_code, second.json()["error"]["code"]) == (409, "StorageAccountOperationInProgress")
    refused = call(arm, "PUT", f"{ACCOUNT_ID}/fileServices/default/shares/data", {})
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "StorageAccountIsNotProvisioned")
    done = arm.until(lambda: (answer := arm("GET", where)).status_code == 200 and answer.json())
    assert done == call(arm, "GET").json()
    assert arm("GET", where.replace("&s=", "&s=x")).status_code == 404


@pytest.mark.parametrize(
    ("kind", "sku", "tier", "endpoints"),
    [
        ("StorageV2", "Standard_LRS", "Standard", {"dfs", "web", "blob", "queue", "table", "file"}),
        ("FileStorage", "Premium_LRS", "Premium", {"file"}),
    ],
)
def test_view(arm: Arm, kind: str, sku: str, tier: str, endpoints: set[str]) -> None:
    """An account tells its kind, tier, address of the file service and state, and never its keys."""
    shown = made(arm, BODY | {"kind": kind, "sku": {"name": sku.lower()}})
    assert (shown["name"], shown["kind"], shown["tags"]) == (ACCOUNT, kind, {"a": "b"})
    assert (shown["id"], shown["sku"]) == (ACCOUNT_ID, {"name": sku, "tier": tier})
    properties = shown["properties"]
    assert properties["provisioningState"] == "Succeeded"
    assert set(properties["primaryEndpoints"]) == endpoints
    assert properties["primaryEndpoints"]["file"] == f"https://{ACCOUNT}.file.core.windows.net/"
    assert "keys" not in shown and "keys" not in properties


def test_keys(arm: Arm) -> None:
    """Two keys of 64 bytes; a new one takes the place of the one that is named, whatever its case."""
    made(arm)
    keys = call(arm, "POST", f"{ACCOUNT_ID}/listKeys").json()["keys"]
    assert [one["keyName"] for one in keys] == ["key1", "key2"]
    assert {len(base64.b64decode(one["value"])) for one in keys} == {64} and keys[0]["permissions"] == "FULL"
    fresh = call(arm, "POST", f"{ACCOUNT_ID}/regenerateKey", {"keyName": "KEY1"}).json()["keys"]
    assert fresh[1] == keys[1] and fresh[0]["value"] != keys[0]["value"]
    assert call(arm, "POST", f"{ACCOUNT_ID}/regenerateKey", {"keyName": "key3"}).status_code == 400


def test_change_list_and_delete(arm: Arm) -> None:
    """PATCH merges, PUT replaces, both lists show it, DELETE is 200 and then 204."""
    made(arm)
    changed = call(arm, "PATCH", body={"tags": {"c": "d"}, "properties": {"minimumTlsVersion": "TLS1_2"}}).json()
    assert (changed["tags"], changed["properties"]["minimumTlsVersion"]) == ({"c": "d"}, "TLS1_2")
    assert call(arm, "PATCH", body={"sku": {"name": "Standard_GRS"}}).json()["sku"]["name"] == "Standard_GRS"
    again = call(arm, "PUT", body=BODY)
    assert (again.status_code, again.json()["tags"]) == (200, {"a": "b"})
    for where in (ACCOUNTS, f"{STORAGE}/storageAccounts"):
        assert [one["id"] for one in call(arm, "GET", where).json()["value"]] == [ACCOUNT_ID]
    assert [call(arm, "DELETE").status_code for _ in range(2)] == [200, 204]
    assert call(arm, "GET").json()["error"]["code"] == "ResourceNotFound"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("azdockfree", {"nameAvailable": True}),
        (ACCOUNT, {"nameAvailable": False, "reason": "AlreadyExists"}),
        ("Upper", {"nameAvailable": False, "reason": "AccountNameInvalid"}),
        ("ab", {"nameAvailable": False, "reason": "AccountNameInvalid"}),
    ],
)
def test_names(arm: Arm, name: str, expected: dict[str, Any]) -> None:
    """A name is told to be free, taken or wrong."""
    made(arm)
    asked = {"name": name, "type": "Microsoft.Storage/storageAccounts"}
    found = call(arm, "POST", f"{STORAGE}/checkNameAvailability", asked).json()
    assert {key: value for key, value in found.items() if key != "message"} == expected


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (BODY | {"kind": "BlobStorage"}, 400, "InvalidRequestContent"),
        (BODY | {"kind": None}, 400, "InvalidRequestContent"),
        (BODY | {"sku": {"name": "Premium_LRS"}}, 400, "InvalidAccountType"),
        (BODY | {"location": "northeurope"}, 409, "InvalidResourceLocation"),
        (BODY | {"kind": "FileStorage", "sku": {"name": "Premium_LRS"}}, 400, "AccountPropertyCannotBeUpdated"),
    ],
)
def test_refusals(arm: Arm, body: Any, status: int, code: str) -> None:
    """What an existing account cannot become is refused with Azure's code."""
    made(arm)
    answer = call(arm, "PUT", body=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def test_a_name_is_taken_everywhere(arm: Arm) -> None:
    """Another resource group cannot have an account of the same name, nor can a name have upper-case letters."""
    made(arm)
    other = GROUP.rpartition("/")[0] + "/other"
    assert arm("PUT", other, {"location": "westeurope"}, "2024-11-01").status_code == 201
    taken = call(arm, "PUT", f"{other}/providers/Microsoft.Storage/storageAccounts/{ACCOUNT}", BODY)
    assert (taken.status_code, taken.json()["error"]["code"]) == (409, "StorageAccountAlreadyTaken")
    bad = call(arm, "PUT", f"{ACCOUNTS}/A-b", BODY)
    assert (bad.status_code, bad.json()["error"]["code"]) == (400, "AccountNameInvalid")


def test_a_failed_creation_leaves_nothing(arm: Arm) -> None:
    """The operation tells the error, and the account does not exist."""
    arm.emulator.world.behaviour.fail_operations = 1
    begun = call(arm, "PUT", body=BODY)
    told = arm("GET", begun.headers["Location"])
    assert (told.status_code, told.json()["error"]["code"]) == (409, "ContainerAppOperationError")
    assert call(arm, "GET").status_code == 404


def test_a_group_takes_its_accounts_along(arm: Arm) -> None:
    """Deleting a resource group deletes accounts in it with their files; shares are no line of a group's resources."""
    made(arm)
    call(arm, "PUT", f"{ACCOUNT_ID}/fileServices/default/shares/data", {})
    folder = arm.emulator.home / "shares" / ACCOUNT
    assert (folder / "data").is_dir()
    listed = arm("GET", f"{GROUP}/resources", version="2024-11-01").json()["value"]
    assert {one["type"] for one in listed if one["type"].startswith("Microsoft.Storage")} == {
        "Microsoft.Storage/storageAccounts"
    }
    assert arm("DELETE", GROUP, version="2024-11-01").status_code == 202
    arm.until(lambda: not folder.exists())


def test_it_survives_a_restart(emulator: Emulator, arm: Arm) -> None:
    """Accounts, keys and shares are in the snapshot."""
    made(arm)
    call(arm, "PUT", f"{ACCOUNT_ID}/fileServices/default/shares/data", {})
    keys = call(arm, "POST", f"{ACCOUNT_ID}/listKeys").json()
    emulator.stop()
    emulator.start()
    with emulator.client(params={"api-version": STORAGE_VERSION}) as http:
        assert http.post(f"{ACCOUNT_ID}/listKeys").json() == keys
        assert http.get(f"{ACCOUNT_ID}/fileServices/default/shares/data").status_code == 200
