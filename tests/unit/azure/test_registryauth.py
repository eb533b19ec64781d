"""The ways into a registry: who is asked, with what, and what is done with a refusal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

import pytest

from azdock import errors, wire
from azdock.azure.registryauth import NULL_USER, REGISTRY_SCOPE, Door, challenge, exchanged, scopes
from azdock.azure.registrycalls import Answer, Calls
from azdock.azure.registrycredentials import Credential
from azdock.azure.web import client, httpx
from tests.unit.azure.azures import Script, answer

BASE = "https://r.io/v2/x/"
SCOPE = "repository:x:pull"
BASIC = "Basic bWU6cHc="


def refusal(*challenges: str, status: int = 401) -> Answer:
    """A 401 with these challenges."""
    return Answer(status, httpx.Headers([("WWW-Authenticate", one) for one in challenges]), b"")


BEARER = refusal('Bearer realm="https://auth.io/token?a=b",service="s",scope="repository:x:pull,push"')


def door(script: Script, *credentials: Credential) -> Door:
    return Door(Calls(client("", httpx.MockTransport(script))), BASE, SCOPE, iter(credentials))


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (['Bearer realm="https://a/t",service="s",scope="repository:x:pull,push"'],
         {"kind": "bearer", "realm": "https://a/t", "service": "s", "scope": "repository:x:pull,push"}),
        (["bearer Realm=https://a/t, service=s"], {"kind": "bearer", "realm": "https://a/t", "service": "s"}),
        (['Basic realm="r"'], {"kind": "basic", "realm": "r"}),
        (["Basic"], {"kind": "basic"}),
        (['Basic realm="r"', 'Bearer realm="https://a/t"'], {"kind": "bearer", "realm": "https://a/t"}),
        (['Bearer service="s"', "Basic"], {"kind": "basic"}),
        (['Bearer service="s"'], None),
        (["Negotiate"], None),
        ([], None),
    ],
)  # fmt: skip
def test_challenge(headers: list[str], expected: dict[str, str] | None) -> None:
    """Every form of the header that registries send is understood; Bearer wins."""
    assert challenge(refusal(*headers).headers) == expected


def test_basic() -> None:
    """A Basic challenge is answered with name and password; an identity token goes with the null user."""
    no_calls = Script()
    one = door(no_calls, Credential(), Credential("me", "pw"), Credential(identity="it"))
    assert one.opens(refusal("Basic"))
    assert one.header == BASIC
    assert one.opens(refusal("Basic"))
    assert httpx.BasicAuth(NULL_USER, "it")._auth_header == one.header
    assert not one.opens(refusal("Basic"))
    assert one.header == ""


@pytest.mark.parametrize(("credential", "given"), [(Credential(), None), (Credential("me", "pw"), BASIC)])
@pytest.mark.parametrize("name", ["token", "access_token"])
def test_bearer(credential: Credential, given: str | None, name: str) -> None:
    """The token server is asked with the registry's service and scope, and with what we have."""
    script = Script(answer(json={name: "t"}))
    one = door(script, credential)
    assert one.opens(BEARER)
    assert one.header == "Bearer t"
    asked = script.asked[0]
    assert (asked.method, asked.url.host, asked.headers.get("Authorization")) == ("GET", "auth.io", given)
    assert dict(asked.url.params) == {"a": "b", "service": "s", "scope": "repository:x:pull,push"}


def test_identity_token() -> None:
    """An identity token is traded for an access token in a form, never in an address."""
    script = Script(answer(json={"access_token": "t"}))
    one = door(script, Credential(identity="it"))
    assert one.opens(BEARER)
    asked = script.asked[0]
    assert (asked.method, str(asked.url)) == ("POST", "https://auth.io/token?a=b")
    form = dict(parse_qsl(script.bodies[0].decode()))
    assert form == {
        "grant_type": "refresh_token", "client_id": "azdock", "refresh_token": "it",
        "service": "s", "scope": "repository:x:pull,push",
    }  # fmt: skip


