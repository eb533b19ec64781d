"""Volumes as metadata of shares."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from azdock.azure.storage import Account
from azdock.backends.volumes import LIMIT, is_ours, of_share, to_metadata
from azdock.docker.volume import Volume
from azdock.errors import AzdockError

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
ACCOUNT = Account("acc", "/id", "https://acc.file.core.windows.net")


def test_there_and_back() -> None:
    """What docker knows of a volume survives the way through metadata, which is ASCII without line ends."""
    volume = Volume("v.1", NOON, "nfs", {"ä": 'q"\n', "b": ""}, {"o": "nconnect=4"}, f"{ACCOUNT.files}/s")
    metadata = to_metadata(volume)
    assert all(text.isascii() and text.isprintable() for text in metadata.values())
    assert all(key.isidentifier() for key in metadata)
    assert of_share(ACCOUNT, {"name": "s", "properties": {"metadata": metadata}}) == volume


def test_plain() -> None:
    """Nothing empty is kept."""
    assert all(to_metadata(Volume("v1", NOON)).values())


def test_too_much() -> None:
    """Labels beyond Azure's limit are refused, not cut."""
    with pytest.raises(AzdockError, match=str(LIMIT)):
        to_metadata(Volume("v1", NOON, labels={"a": "x" * LIMIT}))


@pytest.mark.parametrize("properties", [{}, {"metadata": None}, {"metadata": {"a": "b"}}])
def test_strangers(properties: dict[str, object]) -> None:
    """A share without our metadata is no volume."""
    assert not is_ours({"properties": properties})
