"""azdock volume."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from azdock.docker.spec import EMPTY
from azdock.docker.volume import ANONYMOUS, Volume
from azdock.errors import Conflict, NotFound
from tests.support.fakes import Result, Typed, World, azdock

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


@dataclass
class Service:
    """Stands for services.volumes.Volumes."""

    known: dict[str, Volume] = field(default_factory=dict)
    used: dict[str, list[str]] = field(default_factory=dict)
    calls: list[tuple[Any, ...]] = field(default_factory=list)

    def create(
        self, name: str, driver: str, labels: Mapping[str, str] = EMPTY, asked: Mapping[str, str] = EMPTY
    ) -> Volume:
        self.calls.append(("create", name, driver, dict(labels), dict(asked)))
        return Volume(name or "f" * 64, NOON, driver)

    def all(self) -> list[Volume]:
        return list(self.known.values())

    def get(self, name: str) -> Volume:
        if name not in self.known:
            raise NotFound(f"get {name}: no such volume", code=1)
        return self.known[name]

    def users(self) -> dict[str, list[str]]:
        self.calls.append(("users",))
        return self.used

    def remove(self, name: str, *, force: bool) -> None:
        if name in self.used:
            raise Conflict(f"remove {name}: volume is in use - [id]")
        if not force:
            self.get(name)

    def prune(self, wanted: Callable[[Volume], bool]) -> list[str]:
        return [one.name for one in self.known.values() if wanted(one) and one.name not in self.used]


class Voluminous(World):
    """A world with volumes."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.service = Service(
            {
                one.name: one
                for one in (
                    Volume("aa", NOON, labels={"k": "v"}),
                    Volume("b" * 64, NOON, labels={ANONYMOUS: "", "k": "w"}),
                    Volume("cc", NOON, "nfs"),
                )
            },
            used={"aa": ["id"]},
        )

    def volumes(self) -> Any:
        return self.service


def volume(*args: str, **options: Any) -> Result:
    return azdock("volume", *args, world=Voluminous(**options))


def test_create() -> None:
    """Labels and driver options as docker reads them; the name is printed; what NFS needs is said."""
    world = Voluminous()
    flags = ("--label", "a=b", "--label", "c", "-o", "nobrl,uid=1000", "--opt", "size=1g")
    assert azdock("volume", "create", *flags, "v1", world=world) == Result("v1\n", "", 0)
    assert world.service.calls == [("create", "v1", "local", {"a": "b", "c": ""}, {"nobrl,uid": "1000", "size": "1g"})]
    assert volume("create").out == "f" * 64 + "\n"
    assert "virtual network" in volume("create", "-d", "nfs", "v2").err


def test_create_for_a_swarm() -> None:
    """Flags of a swarm's volumes are refused by name."""
    found = volume("create", "--limit-bytes", "1g", "v1")
    assert (found.code, found.out) == (125, "")
    assert found.err.startswith("--limit-bytes: Azure has no volumes of a swarm")


@pytest.mark.parametrize(
    ("args", "names"),
    [
        ((), ["aa", "b" * 64, "cc"]),
        (("-f", "name=a"), ["aa"]),
        (("-f", "name=a", "-f", "name=c"), ["aa", "cc"]),
        (("-f", "name=("), []),
        (("-f", "label=k"), ["aa", "b" * 64]),
        (("-f", "label=k", "-f", "label=k=v"), ["aa"]),
        (("-f", "driver=nfs"), ["cc"]),
        (("-f", "dangling=1"), ["b" * 64, "cc"]),
        (("-f", "dangling=false"), ["aa"]),
        (("-f", "dangling=false", "-f", "driver=nfs"), []),
    ],
)
def test_ls(args: tuple[str, ...], names: list[str]) -> None:
    """Docker's filters: the same key twice means either, but every label counts."""
    assert volume("ls", "-q", *args) == Result("".join(f"{one}\n" for one in names), "", 0)


def test_ls_asks_for_containers_only_when_needed() -> None:
    """Who uses a volume is a question to Azure."""
    world = Voluminous()
    azdock("volume", "list", world=world)
    assert world.service.calls == []


@pytest.mark.parametrize("text", ["id=1", "dangling=x", "until=1h"])
def test_ls_refused(text: str) -> None:
    """An unknown filter is refused."""
    found = volume("ls", "-f", text)
    assert found.code == 1
    assert f"Invalid filter '{text.partition('=')[0]}" in found.err


def test_inspect() -> None:
    """JSON, templates, and what is missing."""
    assert '"Name": "aa"' in volume("inspect", "aa").out
    assert volume("inspect", "-f", '{{.Name}} {{.Scope}} {{index .Labels "k"}}', "aa").out == "aa local v\n"
    missing = volume("inspect", "nosuch")
    assert missing == Result("[]\n", "Error response from Azure: get nosuch: no such volume\n", 1)


def test_rm() -> None:
    """All are tried; names of those that went are printed."""
    found = volume("rm", "cc", "nosuch", "aa")
    assert (found.out, found.code) == ("cc\n", 1)
    assert found.err == (
        "Error response from Azure: get nosuch: no such volume\n"
        "Error response from Azure: remove aa: volume is in use - [id]\n"
    )
    assert volume("rm", "-f", "nosuch") == Result("nosuch\n", "", 0)


def test_prune() -> None:
    """Without -a only those without a name go, in docker's words."""
    assert volume("prune", "-f").out == f"Deleted Volumes:\n{'b' * 64}\n\nTotal reclaimed space: 0B\n"
    assert volume("prune", "-fa").out == f"Deleted Volumes:\n{'b' * 64}\ncc\n\nTotal reclaimed space: 0B\n"
    assert volume("prune", "-fa", "--filter", "label!=k").out.startswith("Deleted Volumes:\ncc\n")
    assert volume("prune", "-fa", "--filter", "label=k=v").out == "Total reclaimed space: 0B\n"
    assert volume("prune", "-f", "--filter", "name=a").err == "Error response from Azure: Invalid filter 'name'\n"


def test_prune_asks() -> None:
    """y goes on, anything else does not."""
    warning = "WARNING! This will remove anonymous local volumes not used by at least one container.\n"
    agreed = volume("prune", stdin=Typed(b"y\n"))
    assert agreed.out.startswith(f"{warning}Are you sure you want to continue? [y/N] Deleted Volumes:")
    assert "Deleted" not in volume("prune", stdin=Typed(b"n\n")).out