def test_ready_token() -> None:
    """A registrytoken of the file is used as it is; one that cannot stand in a header is not."""
    one = door(Script(), Credential(bearer="a\nb"), Credential(bearer="rt"))
    assert one.opens(BEARER)
    assert one.header == "Bearer rt"


@pytest.mark.parametrize("bad", [answer(401), answer(400), answer(json={}), answer(json={"token": "é\n"})])
def test_the_next_credential(bad: httpx.Response) -> None:
    """A refused login, or a useless token, leads to the next credential; a 403 does as well."""
    script = Script(bad, answer(json={"token": "t"}))
    one = door(script, Credential("me", "old"), Credential())
    assert one.opens(BEARER)
    assert one.header == "Bearer t"
    assert not one.opens(refusal(status=403))


def test_refusal_without_a_challenge() -> None:
    """Nothing can be answered where nothing was asked."""
    assert not door(Script(), Credential("me", "pw")).opens(refusal(status=403))


@pytest.mark.parametrize("realm", ["http://auth.io/token", "ftp://x", "https://["])
def test_tokens_over_https_only(realm: str) -> None:
    """A password is not sent to a token server without TLS."""
    with pytest.raises(errors.AzdockError, match="not https"):
        door(Script(), Credential("me", "pw")).opens(refusal(f'Bearer realm="{realm}"'))


def test_token_server_in_trouble() -> None:
    """A token server that fails is no refusal: the next credential would fail too."""
    with pytest.raises(errors.AzureFailure, match="503"):
        door(Script(answer(503)), Credential("me", "pw"), Credential()).opens(BEARER)


def exchange(script: Script, *audiences: str, tenant: str = "t1") -> Iterator[Credential]:
    calls = Calls(client("", httpx.MockTransport(script)))
    return exchanged(calls, "reg.azurecr.io", lambda scope: f"aad of {scope}", tenant, audiences)


def test_exchange() -> None:
    """Azure's token becomes a token of the registry, which is posted to the registry only."""
    script = Script(answer(json={"refresh_token": "rt"}))
    assert list(exchange(script, "one")) == [Credential(identity="rt")]
    assert str(script.asked[0].url) == "https://reg.azurecr.io/oauth2/exchange"
    assert dict(parse_qsl(script.bodies[0].decode())) == {
        "grant_type": "access_token", "service": "reg.azurecr.io", "tenant": "t1", "access_token": "aad of one",
    }  # fmt: skip


def test_exchange_of_a_stricter_registry() -> None:
    """A registry that takes no token of the resource manager gets one of its own audience; a redirect is a refusal."""
    script = Script(answer(302, Location="https://evil.io/"), answer(json={"refresh_token": "rt"}))
    assert list(exchange(script, "one", "two", tenant="")) == [Credential(identity="rt")]
    assert [str(asked.url.host) for asked in script.asked] == ["reg.azurecr.io"] * 2
    forms = [dict(parse_qsl(body.decode())) for body in script.bodies]
    assert [form["access_token"] for form in forms] == ["aad of one", "aad of two"]
    assert "tenant" not in forms[0]


def test_nobody_logged_in() -> None:
    """Without a login to Azure there is nothing to exchange, and nothing is raised: others may open the door."""

    def nobody(scope: str) -> str:
        raise errors.NotLoggedIn("no")

    calls: Any = None  # not called
    assert list(exchanged(calls, "reg.azurecr.io", nobody, "", ("one",))) == []


def test_scopes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second login is tried only where nobody has to type for it."""
    monkeypatch.setattr("azdock.azure.credential.shutil.which", lambda name: None)
    assert scopes({}) == (wire.ARM_SCOPE,)
    assert scopes({"IDENTITY_ENDPOINT": "x"}) == (wire.ARM_SCOPE, REGISTRY_SCOPE)
