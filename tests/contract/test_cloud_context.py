"""The way to the cloud without a cloud: a context of kind "azure" whose endpoints are an emulator's, and tokens that
azure-identity would have given."""

from __future__ import annotations

import types
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from azdock.azure import credential, registry
from azdock.docker.spec import ImageFacts
from azdock.emulator import world as emulated
from azdock.errors import NoSuchImage, NotFound, Unsupported
from azdock.settings import Context, Settings
from tests.support.lab import Lab, text
from tests.support.registry import docker_registry, push, unused_port
from tests.unit.emulator.runtimes.tars import config, manifest, sha


class Identity(types.ModuleType):
    """Stands for azure.identity: its one credential gets tokens that the emulator accepts."""

    def __init__(self, lab: Lab) -> None:
        super().__init__("azure.identity")
        self.lab, self.scopes = lab, list[str]()

    def AzureCliCredential(self, **_options: Any) -> Identity:
        return self

    def get_token(self, scope: str) -> Any:
        self.scopes.append(scope)
        auth = self.lab.emulator.world.auth
        given = auth.token(auth.client_id, auth.secret, scope)
        return types.SimpleNamespace(token=given["access_token"], expires_on=4_000_000_000)


@pytest.fixture
def identity(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Iterator[Identity]:
    """The lab's backend connected as if to the cloud, from a home that has no emulator."""
    import azure
    import azure.identity

    made = Identity(lab)
    monkeypatch.setattr(azure, "identity", made)
    monkeypatch.setattr(credential.shutil, "which", lambda name: f"/bin/{name}")
    monkeypatch.setattr(registry, "HUB_HOST", f"127.0.0.1:{unused_port()}")  # no test asks the real one
    for name in ("AZURE_CLIENT_ID", "AZURE_TENANT_ID", "IDENTITY_ENDPOINT", "MSI_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    context = Context(
        name="prod",
        subscription=emulated.SUBSCRIPTION,
        resource_group=emulated.RESOURCE_GROUP,
        environment=emulated.ENVIRONMENT,
        arm_endpoint=lab.emulator.url,
        log_endpoint=lab.emulator.url,
    )
    lab.settings = Settings(home=lab.home.parent / "cloud", context=context)
    lab.backend = lab.connect()
    yield made


def check_printed(lab: Lab, found: bytes) -> None:
    """What `echo hi` printed: once, but an app whose command is not wrapped, as nobody here knows the image, Azure may
    have run again before its end was seen."""
    times = found.count(b"hi\n")
    assert found == b"hi\n" * times
    assert times == 1 or (lab.stays_up and times > 1)


def test_a_whole_life(lab: Lab, identity: Identity) -> None:
    """Create, run, read, enter, list, remove: with the location and the workspace asked of the environment."""
    lab.behave(replica_linger=0.0)
    record = lab.create("sh", "-c", "echo hi; exit 3")
    assert record.image == ImageFacts()
    record = lab.ended(lab.begin(record))
    assert record.seen.exit_code == 3
    check_printed(lab, text(lab.attached(record)))
    other = lab.up("sleep", "30", name="other")
    assert lab.exec(other, "echo", "in") == (b"in\n", 0)
    assert {one.ident.name for one in lab.connect().inventory({})} == {"web", "other"}
    lab.backend.remove(record)
    lab.backend.remove(other)
    assert set(identity.scopes) == {
        "https://management.azure.com/.default",
        "https://api.loganalytics.io/.default",
    }
    assert len(identity.scopes) == 2, "one login for each audience, whatever the number of processes"


def test_tokens_are_private(lab: Lab, identity: Identity) -> None:
    """What is kept of a login is readable by its owner only."""
    lab.backend.inventory({})
    folder = lab.settings.home / "tokens"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert [path.stat().st_mode & 0o777 for path in folder.iterdir()] == [0o600]


@pytest.mark.parametrize("call", ["list", "create", "logs"])
def test_refused_token(lab: Lab, identity: Identity, call: str) -> None:
    """A token that Azure refuses is asked for once more, in the thin client and in both SDKs."""
    record = lab.ended(lab.run("sh", "-c", "echo hi"))
    lab.printed(record)
    lab.emulator.call(lab.emulator.world.auth._tokens.clear)
    before = len(identity.scopes)
    if call == "list":
        lab.backend.inventory({})
    elif call == "create":
        lab.backend.create(lab.record("true", name="other"))
    else:
        check_printed(lab, lab.printed(record))
    assert len(identity.scopes) > before


def test_image_that_azure_refuses(lab: Lab, identity: Identity) -> None:
    """Nobody can look into the registry beforehand: the creation is refused, and nothing is left."""
    with pytest.raises(NoSuchImage):
        lab.create("true", image="work/missing:1")
    assert lab.backend.inventory({}) == []


@pytest.mark.registry
def test_facts_from_a_registry(lab: Lab, identity: Identity, tmp_path: Path) -> None:
    """The image's own configuration comes from its registry, with nobody's login, and is part of the record."""
    own = config(Entrypoint=["echo", "own"], Cmd=["words"], Env=["A=b"])
    with docker_registry(tmp_path) as host:
        push(host, own, v1=manifest(own, []))
        record = lab.create(image=f"{host}/x:v1")
    assert record.image == ImageFacts(sha(own), ("echo", "own"), ("words",), ("A=b",))
    found = lab.connect().inventory({})
    assert [one.image for one in found] == [record.image], "also on another machine"
    assert lab.create("true", name="other").image == ImageFacts(), "a registry that is silent hinders nobody"


def test_no_image_store(lab: Lab, identity: Identity) -> None:
    """images, load and rmi have nothing to work on."""
    from azdock.backends import base

    with pytest.raises(Unsupported):
        base.connect_images(lab.settings)


def test_environment_is_asked_when_it_is_needed(lab: Lab, identity: Identity) -> None:
    """A context whose environment has gone can still list and remove; only what needs it says so."""
    record = lab.create("true")
    lab.settings = replace(lab.settings, context=replace(lab.settings.context, environment="none"))
    lab.backend = lab.connect()
    assert [one.ident for one in lab.backend.inventory({})] == [record.ident]
    with pytest.raises(NotFound, match="none"):
        lab.backend.create(lab.record("true", name="other"))
    lab.backend.remove(record)
