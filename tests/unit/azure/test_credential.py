"""Tokens: cached with care, and one credential chosen rather than a chain tried."""

from __future__ import annotations

import types
from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import ClientAuthenticationError

from azdock.azure import credential
from azdock.azure.credential import Tokens, choose, embedded_source, identity_source
from azdock.azure.embedded import Embedded
from azdock.azure.web import client, httpx
from azdock.errors import NotLoggedIn, Unreachable
from tests.unit.azure.azures import Script, answer

APP = {"AZURE_CLIENT_ID": "c", "AZURE_TENANT_ID": "t"}


@pytest.mark.parametrize(
    ("environ", "cli", "kind"),
    [
        ({**APP, "AZURE_CLIENT_SECRET": "s"}, True, "environment"),
        ({**APP, "AZURE_CLIENT_CERTIFICATE_PATH": "p"}, True, "environment"),
        ({**APP, "AZURE_FEDERATED_TOKEN_FILE": "f"}, True, "workload"),
        ({**APP}, True, "cli"),
        ({"AZURE_CLIENT_SECRET": "s"}, True, "cli"),
        ({"IDENTITY_ENDPOINT": "e"}, True, "managed"),
        ({"MSI_ENDPOINT": "e"}, False, "managed"),
        ({}, True, "cli"),
        ({}, False, "device"),
    ],
)
def test_choice(environ: dict[str, str], cli: bool, kind: str) -> None:
    """What is present decides, completely or not at all."""
    assert choose(environ, cli) == kind


class Identity(types.ModuleType):
    """Stands for azure.identity: remembers which credential was made with what."""

    def __init__(self, failure: Exception | None = None) -> None:
        super().__init__("azure.identity")
        self.made: list[tuple[str, dict[str, Any]]] = []
        self.failure = failure

    def __getattr__(self, name: str) -> Any:
        if not name.endswith("Credential"):
            raise AttributeError(name)

        def make(**options: Any) -> Any:
            self.made.append((name, options))
            return self

        return make

    def get_token(self, scope: str) -> Any:
        if self.failure:
            raise self.failure
        return types.SimpleNamespace(token=f"token for {scope}", expires_on=1234)


def use(monkeypatch: pytest.MonkeyPatch, identity: Identity, az: bool = True) -> Identity:
    import azure
    import azure.identity

    monkeypatch.setattr(azure, "identity", identity)
    monkeypatch.setattr(credential.shutil, "which", lambda name: f"/bin/{name}" if az else None)
    return identity


@pytest.mark.parametrize(
    ("environ", "tenant", "az", "made"),
    [
        ({**APP, "AZURE_CLIENT_SECRET": "s"}, "t1", True, ("EnvironmentCredential", {})),
        ({**APP, "AZURE_FEDERATED_TOKEN_FILE": "f"}, "t1", True, ("WorkloadIdentityCredential", {})),
        ({"IDENTITY_ENDPOINT": "e"}, "", True, ("ManagedIdentityCredential", {"client_id": None})),
        ({"IDENTITY_ENDPOINT": "e", "AZURE_CLIENT_ID": "c"}, "", True,
         ("ManagedIdentityCredential", {"client_id": "c"})),
        ({}, "t1", True, ("AzureCliCredential", {"tenant_id": "t1"})),
        ({}, "t1", False, ("DeviceCodeCredential", {"tenant_id": "t1"})),
        ({}, "", False, ("DeviceCodeCredential", {})),
    ],
)  # fmt: skip
def test_one_credential(
    monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], tenant: str, az: bool, made: tuple[str, dict[str, Any]]
) -> None:
    """Exactly one credential of azure-identity is made, for the context's tenant."""
    identity = use(monkeypatch, Identity(), az)
    assert identity_source(tenant, environ)("scope") == ("token for scope", 1234.0)
    assert identity.made == [made]


def test_refused_login(monkeypatch: pytest.MonkeyPatch) -> None:
    """azure-identity's refusal is NotLoggedIn with its own words and a way out."""
    use(monkeypatch, Identity(ClientAuthenticationError("Please run 'az login'")))
    with pytest.raises(NotLoggedIn, match="az login") as caught:
        identity_source("", {})("scope")
    assert "az login" in caught.value.hint


def test_bugs_are_not_dressed_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not Azure's refusal stays what it is."""
    use(monkeypatch, Identity(ZeroDivisionError()))
    with pytest.raises(ZeroDivisionError):
        identity_source("", {})("scope")


def test_cache(tmp_path: Path) -> None:
    """A second process gets the saved token, a refused or old one is renewed, and the file is private."""
    asked: list[str] = []

    def source(scope: str) -> tuple[str, float]:
        asked.append(scope)
        return f"t{len(asked)}", 10_000.0

    def tokens(now: float) -> Tokens:
        return Tokens(tmp_path / "tokens", "me", source, lambda: now)

    assert tokens(0).get("s") == "t1"
    assert tokens(0).get("s") == "t1"
    assert tokens(0).get("s", stale="t1") == "t2"
    assert tokens(9_990).get("s") == "t3"
    assert [path.stat().st_mode & 0o777 for path in (tmp_path / "tokens").iterdir()] == [0o600]
    assert (tmp_path / "tokens").stat().st_mode & 0o777 == 0o700


def test_cache_is_per_owner_and_scope(tmp_path: Path) -> None:
    """Tokens of two tenants or audiences never mix."""
    for owner in ("a", "b"):
        for scope in ("x", "y"):
            value = f"{owner}{scope}"
            assert Tokens(tmp_path, owner, lambda _scope, value=value: (value, 4e9)).get(scope) == value
    assert len(list(tmp_path.iterdir())) == 4


@pytest.mark.parametrize("text", ["", "{", "[]", '{"token": "x"}', '{"token": "x", "expires": "soon"}'])
def test_broken_cache(tmp_path: Path, text: str) -> None:
    """A cache file that cannot be read is as good as none."""
    tokens = Tokens(tmp_path, "me", lambda scope: ("t", 4e9))
    tokens.get("s")
    (path,) = tmp_path.iterdir()
    path.write_text(text)
    assert Tokens(tmp_path, "me", lambda scope: ("again", 4e9)).get("s") == "again"


def embedded(home: Path) -> Embedded:
    secret = home / "secret"
    secret.write_text("s3\n")
    return Embedded(1, "http://127.0.0.1:9", "me", str(secret), "t", "s", "g", "e", "l", "w")


def test_embedded_login(tmp_path: Path) -> None:
    """Client credentials go to the embedded Azure's own endpoint."""
    script = Script(answer(json={"access_token": "a", "expires_in": 86400}))
    source = embedded_source(client("", httpx.MockTransport(script)), embedded(tmp_path))
    token, until = source("scope")
    assert token == "a" and until > 86400
    assert str(script.asked[0].url) == "http://127.0.0.1:9/adfs/oauth2/token"
    assert b"client_secret=s3" in script.bodies[0] and b"grant_type=client_credentials" in script.bodies[0]


def test_embedded_refusals(tmp_path: Path) -> None:
    """A wrong secret and a dead emulator are azdock's errors."""
    script = Script(
        answer(401, {"error": "invalid_client", "error_description": "wrong"}), httpx.ConnectError("refused")
    )
    source = embedded_source(client("", httpx.MockTransport(script)), embedded(tmp_path))
    with pytest.raises(NotLoggedIn, match="wrong"):
        source("scope")
    with pytest.raises(Unreachable):
        source("scope")
