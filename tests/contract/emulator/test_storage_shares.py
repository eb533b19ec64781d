"""File shares over the resource manager."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.contract.emulator.conftest import Arm
from tests.contract.emulator.file_clients import ACCOUNT, ACCOUNT_ID, STORAGE_VERSION, make_account
from tests.support.emulator import Emulator

SERVICE = f"{ACCOUNT_ID}/fileServices/default"
SHARE = f"{SERVICE}/shares/data"


def call(arm: Arm, method: str, path: str = SHARE, body: Any = None) -> httpx.Response:
    """One call in the version of the published specification."""
    return arm(method, path, body, STORAGE_VERSION)


@pytest.fixture
def storage(emulator: Emulator, arm: Arm) -> Arm:
    """The resource manager with a storage account."""
    make_account(emulator)
    return arm


def test_create(storage: Arm) -> None:
    """A share is made with its folder (201), which any user may write into; a second PUT changes it (200)."""
    body = {"properties": {"shareQuota": 5, "metadata": {"k": "v"}, "accessTier": "Hot"}}
    first = call(storage, "PUT", body=body)
    assert first.status_code == 201
    shown = first.json()
    assert (shown["id"], shown["name"]) == (SHARE, "data")
    assert shown["type"] == "Microsoft.Storage/storageAccounts/fileServices/shares"
    facts = shown["properties"]
    assert (facts["shareQuota"], facts["metadata"], facts["accessTier"]) == (5, {"k": "v"}, "Hot")
    assert (facts["enabledProtocols"], facts["leaseState"]) == ("SMB", "available")
    again = call(storage, "PUT", body={"properties": {"shareQuota": 9, "enabledProtocols": "SMB"}})
    assert (again.status_code, again.json()["properties"]["shareQuota"]) == (200, 9)
    assert again.json()["properties"]["metadata"] == {"k": "v"}
    folder = storage.emulator.home / "shares" / ACCOUNT / "data"
    assert folder.stat().st_mode & 0o777 == 0o777
    assert folder.parent.stat().st_mode & 0o777 == 0o700


def test_change_list_and_delete(storage: Arm) -> None:
    """PATCH replaces what it names, the list is in order and filtered, DELETE is 200 and then 204."""
    for name in ("data", "other", "alpha"):
        call(storage, "PUT", f"{SERVICE}/shares/{name}", {"properties": {"metadata": {"a": "1", "b": "2"}}})
    changed = call(storage, "PATCH", body={"properties": {"shareQuota": 7, "metadata": {"a": "3"}}}).json()
    assert (changed["properties"]["shareQuota"], changed["properties"]["metadata"]) == (7, {"a": "3"})
    assert call(storage, "GET").json()["etag"] == changed["etag"]
    listed = call(storage, "GET", f"{SERVICE}/shares").json()["value"]
    assert [one["name"] for one in listed] == ["alpha", "data", "other"]
    assert not any("metadata" in one["properties"] for one in listed), "Azure leaves it out of lists"
    some = storage.http.get(
        f"{SERVICE}/shares", params={"api-version": STORAGE_VERSION, "$filter": "startswith(name, da)"}
    )
    assert [one["name"] for one in some.json()["value"]] == ["data"]
    storage.emulator.world.behaviour.page_size = 2
    assert "nextLink" in call(storage, "GET", f"{SERVICE}/shares").json()
    assert [call(storage, "DELETE").status_code for _ in range(2)] == [200, 204]
    assert call(storage, "GET").json()["error"]["code"] == "ShareNotFound"


def test_usage_is_counted(storage: Arm) -> None:
    """$expand=stats tells the bytes of all files in all folders, and follows no link."""
    call(storage, "PUT", body={})
    folder = storage.emulator.home / "shares" / ACCOUNT / "data"
    (folder / "sub").mkdir()
    (folder / "sub" / "a").write_bytes(b"x" * 1000)
    (folder / "b").write_bytes(b"y" * 10)
    (folder / "link").symlink_to("/etc/passwd")
    asked = {"api-version": STORAGE_VERSION, "$expand": "stats"}
    assert storage.http.get(SHARE, params=asked).json()["properties"]["shareUsageBytes"] == 1010


def test_the_service(storage: Arm) -> None:
    """Every account has one file service."""
    shown = call(storage, "GET", SERVICE).json()
    assert (shown["id"], shown["name"]) == (SERVICE, "default")
    assert call(storage, "GET", f"{ACCOUNT_ID}/fileServices").json()["value"] == [shown]


@pytest.mark.parametrize(
    ("name", "properties", "code"),
    [
        ("Data", {}, "InvalidResourceName"),
        ("ab", {}, "InvalidResourceName"),
        ("a--b", {}, "InvalidResourceName"),
        ("data", {"shareQuota": 0}, "OutOfRangeInput"),
        ("data", {"shareQuota": "5"}, "OutOfRangeInput"),
        ("data", {"enabledProtocols": "NFS"}, "FeatureNotSupportedForAccount"),
        ("data", {"enabledProtocols": "FTP"}, "InvalidRequestPropertyValue"),
        ("data", {"accessTier": "Premium"}, "InvalidRequestPropertyValue"),
        ("data", {"metadata": {"a-b": "c"}}, "InvalidMetadata"),
        ("data", {"metadata": {"a": "é"}}, "InvalidMetadata"),
    ],
)
def test_refusals(storage: Arm, name: str, properties: dict[str, Any], code: str) -> None:
    """What a share cannot be is refused, and nothing is made."""
    answer = call(storage, "PUT", f"{SERVICE}/shares/{name}", {"properties": properties})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)
    assert not (storage.emulator.home / "shares" / ACCOUNT / name).exists()


def test_nfs(emulator: Emulator, arm: Arm) -> None:
    """A premium account has shares that speak NFS, of 100 GiB at least."""
    make_account(emulator, kind="FileStorage", sku="Premium_LRS")
    made = call(arm, "PUT", body={"properties": {"enabledProtocols": "NFS", "shareQuota": 100}}).json()["properties"]
    assert (made["enabledProtocols"], made["rootSquash"], made["accessTier"]) == ("NFS", "NoRootSquash", "Premium")
    squashed = call(arm, "PATCH", body={"properties": {"rootSquash": "AllSquash"}}).json()["properties"]
    assert squashed["rootSquash"] == "AllSquash"
    bad = call(arm, "PATCH", body={"properties": {"rootSquash": "Some"}})
    assert bad.json()["error"]["code"] == "InvalidRequestPropertyValue"
    small = call(arm, "PUT", f"{SERVICE}/shares/small", {"properties": {"shareQuota": 99}})
    assert small.json()["error"]["code"] == "OutOfRangeInput"
