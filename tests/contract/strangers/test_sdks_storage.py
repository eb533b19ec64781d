"""Azure's management SDK of storage, unmodified, through the life of an account and a share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.mgmt.storage import StorageManagementClient
from azure.mgmt.storage import models as m

from azdock.emulator.world import RESOURCE_GROUP, SUBSCRIPTION
from tests.contract.strangers.test_sdks import Static, Token
from tests.support.emulator import Emulator, emulator

__all__ = ["emulator"]
NAME = "sdkstrange1"
HERE = (RESOURCE_GROUP, NAME)


@pytest.fixture
def storage(emulator: Emulator) -> Iterator[StorageManagementClient]:
    """The client, which waits for an account that takes half a second."""
    emulator.world.behaviour.provisioning = 0.5
    token = Token(emulator.token)
    with StorageManagementClient(
        Static(emulator.token), SUBSCRIPTION, base_url=emulator.url, authentication_policy=token
    ) as made:
        yield made


def create(storage: StorageManagementClient) -> m.StorageAccount:
    """A new account."""
    wanted = m.StorageAccountCreateParameters(
        location="westeurope", kind="StorageV2", sku=m.Sku(name="Standard_LRS"), tags={"a": "b"}
    )
    return storage.storage_accounts.begin_create(*HERE, wanted).result()


def test_accounts(storage: StorageManagementClient) -> None:
    """Name, creation, keys, change, lists and deletion."""
    names = storage.storage_accounts
    wanted = m.StorageAccountCheckNameAvailabilityParameters(name=NAME)
    assert names.check_name_availability(wanted).name_available
    made = create(storage)
    assert (made.name, made.provisioning_state, made.kind, made.tags) == (NAME, "Succeeded", "StorageV2", {"a": "b"})
    assert made.primary_endpoints and made.primary_endpoints.file == f"https://{NAME}.file.core.windows.net/"
    assert names.check_name_availability(wanted).reason == "AlreadyExists"
    keys = names.list_keys(*HERE).keys_property
    assert keys and [one.key_name for one in keys] == ["key1", "key2"] and keys[0].permissions == "FULL"
    assert names.regenerate_key(*HERE, m.StorageAccountRegenerateKeyParameters(key_name="key2")).keys_property != keys
    assert names.update(*HERE, m.StorageAccountUpdateParameters(tags={"c": "d"})).tags == {"c": "d"}
    for listed in (names.list(), names.list_by_resource_group(RESOURCE_GROUP)):
        assert [one.name for one in listed] == [NAME]
    names.delete(*HERE)
    with pytest.raises(ResourceNotFoundError):
        names.get_properties(*HERE)


def test_shares(storage: StorageManagementClient) -> None:
    """Creation, change, usage, lists, deletion and refusals."""
    create(storage)
    files = storage.file_shares
    made = files.create(*HERE, "data", m.FileShare(share_quota=5, metadata={"k": "v"}, access_tier="Hot"))
    assert (made.share_quota, made.metadata, made.access_tier, made.enabled_protocols) == (5, {"k": "v"}, "Hot", "SMB")
    assert files.update(*HERE, "data", m.FileShare(share_quota=6)).share_quota == 6
    assert files.get(*HERE, "data", expand="stats").share_usage_bytes == 0
    assert [one.name for one in files.list(*HERE)] == ["data"]
    assert storage.file_services.get_service_properties(*HERE).name == "default"
    with pytest.raises(HttpResponseError, match="not between 1 and") as refused:
        files.create(*HERE, "large", m.FileShare(share_quota=1 << 20))
    assert refused.value.status_code == 400
    files.delete(*HERE, "data")
    with pytest.raises(ResourceNotFoundError, match="ShareNotFound"):
        files.get(*HERE, "data")
