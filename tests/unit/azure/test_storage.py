"""Accounts, shares and storages: what is sent and what is made of the answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from azdock import wire
from azdock.azure import progress
from azdock.azure.arm import Arm
from azdock.azure.storage import NFS, SMB, Account, Storage, account_body, account_name, leads_to
from azdock.azure.web import client, httpx
from azdock.errors import AzureFailure

BASE = "http://127.0.0.1:1"
GROUP = "/subscriptions/s/resourceGroups/g"
ACCOUNT = Account(
    "acc", f"{GROUP}/providers/Microsoft.Storage/storageAccounts/acc", "https://acc.file.core.windows.net"
)
KEY = "a2V5"
Answer = tuple[int, Any]


class Azure:
    """Answers by method and path; `asked` is what was asked, with bodies."""

    def __init__(self, answer: Callable[[str, str], Answer]) -> None:
        self.asked: list[tuple[str, str, Any]] = []
        self.slept: list[float] = []
        self._answer = answer
        http = client(BASE, httpx.MockTransport(self._send))
        arm = Arm(http, BASE, lambda _: "token", sleep=self.slept.append)
        place = SimpleNamespace(environment_id=f"{GROUP}/providers/Microsoft.App/managedEnvironments/e")
        self.storage = Storage(
            SimpleNamespace(arm=arm, group=GROUP, location=lambda: "westus", place=place, is_embedded=False),  # type: ignore[arg-type]
            self.slept.append,
        )

    def _send(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix(f"{GROUP}/providers/Microsoft.Storage/storageAccounts")
        body = json.loads(request.content) if request.content else None
        self.asked.append((request.method, path, body))
        code, answer = self._answer(request.method, path)
        return httpx.Response(code, json=answer)


def account(name: str, role: str = SMB, state: str = "Succeeded") -> dict[str, Any]:
    return {
        "id": f"{GROUP}/providers/Microsoft.Storage/storageAccounts/{name}",
        "name": name,
        "tags": {"azdock-role": role},
        "properties": {
            "provisioningState": state,
            "primaryEndpoints": {"file": f"https://{name}.file.core.chinacloudapi.cn/"},
        },
    }


def failed(code: str, status: int = 409) -> Answer:
    return status, {"error": {"code": code, "message": "no"}}


def test_found_by_tag() -> None:
    """Only an account that azdock made for this is used; Azure says where its files are."""
    azure = Azure(lambda method, path: (200, {"value": [account("other", "else"), {"name": "x"}, account("ours")]}))
    found = azure.storage.need(SMB)
    assert (found.name, found.files) == ("ours", "https://ours.file.core.chinacloudapi.cn")
    assert azure.storage.need(SMB) == found
    assert [method for method, _, _ in azure.asked] == ["GET"]


@pytest.fixture(autouse=True)
def told() -> Iterator[list[str]]:
    """What the user is told."""
    warnings: list[str] = []
    progress.listen(warning=warnings.append)
    yield warnings
    progress.listen()


def test_made_on_first_need(told: list[str]) -> None:
    """The name is the same on every machine; one that is taken by somebody else is left for the next. It is told."""
    taken = account_name(GROUP, SMB, 0)

    def answer(method: str, path: str) -> Answer:
        if method == "PUT":
            return failed("StorageAccountAlreadyTaken") if path == f"/{taken}" else (200, account(path[1:]))
        return (200, {"value": []}) if not path else (200, account(path[1:]))

    azure = Azure(answer)
    assert azure.storage.account(SMB) is None
    assert azure.storage.need(SMB).name == account_name(GROUP, SMB, 1)
    puts = [(path, body) for method, path, body in azure.asked if method == "PUT"]
    assert [path for path, _ in puts] == [f"/{taken}", f"/{account_name(GROUP, SMB, 1)}"]
    assert puts[1][1] == account_body(SMB, "westus")
    assert told == [f"the storage account {account_name(GROUP, SMB, 1)} was made for the volumes of this context"]


def test_another_azdock_makes_it() -> None:
    """Two that begin at the same time end with one account, once it is ready."""
    states = ["Creating", "ResolvingDNS", "Succeeded"]
    puts = [failed("StorageAccountOperationInProgress"), (200, {})]

    def answer(method: str, path: str) -> Answer:
        if method == "PUT":
            return puts.pop(0)
        return (200, account(path[1:], state=states.pop(0))) if path else (200, {"value": []})

    azure = Azure(answer)
    assert azure.storage.need(SMB).name == account_name(GROUP, SMB, 0)
    assert puts == [] and states == [] and len(azure.slept) == 3


def test_not_registered() -> None:
    """A subscription that has never used storage is told how to."""
    azure = Azure(
        lambda method, path: failed("MissingSubscriptionRegistration") if method == "PUT" else (200, {"value": []})
    )
    with pytest.raises(AzureFailure) as refused:
        azure.storage.need(SMB)
    assert refused.value.hint == "az provider register -n Microsoft.Storage"


def test_names_are_legal() -> None:
    """24 lower-case letters and digits; not the same for another group or role; case of the group means nothing."""
    name = account_name(GROUP, SMB, 0)
    assert name.isalnum() and name.islower() and len(name) == 24
    assert account_name(GROUP.upper(), SMB, 0) == name
    assert len({name, account_name(GROUP, NFS, 0), account_name(GROUP, SMB, 1), account_name("/x", SMB, 0)}) == 4


def test_bodies() -> None:
    """NFS needs a premium account that does not insist on https; nobody may read blobs of either."""
    smb, nfs = account_body(SMB, "l"), account_body(NFS, "l")
    assert (smb["kind"], smb["sku"]["name"]) == ("StorageV2", "Standard_LRS")
    assert (nfs["kind"], nfs["sku"]["name"]) == ("FileStorage", "Premium_LRS")
    assert smb["properties"]["supportsHttpsTrafficOnly"] and not nfs["properties"]["supportsHttpsTrafficOnly"]
    assert not smb["properties"]["allowBlobPublicAccess"]


def test_metadata_that_the_list_leaves_out() -> None:
    """Each share is asked for what the list does not tell; one that went meanwhile is none."""
    whole = {"name": "b", "properties": {"metadata": {"x": "y"}}}

    def answer(method: str, path: str) -> Answer:
        if path.endswith("/shares"):
            listed = [{"name": "a", "properties": {}}, {"name": "b"}, {"name": "c"}, {**whole, "name": "d"}]
            return 200, {"value": listed}
        return failed("ShareNotFound", 404) if path.endswith("/c") else (200, {**whole, "name": path[-1]})

    found = Azure(answer).storage.shares(ACCOUNT)
    assert [one["name"] for one in found] == ["a", "b", "d"]
    assert all(one["properties"]["metadata"] == {"x": "y"} for one in found)


@pytest.mark.parametrize(("nfs", "size", "quota"), [(False, 0, 5120), (False, 7, 7), (True, 0, 100)])
def test_shares(nfs: bool, size: int, quota: int) -> None:
    """A share may hold what costs nothing more, unless a size was asked for."""
    azure = Azure(lambda method, path: (201, {}))
    azure.storage.put_share(ACCOUNT, "s", {"k": "v"}, nfs=nfs, size=size)
    properties = azure.asked[0][2]["properties"]
    assert (properties["shareQuota"], properties["metadata"]) == (quota, {"k": "v"})
    assert properties.get("enabledProtocols") == ("NFS" if nfs else None)


def test_a_share_that_is_being_deleted() -> None:
    """Its name is free again after a while."""
    answers = [failed("ShareBeingDeleted"), (201, {"name": "s"})]
    azure = Azure(lambda method, path: answers.pop(0))
    assert azure.storage.put_share(ACCOUNT, "s", {}, nfs=False) == {"name": "s"}
    assert len(azure.slept) == 1


def test_storages() -> None:
    """What an environment is given, and how a storage is recognised again; the key is asked for once."""
    azure = Azure(lambda method, path: (200, {"keys": [{"keyName": "key1", "value": KEY}]}))
    smb = azure.storage.storage_body(ACCOUNT, "s", read_only=True, nfs=False)
    assert smb == {"azureFile": {"accountName": "acc", "accountKey": KEY, "shareName": "s", "accessMode": "ReadOnly"}}
    nfs = azure.storage.storage_body(ACCOUNT, "s", read_only=False, nfs=True)
    assert nfs == {
        "nfsAzureFile": {"server": "acc.file.core.windows.net", "shareName": "/acc/s", "accessMode": "ReadWrite"}
    }
    azure.storage.storage_body(ACCOUNT, "t", read_only=False, nfs=False)
    assert [(method, path) for method, path, _ in azure.asked] == [("POST", "/acc/listKeys")]
    for body in (smb, nfs):
        assert leads_to({"properties": body}, "acc", "s")
        assert not leads_to({"properties": body}, "acc", "t")
    assert not leads_to({}, "acc", "s")
    assert wire.STORAGE_NAMESPACE in ACCOUNT.id


def test_environments() -> None:
    """The context's own first, then the others of its group, each once."""
    own = f"{GROUP}/providers/Microsoft.App/managedEnvironments/e"
    azure = Azure(lambda method, path: (200, {"value": [{"id": own.upper()}, {"id": "/x"}]}))
    assert azure.storage.environments() == [own, "/x"]
    gone = Azure(lambda method, path: failed("ResourceNotFound", 404))
    assert gone.storage.storages(own) == []
    assert gone.storage.storage(own, "x") is None
