"""Facts of images in the cloud: whom we ask, how often, and what a refusal means."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from azdock import errors
from azdock.azure import web
from azdock.azure.client import Azure
from azdock.azure.web import httpx
from azdock.backends.registry_images import facts, look_up
from azdock.docker.spec import ImageFacts
from azdock.docker.values import BadValue
from tests.support.registry import Answer, Serve, docker_registry, push, serving, unused_port
from tests.unit.azure.azures import Script, cloud
from tests.unit.emulator.runtimes.tars import config, manifest, sha

ROOT = Path(__file__).parents[3]
CONFIG = config(
    Entrypoint=["/e"], Cmd=["c"], Env=["A=b"], WorkingDir="/w", User="u", Labels={"k": "v"},
    ExposedPorts={"80/tcp": {}}, Volumes={"/data": {}}, Healthcheck={"Test": ["CMD", "true"], "Retries": 2},
)  # fmt: skip
MANIFEST = manifest(CONFIG, [])
EXPECTED = ImageFacts(
    sha(CONFIG), ("/e",), ("c",), ("A=b",), "/w", "u", {"k": "v"}, ("80/tcp",), ("/data",), ("CMD", "true"),
    {"Retries": 2},
)  # fmt: skip


@pytest.fixture
def azure(tmp_path: Path) -> Azure:
    """A context in the cloud; Azure itself must not be called."""
    return cloud(tmp_path / "home", Script())


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """The environment of somebody without docker."""
    return {"HOME": str(tmp_path)}


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start a server that answers by a script; gives its host:port."""
    with serving() as start:
        yield start


class Counted:
    """A registry that counts what it is asked; `top` is what the tag names."""

    def __init__(self) -> None:
        self.top, self.status, self.asked = MANIFEST, 200, list[str]()

    def __call__(self, path: str, given: str) -> Answer:
        self.asked.append(path.split("/")[-2])
        blob = self.top if "/manifests/" in path else CONFIG
        return self.status, {}, blob if self.status == 200 else b""


def test_facts_are_asked_once(azure: Azure, environ: dict[str, str], serve: Serve) -> None:
    """A loop of runs asks the registry once; --pull always asks what the tag names now, and no more."""
    registry = Counted()
    name = f"{serve(registry)}/x:v1"
    assert [facts(azure, name, "missing", environ) for _ in range(3)] == [EXPECTED] * 3
    assert registry.asked == ["manifests", "blobs"]
    assert facts(azure, name, "always", environ) == EXPECTED
    assert registry.asked == ["manifests", "blobs", "manifests"]
    assert facts(azure, name.replace(":v1", f"@{sha(MANIFEST)}"), "always", environ) == EXPECTED
    assert len(registry.asked) == 3, "a digest's image cannot change"


def test_moved_tag(azure: Azure, environ: dict[str, str], serve: Serve) -> None:
    """--pull always takes the facts of what the tag names now."""
    newer = config(Cmd=["newer"])
    known = {"manifests/v1": MANIFEST, f"blobs/{sha(CONFIG)}": CONFIG, f"blobs/{sha(newer)}": newer}
    name = f"{serve(lambda path, _: (200, {}, known[path.removeprefix('/v2/x/')]))}/x:v1"
    assert facts(azure, name, "missing", environ).command == ("c",)
    known["manifests/v1"] = manifest(newer, [])
    assert facts(azure, name, "missing", environ).command == ("c",)
    assert facts(azure, name, "always", environ).command == ("newer",)


@pytest.mark.registry
def test_real_registry(tmp_path: Path, azure: Azure, environ: dict[str, str]) -> None:
    """The facts of an image in a real registry; afterwards they outlive the registry."""
    with docker_registry(tmp_path) as host:
        push(host, CONFIG, latest=MANIFEST)
        assert facts(azure, f"{host}/x", "missing", environ) == EXPECTED
    assert facts(azure, f"{host}/x:latest", "missing", environ) == EXPECTED


@pytest.mark.parametrize(
    ("status", "kind"), [(404, errors.NoSuchImage), (401, errors.Forbidden), (500, errors.AzureFailure)]
)
def test_refusals(
    azure: Azure, environ: dict[str, str], serve: Serve, status: int, kind: type[errors.AzdockError]
) -> None:
    """A refusal leaves the facts unknown, is asked for again next time, and can be told from other refusals."""
    registry = Counted()
    registry.status = status
    name = f"{serve(registry)}/x:v1"
    assert facts(azure, name, "missing", environ) == ImageFacts()
    with pytest.raises(kind):
        look_up(azure, name, "missing", environ)
    registry.status = 200
    assert facts(azure, name, "missing", environ) == EXPECTED


