"""Resources, executions and their snapshot."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from azdock.emulator.store import HISTORY, BrokenSnapshot, Store

JOB = {
    "id": "/subscriptions/S/resourceGroups/G/providers/Microsoft.App/jobs/J",
    "name": "J",
    "type": "Microsoft.App/jobs",
}


def test_ids_in_any_case() -> None:
    """Ids are compared without regard to case, documents keep theirs."""
    store = Store()
    store.put(dict(JOB))
    assert store.get(JOB["id"].upper()) == JOB
    assert [one["name"] for one in store.under("/SUBSCRIPTIONS/s/resourcegroups/g", "microsoft.app/JOBS")] == ["J"]
    assert list(store.under("/subscriptions/S/resourceGroups/G2")) == []
    store.delete(JOB["id"].lower())
    assert store.get(JOB["id"]) is None


def test_history_is_bounded() -> None:
    """The latest ended executions are kept, and every running one."""
    store = Store()
    store.add_run(JOB["id"], {"name": "running", "status": "Running"})
    for number in range(HISTORY + 5):
        store.add_run(JOB["id"], {"name": f"r{number}", "status": "Succeeded"})
    names = list(store.runs(JOB["id"]))
    assert names[0] == "running" and names[1] == "r5" and len(names) == HISTORY + 1


def test_many_changes_make_one_snapshot(tmp_path: Path) -> None:
    """Changes are written together and later, or at once when asked; a second store reads them."""
    path = tmp_path / "deep" / "world.json"

    async def scene() -> None:
        store = Store(path)
        for _ in range(10):
            store.put(dict(JOB))
        assert not path.exists()
        store.save()

    asyncio.run(scene())
    assert Store(path).get(JOB["id"]) == JOB
    assert set(json.loads(path.read_text())) == {"resources", "executions"}
    assert not path.with_suffix(".part").exists()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"resources": {}}'])
def test_a_broken_snapshot(tmp_path: Path, text: str) -> None:
    """A file that is no snapshot is told with its name and left where it is: nothing is forgotten silently."""
    path = tmp_path / "world.json"
    path.write_text(text)
    with pytest.raises(BrokenSnapshot, match=r"world\.json cannot be read"):
        Store(path)
    assert path.read_text() == text
