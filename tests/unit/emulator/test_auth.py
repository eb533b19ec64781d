"""Tokens of the resource manager and of the data plane."""

from __future__ import annotations

import pytest

from azdock.emulator.auth import DATA_LIFE, LIFE, Auth
from azdock.emulator.errors import ArmError


class Time:
    """A clock that a test moves."""

    at = 1000.0

    def __call__(self) -> float:
        return self.at


def test_access_tokens_live_a_day() -> None:
    """A token is good until its day is over, and then told to be expired, not unknown."""
    time = Time()
    auth = Auth(now=time)
    token = auth.token(auth.client_id, auth.secret, "any")["access_token"]
    assert auth.check(token) and not auth.check("other") and not auth.expired("other")
    time.at += LIFE + 1
    assert not auth.check(token) and auth.expired(token)


@pytest.mark.parametrize(("client", "secret"), [("azdock", ""), ("azdock", "ä"), ("", "right")])
def test_wrong_credentials(client: str, secret: str) -> None:
    """Nothing but the right pair buys a token."""
    with pytest.raises(ArmError, match="invalid_client"):
        Auth("right").token(client, secret, "")


def test_two_processes_share_nothing() -> None:
    """Secrets differ from start to start."""
    assert Auth().secret != Auth().secret


def test_data_tokens() -> None:
    """Claims come back from an unchanged, unexpired token of this process only."""
    time = Time()
    auth = Auth(now=time)
    token, expires = auth.data_token({"capp_name": "job"})
    claims = auth.data_claims(token)
    assert claims is not None and claims["capp_name"] == "job" and claims["exp"] == 1000 + DATA_LIFE
    assert expires.startswith("1970-01-01T01:16:40")
    head, body, signature = token.split(".")
    for forged in (f"{head}.{body}x.{signature}", f"{head}.{body}.{signature}x", "a.b.c", "", "é.é.é"):
        assert auth.data_claims(forged) is None
    assert Auth(now=time).data_claims(token) is None
    time.at += DATA_LIFE + 1
    assert auth.data_claims(token) is None
