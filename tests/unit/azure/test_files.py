"""Names, times and errors of files in shares; the rest is tested over the embedded Azure."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO
from types import SimpleNamespace

import pytest

from azdock.azure import errors
from azdock.azure.files import _nanoseconds, _read, _stamp, check_path
from azdock.azure.filesdk import EmbeddedTransport
from azdock.errors import AzdockError, AzureFailure, Unreachable


@pytest.mark.parametrize("path", ["a", "a b/ü", "x" * 255, "a'b$", "dot.", ".hidden", "-x"])
def test_good_paths(path: str) -> None:
    """What a share can hold."""
    check_path(path)


@pytest.mark.parametrize("path", ["a:b", 'a"', "a\\b", "d/a*", "a?", "a|b", "a<b", "a>b", "a\nb", "x" * 256, "\udcff"])
def test_bad_paths(path: str) -> None:
    """What it cannot is told before it is sent."""
    with pytest.raises(AzdockError, match="Azure Files cannot hold"):
        check_path(path)


@pytest.mark.parametrize("moment", [0, 1_700_000_000_123_456_700, 1_700_000_000_000_000_000, 999_999_900])
def test_times(moment: int) -> None:
    """A time survives to the 100 nanoseconds of a Windows file time."""
    assert _nanoseconds(_stamp(moment)) == moment
    assert len(_stamp(moment)) == 28


def test_times_of_the_sdk() -> None:
    """It gives some as text and some as datetimes."""
    assert _nanoseconds(datetime(2026, 1, 2, microsecond=5, tzinfo=UTC)) % 1_000_000_000 == 5000
    assert _nanoseconds("2026-01-02T00:00:00Z") == _nanoseconds(datetime(2026, 1, 2, tzinfo=UTC))


def test_short_source() -> None:
    """A file that shrinks while it is read is an error, not a file of zeros."""
    assert _read(BytesIO(b"123"), 3, "f") == b"123"
    with pytest.raises(AzdockError, match="f: the file became shorter"):
        _read(BytesIO(b"12"), 3, "f")


def test_errors() -> None:
    """Storage's own codes and first sentence; the rest of it repeats the request."""
    response = SimpleNamespace(headers={"x-ms-request-id": "r1"})
    code = "AuthenticationFailed"
    cause = SimpleNamespace(status_code=403, response=response, error_code=code, message="No.\nsecret")
    found = errors.of_storage(cause, "a/b")  # type: ignore[arg-type]
    assert isinstance(found, AzureFailure)
    assert (found.message, found.error_code, found.status) == (f"a/b: No. ({code})", code, 403)
    assert isinstance(errors.of_storage(OSError("refused"), ""), Unreachable)


def test_the_embedded_azure_gets_what_is_meant_for_an_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its address replaces the account's, which goes along as Host; the signed request stays as it was."""
    seen: list[tuple[str, str]] = []
    request = SimpleNamespace(url="https://acc.file.core.windows.net/share/a%2Fb?comp=list", headers={})

    def send(self: object, request: SimpleNamespace, **options: object) -> str:
        seen.append((request.url, request.headers["Host"]))
        return "answer"

    monkeypatch.setattr("azdock.azure.filesdk.RequestsTransport.send", send)
    transport = EmbeddedTransport("http://127.0.0.1:7/")
    assert transport.send(request) == "answer"
    assert seen == [("http://127.0.0.1:7/share/a%2Fb?comp=list", "acc.file.core.windows.net")]
    assert request.url == "https://acc.file.core.windows.net/share/a%2Fb?comp=list"
    transport.close()
