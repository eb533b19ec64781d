"""Who gets into a file service, and that nobody gets out of a share."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import httpx
import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from azure.storage.fileshare import ShareServiceClient

from tests.contract.emulator.file_clients import ACCOUNT, ACCOUNT_ID, STORAGE_VERSION, client, make_account
from tests.support.emulator import Emulator

HOST = f"{ACCOUNT}.file.core.windows.net"


@pytest.fixture
def service(emulator: Emulator) -> ShareServiceClient:
    """The client of a new account with a share."""
    made = client(emulator, make_account(emulator))
    made.create_share("data")
    return made


@pytest.fixture
def folder(emulator: Emulator, service: ShareServiceClient) -> Path:
    """Where the share's files are."""
    return emulator.home / "shares" / ACCOUNT / "data"


class Token:
    """A credential with a token of the emulator."""

    def __init__(self, token: str) -> None:
        self.token = token

    def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        """The token, good for an hour."""
        return AccessToken(self.token, int(time.time()) + 3600)


def raw(emulator: Emulator, path: str = "/data?restype=share", **headers: str) -> httpx.Response:
    """A call without a signature."""
    with httpx.Client() as http:
        return http.get(emulator.url + path, headers={"Host": HOST, **headers})


def code(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal; the body says the same as the header."""
    found = answer.headers["x-ms-error-code"]
    assert f"<Error><Code>{found}</Code><Message>" in answer.text
    assert answer.headers["content-type"] == "application/xml"
    return answer.status_code, found


def test_a_signature_opens(emulator: Emulator, service: ShareServiceClient) -> None:
    """Either key signs, also names with underscores and hyphens; a wrong key and one that was replaced do not."""
    metadata = {"a_b": "1", "ab": "2", "a1": "3", "a": "  spaced "}
    share = service.get_share_client("data")
    share.set_share_metadata(metadata)
    assert share.get_share_properties().metadata == {**metadata, "a": "spaced"}
    with emulator.client(params={"api-version": STORAGE_VERSION}) as http:
        keys = [one["value"] for one in http.post(f"{ACCOUNT_ID}/listKeys").json()["keys"]]
        client(emulator, keys[1]).get_share_client("data").get_share_properties()
        http.post(f"{ACCOUNT_ID}/regenerateKey", json={"keyName": "key1"})
    for key in (keys[0], "AAAA"):
        with pytest.raises(ClientAuthenticationError):
            client(emulator, key).get_share_client("data").get_share_properties()


def test_a_token_opens(emulator: Emulator, service: ShareServiceClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """A token of the emulator is good for everything, when the request says that it acts as a backup does."""
    file = client(emulator, Token(emulator.token), token_intent="backup").get_share_client("data").get_file_client("f")
    file.upload_file(b"abc")
    assert file.download_file().readall() == b"abc"
    bearer = f"Bearer {emulator.token}"
    assert code(raw(emulator, Authorization=bearer)) == (400, "MissingRequiredHeader")
    intent = {"x-ms-file-request-intent": "backup"}
    assert raw(emulator, Authorization=bearer, **intent).status_code == 200
    assert code(raw(emulator, Authorization="Bearer x", **intent)) == (401, "InvalidAuthenticationInfo")


@pytest.mark.parametrize(
    ("headers", "path", "expected"),
    [
        ({}, "/data?restype=share", (401, "NoAuthenticationInformation")),
        ({}, "/data?restype=share&sv=1&sig=x", (403, "AuthenticationFailed")),
        ({"Authorization": "Basic YQ=="}, "/data?restype=share", (403, "AuthenticationFailed")),
        ({"Authorization": f"SharedKey {ACCOUNT}:!", "x-ms-date": "now"}, "/", (403, "AuthenticationFailed")),
        ({"Authorization": "SharedKey other:YQ=="}, "/", (403, "AuthenticationFailed")),
        ({"Origin": "https://evil.example"}, "/", (403, "CorsPreflightFailure")),
        ({"Host": "nosuch.file.core.windows.net"}, "/", (404, "AccountNotFound")),
    ],
)
def test_refusals(
    emulator: Emulator, service: ShareServiceClient, headers: dict[str, str], path: str, expected: tuple[int, str]
) -> None:
    """Whoever shows nothing, or the wrong thing, gets nothing, in the words of the file service."""
    assert code(raw(emulator, path, **headers)) == expected


@pytest.mark.parametrize(
    "host", [f"{HOST}:80", f"x.{HOST}", f"{ACCOUNT}.blob.core.windows.net", "a.file.core.windows.net"]
)
def test_other_hosts(emulator: Emulator, service: ShareServiceClient, host: str) -> None:
    """Only the very name of an account's file service is let in past the check of the Host header."""
    answer = raw(emulator, Host=host, Authorization=f"Bearer {emulator.token}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (421, "MisdirectedRequest")


def test_an_old_signature(emulator: Emulator, service: ShareServiceClient) -> None:
    """A signed request is good for a quarter of an hour, and not for another path."""
    sent: dict[str, Any] = {}
    service.get_share_client("data").get_share_properties(
        raw_response_hook=lambda it: sent.update(it.http_request.headers)
    )
    signed = {key: str(value) for key, value in sent.items() if key.lower() != "connection"}
    with httpx.Client() as http:
        same = emulator.url + "/data?restype=share"
        assert http.get(same, headers=signed | {"Host": HOST}).status_code == 200
        moved = http.get(emulator.url + "/other?restype=share", headers=signed | {"Host": HOST})
        assert code(moved) == (403, "AuthenticationFailed")
        clock = emulator.world.clock
        later = clock.now_ns() + 1000 * 10**9
        emulator.world.clock = type("Later", (), {"now_ns": lambda _self: later})()
        assert code(http.get(same, headers=signed | {"Host": HOST})) == (403, "AuthenticationFailed")
        emulator.world.clock = clock


def test_keys_may_be_forbidden(emulator: Emulator, service: ShareServiceClient) -> None:
    """An account that allows no keys refuses signatures, not tokens."""
    with emulator.client(params={"api-version": STORAGE_VERSION}) as http:
        assert http.patch(ACCOUNT_ID, json={"properties": {"allowSharedKeyAccess": False}}).status_code == 200
    with pytest.raises(HttpResponseError, match="Key based authentication is not permitted"):
        service.get_share_client("data").get_share_properties()
    by_token = client(emulator, Token(emulator.token), token_intent="backup")
    assert by_token.get_share_client("data").get_share_properties().name == "data"


@pytest.mark.parametrize(
    "path",
    ["/data/../../../world.json", "/data/%2e%2e/%2e%2e/%2E%2E/world.json", "/data/a%2F..%2F..%2F..%2F..%2Fworld.json",
     "/data/./world.json", "/data/a//b", "/data/x%00y", "/data/a%5Cb", "/data/" + "n" * 256],
)  # fmt: skip
def test_paths_stay_inside(emulator: Emulator, service: ShareServiceClient, path: str) -> None:
    """No spelling of a path leads out of the share."""
    headers = {"Authorization": f"Bearer {emulator.token}", "x-ms-file-request-intent": "backup", "Host": HOST}
    connection = HTTPConnection(emulator.url.removeprefix("http://"))
    connection.request("GET", path, headers=headers)  # as it stands: other clients tidy it up first
    answer = connection.getresponse()
    assert (answer.status, answer.headers["x-ms-error-code"]) == (400, "InvalidFileOrDirectoryPathName")
    connection.close()


def test_links_lead_nowhere(emulator: Emulator, service: ShareServiceClient, folder: Path, tmp_path: Path) -> None:
    """Links that a container has made are seen, moved and removed, and never followed."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_bytes(b"secret")
    (folder / "dir").symlink_to(outside)
    (folder / "file").symlink_to(outside / "secret")
    os.mkfifo(folder / "pipe")
    share = service.get_share_client("data")
    assert {one.name: one.is_directory for one in share.list_directories_and_files()} == {
        "dir": False, "file": False, "pipe": False,
    }  # fmt: skip
    tries: list[Callable[[], Any]] = [
        lambda: share.get_file_client("file").download_file(),
        lambda: share.get_file_client("pipe").download_file(),
        lambda: share.get_file_client("dir/secret").download_file(),
        lambda: share.get_file_client("dir/new").create_file(0),
        lambda: share.get_file_client("file").upload_range(b"x", offset=0, length=1),
        lambda: share.get_file_client("file").set_file_metadata({"a": "b"}),
        lambda: share.get_file_client("dir/secret").delete_file(),
        lambda: share.create_directory("dir/sub"),
        lambda: list(share.get_directory_client("dir").list_directories_and_files()),
        lambda: share.get_file_client("dir/secret").rename_file("stolen"),
    ]
    for one in tries:
        with pytest.raises(HttpResponseError) as refused:
            one()
        assert refused.value.status_code in (404, 409)
    share.get_file_client("file").upload_file(b"new")
    assert (folder / "file").read_bytes() == b"new" and not (folder / "file").is_symlink()
    share.get_file_client("pipe").upload_file(b"new")
    share.get_file_client("dir").rename_file("moved")
    share.get_file_client("moved").delete_file()
    assert (outside / "secret").read_bytes() == b"secret"
    assert [one.name for one in outside.iterdir()] == ["secret"]
    service.delete_share("data")
    assert (outside / "secret").exists()


def test_what_is_not_served_says_so(emulator: Emulator, service: ShareServiceClient) -> None:
    """Snapshots, leases and copies are refused by name."""
    share = service.get_share_client("data")
    share.get_file_client("f").upload_file(b"x")
    for one in (
        share.create_snapshot,
        share.acquire_lease,
        lambda: share.get_file_client("g").start_copy_from_url(f"https://{HOST}/data/f"),
    ):
        with pytest.raises(HttpResponseError, match="does not serve") as refused:
            one()  # type: ignore[operator]
        assert refused.value.status_code == 501


def test_a_refused_body_is_heard(emulator: Emulator, service: ShareServiceClient) -> None:
    """A client that sends much hears why it is refused, and may go on."""
    file = service.get_share_client("data").get_file_client("missing")
    with pytest.raises(HttpResponseError) as refused:
        file.upload_range(b"x" * (4 << 20), offset=0, length=4 << 20)
    assert refused.value.status_code == 404
    headers = {"Authorization": f"Bearer {emulator.token}", "x-ms-file-request-intent": "backup", "Host": HOST}
    with httpx.Client() as http:
        file.create_file(5 << 20)
        ranged = {"x-ms-range": f"bytes=0-{(5 << 20) - 1}", "x-ms-write": "update"}
        where = f"{emulator.url}/data/missing?comp=range"
        assert code(http.put(where, headers=headers | ranged, content=b"x" * (5 << 20))) == (413, "RequestBodyTooLarge")
        short = {"x-ms-range": "bytes=0-9", "x-ms-write": "update"}
        assert code(http.put(where, headers=headers | short, content=b"x")) == (400, "InvalidHeaderValue")
        wrong = short | {"Content-MD5": "AAAA"}
        assert code(http.put(where, headers=headers | wrong, content=b"x" * 10)) == (400, "Md5Mismatch")