def test_silent_registry(azure: Azure, environ: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    """A registry that does not answer leaves the facts unknown, quietly, and is not waited for by the next runs."""
    name = f"127.0.0.1:{unused_port()}/x:v1"
    assert facts(azure, name, "missing", environ) == ImageFacts()
    assert capsys.readouterr() == ("", "")
    with pytest.raises(errors.Unreachable, match="a moment ago"):
        look_up(azure, name, "missing", environ)
    with pytest.raises(errors.Unreachable, match="no answer from"):
        look_up(azure, name, "always", environ)


def test_bad_reference(azure: Azure, environ: dict[str, str]) -> None:
    """A reference that is none is the user's error, in docker's words."""
    with pytest.raises(BadValue, match="invalid reference format"):
        facts(azure, "a b", "missing", environ)


class Acr:
    """An Azure registry: exchange, tokens, and an image behind them. `takes` are the access tokens it accepts."""

    def __init__(self, *takes: str) -> None:
        self.takes, self.asked = takes, list[tuple[str, str]]()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path, form = request.url.path, dict(parse_qsl(request.read().decode()))
        self.asked.append((request.method, path))
        assert request.url.host == "reg.azurecr.io" and request.url.scheme == "https"
        if path == "/oauth2/exchange":
            good = form["access_token"] in self.takes
            return httpx.Response(200, json={"refresh_token": "refresh"}) if good else httpx.Response(401)
        if path == "/oauth2/token":
            good = form.get("refresh_token") == "refresh"
            return httpx.Response(200, json={"access_token": "access"}) if good else httpx.Response(401)
        if request.headers.get("Authorization") != "Bearer access":
            asks = 'Bearer realm="https://reg.azurecr.io/oauth2/token",service="reg.azurecr.io"'
            return httpx.Response(401, headers={"WWW-Authenticate": asks})
        return httpx.Response(200, content=MANIFEST if "/manifests/" in path else CONFIG)


def play(monkeypatch: pytest.MonkeyPatch, registry: Acr) -> None:
    """Let azdock's own client reach the registry."""
    monkeypatch.setattr(web, "client", lambda _url: httpx.Client(transport=httpx.MockTransport(registry)))


@pytest.mark.parametrize("good", ["t1", "t2"])
def test_azure_registry(azure: Azure, monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], good: str) -> None:
    """The login to Azure opens an Azure registry, with the resource manager's token or with one for registries."""
    registry = Acr(good)
    play(monkeypatch, registry)
    environ["IDENTITY_ENDPOINT"] = "x"
    assert facts(azure, "reg.azurecr.io/x:v1", "missing", environ) == EXPECTED
    exchanges = [("POST", "/oauth2/exchange")] * (1 if good == "t1" else 2)
    assert registry.asked == [
        ("GET", "/v2/x/manifests/v1"), *exchanges, ("POST", "/oauth2/token"),
        ("GET", "/v2/x/manifests/v1"), ("GET", f"/v2/x/blobs/{sha(CONFIG)}"),
    ]  # fmt: skip


def test_azure_registry_of_others(azure: Azure, monkeypatch: pytest.MonkeyPatch, environ: dict[str, str]) -> None:
    """A registry that takes neither of Azure's tokens is asked without any, and then the facts are unknown."""
    registry = Acr()
    play(monkeypatch, registry)
    environ["IDENTITY_ENDPOINT"] = "x"
    with pytest.raises(errors.Forbidden):
        look_up(azure, "reg.azurecr.io/x:v1", "missing", environ)
    assert registry.asked[-1] == ("GET", "/oauth2/token")


def test_dockers_login_comes_first(
    tmp_path: Path, azure: Azure, monkeypatch: pytest.MonkeyPatch, environ: dict[str, str]
) -> None:
    """After `az acr login` the identity token in docker's file is used, and Azure's is not asked for."""
    registry = Acr()
    play(monkeypatch, registry)
    login = {"auths": {"reg.azurecr.io": {"identitytoken": "refresh"}}}
    (tmp_path / "config.json").write_text(json.dumps(login))
    environ["DOCKER_CONFIG"] = str(tmp_path)
    assert facts(azure, "reg.azurecr.io/x:v1", "missing", environ) == EXPECTED
    assert ("POST", "/oauth2/exchange") not in registry.asked


def test_nothing_secret_is_kept_or_told(
    azure: Azure, monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither --debug nor any file but the cache of Azure's own tokens contains a token."""
    settings: Any = azure.settings
    azure.settings = type(settings)(settings.home, settings.context, debug=True)
    play(monkeypatch, Acr("t1"))
    facts(azure, "reg.azurecr.io/x:v1", "missing", environ)
    play(monkeypatch, Acr())
    facts(azure, "reg.azurecr.io/x:other", "missing", environ)
    said = capsys.readouterr().err
    assert "DEBUG: POST https://reg.azurecr.io/oauth2/exchange -> 200" in said
    assert "DEBUG: the image's configuration is not known: reg.azurecr.io/x:other" in said
    kept = "".join(path.read_text() for path in settings.home.iterdir() if path.is_file())
    assert sha(CONFIG) in kept
    for secret in ('refresh"', "Bearer access", '"t1"', "refresh_token", "access_token"):
        assert secret not in said + kept


def test_nothing_is_imported_before_it_is_needed() -> None:
    """The backend alone loads no client of registries: the embedded Azure has no use for it."""
    probe = "import sys, azdock.backends.aca_job; print([name for name in sys.modules if 'registr' in name])"
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True, env=environ)
    assert done.stdout.strip() == "[]"
