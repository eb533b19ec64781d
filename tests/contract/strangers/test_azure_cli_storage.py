"""The unmodified Azure CLI on the embedded Azure's storage. Runs where AZDOCK_AZ names an `az`."""

from __future__ import annotations

import pytest

from tests.contract.strangers.test_azure_cli import AZ, Cloud, cloud

__all__ = ["cloud"]
pytestmark = pytest.mark.skipif(not AZ, reason="AZDOCK_AZ does not name an Azure CLI")
ACCOUNT = "azstrange1"


def test_life_of_an_account(cloud: Cloud) -> None:
    """Account, keys and shares: create, show, list, change, delete; and a storage of the environment over them."""
    group, environment = cloud.facts["resource_group"], cloud.facts["environment"]
    account, share = ("storage", "account"), ("storage", "share-rm")
    assert cloud.az(*account, "check-name", "-n", ACCOUNT)["nameAvailable"]
    # fmt: off
    made = cloud.az(*account, "create", "-g", group, "-n", ACCOUNT, "-l", "westeurope", "--sku", "Standard_LRS",
                    "--kind", "StorageV2", "--tags", "a=b")
    # fmt: on
    assert (made["name"], made["provisioningState"], made["tags"]) == (ACCOUNT, "Succeeded", {"a": "b"})
    assert ACCOUNT in [one["name"] for one in cloud.az(*account, "list", "-g", group)]
    keys = cloud.az(*account, "keys", "list", "-g", group, "-n", ACCOUNT)
    renewed = cloud.az(*account, "keys", "renew", "-g", group, "-n", ACCOUNT, "--key", "secondary")
    assert [one["keyName"] for one in keys] == ["key1", "key2"] and renewed[1]["value"] != keys[1]["value"]
    here = ("-g", group, "--storage-account", ACCOUNT)
    cloud.az(*share, "create", *here, "-n", "data", "--quota", "5", "--metadata", "k=v")
    cloud.az(*share, "update", *here, "-n", "data", "--quota", "6")
    assert cloud.az(*share, "show", *here, "-n", "data")["shareQuota"] == 6
    assert [one["name"] for one in cloud.az(*share, "list", *here)] == ["data"]
    storage = ("containerapp", "env", "storage")
    place = ("-g", group, "-n", environment, "--storage-name", "vol")
    # fmt: off
    cloud.az(*storage, "set", *place, "--azure-file-account-name", ACCOUNT, "--azure-file-account-key",
             keys[0]["value"], "--azure-file-share-name", "data", "--access-mode", "ReadWrite")
    # fmt: on
    found = cloud.az(*storage, "show", *place)["properties"]["azureFile"]
    assert (found["accountName"], found["shareName"], found["accessMode"]) == (ACCOUNT, "data", "ReadWrite")
    cloud.az(*storage, "remove", *place, "--yes")
    cloud.az(*share, "delete", *here, "-n", "data", "--yes")
    cloud.az(*account, "delete", "-g", group, "-n", ACCOUNT, "--yes")
    assert ACCOUNT not in [one["name"] for one in cloud.az(*account, "list", "-g", group)]
