"""The data plane of Azure Files, through the published package."""

from __future__ import annotations

import hashlib
import os
import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.storage.fileshare import ContentSettings, ShareClient

from tests.contract.emulator.file_clients import ACCOUNT, client, make_account
from tests.support.emulator import Emulator


@pytest.fixture
def share(emulator: Emulator) -> Iterator[ShareClient]:
    """A new share."""
    with client(emulator, make_account(emulator)) as service:
        yield service.create_share("data")


@pytest.fixture
def folder(emulator: Emulator, share: ShareClient) -> Path:
    """Where the share's files are."""
    return emulator.home / "shares" / ACCOUNT / share.share_name


def code_of(failed: pytest.ExceptionInfo[HttpResponseError]) -> tuple[int | None, str]:
    """Status and code of a refusal."""
    response = failed.value.response
    assert response is not None
    return failed.value.status_code, str(response.headers["x-ms-error-code"])


def names(folder: Path) -> list[str]:
    """What is in a folder, in order."""
    return sorted(one.name for one in folder.iterdir())


def test_upload_and_download(share: ShareClient, folder: Path) -> None:
    """A file arrives whole under its name, whatever letters that has, and comes back the same."""
    data = random.Random(1).randbytes(9 << 20)
    share.create_directory("dir one")
    file = share.get_file_client("dir one/häß +%25&.txt")
    file.upload_file(data, max_concurrency=2)
    assert (folder / "dir one" / "häß +%25&.txt").read_bytes() == data
    assert file.download_file().readall() == data
    assert file.download_file(offset=100, length=1000).readall() == data[100:1100]
    assert file.get_file_properties().size == len(data)


@pytest.mark.parametrize("size", [0, 1, 4 << 20])
def test_a_file_in_one_call(share: ShareClient, folder: Path, size: int) -> None:
    """A file may come with its content; what has been there before is gone."""
    data = random.Random(2).randbytes(size)
    (folder / "one").write_bytes(b"x" * 5_000_000)
    file = share.get_file_client("one")
    file.create_file(size, data=data)
    assert (folder / "one").read_bytes() == data
    assert file.download_file().readall() == data


def test_many_small_files_are_quick(share: ShareClient, folder: Path) -> None:
    """A thousand files of 1 kB arrive within a few seconds, each with its own content."""

    def upload(number: int) -> None:
        share.get_file_client(f"f{number}").upload_file(f"{number} ".encode() * 200)

    begin = time.perf_counter()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(upload, range(1000)))
    assert time.perf_counter() - begin < 30
    assert names(folder) == sorted(f"f{number}" for number in range(1000))
    assert (folder / "f777").read_bytes() == b"777 " * 200


def test_a_large_file_is_quick(share: ShareClient) -> None:
    """100 MB go up and come down within seconds."""
    data = random.Random(3).randbytes(1 << 20) * 100
    file = share.get_file_client("big")
    begin = time.perf_counter()
    file.upload_file(data, max_concurrency=4)
    assert time.perf_counter() - begin < 20
    digest = hashlib.sha256()
    for chunk in file.download_file().chunks():
        digest.update(chunk)
    assert digest.digest() == hashlib.sha256(data).digest()
    assert time.perf_counter() - begin < 40


def test_ranges(share: ShareClient, folder: Path) -> None:
    """Ranges are written in any order, cleared to zeros, and told; a file of a terabyte takes no room."""
    file = share.get_file_client("sparse")
    file.create_file(1 << 40)
    assert (folder / "sparse").stat().st_blocks * 512 < 10_000
    file.upload_range(b"end", offset=(1 << 40) - 3, length=3)
    file.upload_range(b"a" * 8192, offset=4096, length=8192)
    file.clear_range(offset=8192, length=512)
    assert file.download_file(offset=8190, length=4).readall() == b"aa\0\0"
    written = list(file.list_ranges(results_per_page=1))
    assert (written[0].start, written[-1].end) == (4096, (1 << 40) - 1)
    assert [one.start for one in written] == sorted({one.start for one in written})
    assert file.download_file(offset=(1 << 40) - 4, length=4).readall() == b"\0end"
    file.resize_file(4100)
    assert (folder / "sparse").read_bytes() == b"\0" * 4096 + b"aaaa"
    for failing in (
        lambda: file.upload_range(b"xx", offset=4099, length=2),
        lambda: file.clear_range(offset=4096, length=512),
        lambda: file.download_file(offset=5000, length=1),
    ):
        with pytest.raises(HttpResponseError) as failed:
            failing()
        assert code_of(failed) == (416, "InvalidRange")


def test_writing_leaves_the_rest_alone(share: ShareClient, folder: Path) -> None:
    """A range changes its own bytes only, and the time of writing unless that is to be kept."""
    (folder / "f").write_bytes(b"0123456789")
    os.utime(folder / "f", (1, 1))
    file = share.get_file_client("f")
    file.upload_range(b"xy", offset=3, length=2, file_last_write_mode="preserve")
    assert ((folder / "f").read_bytes(), (folder / "f").stat().st_mtime) == (b"012xy56789", 1)
    file.upload_range(b"z", offset=0, length=1)
    assert (folder / "f").stat().st_mtime > 1000


def test_properties(share: ShareClient, folder: Path) -> None:
    """Metadata, content settings, attributes and times are kept, also when the file moves."""
    written = datetime(2020, 1, 2, 3, 4, 5, 600000, tzinfo=UTC)
    created = written - timedelta(days=1)
    file = share.get_file_client("f")
    file.upload_file(
        b"abc",
        metadata={"Key_1": "value"},
        content_settings=ContentSettings(content_type="text/plain", cache_control="no-store"),
        file_attributes="ReadOnly|Hidden",
        file_creation_time=created,
        file_last_write_time=written,
    )
    moved = file.rename_file("g")
    found = moved.get_file_properties()
    assert {key.lower(): value for key, value in found.metadata.items()} == {"key_1": "value"}
    assert (found.content_settings.content_type, found.content_settings.cache_control) == ("text/plain", "no-store")
    assert (found.file_attributes, found.creation_time) == ("ReadOnly | Hidden", created)
    assert found.server_encrypted and found.file_id and found.parent_id
    moved.set_file_metadata({"other": "1"})
    moved.set_http_headers(ContentSettings(content_type="text/html"), file_last_write_time=written)
    found = moved.get_file_properties()
    assert (found.metadata, found.content_settings.content_type) == ({"other": "1"}, "text/html")
    assert (found.content_settings.cache_control, found.last_write_time, found.creation_time) == (
        None,
        written,
        created,
    )
    assert (folder / "g").stat().st_mtime_ns == int(written.timestamp() * 10) * 10**8


def test_times_of_new_files(share: ShareClient, folder: Path) -> None:
    """A file without a given time is of now; one that a container has made has times, too."""
    share.get_file_client("f").upload_file(b"abc")
    (folder / "made").write_bytes(b"abc")
    for name in ("f", "made"):
        found = share.get_file_client(name).get_file_properties()
        for moment in (found.creation_time, found.last_write_time, found.change_time, found.last_modified):
            assert abs(moment - datetime.now(UTC)) < timedelta(seconds=60)
    assert (folder / "f").stat().st_mode & 0o777 == 0o777, "whatever user a container has may use it"


def test_directories(share: ShareClient, folder: Path) -> None:
    """Directories are made once, in parents that exist, and removed when they are empty."""
    directory = share.create_directory("a", metadata={"k": "v"})
    share.create_directory("a/b")
    assert directory.get_directory_properties().metadata == {"k": "v"}
    assert (folder / "a/b").is_dir()
    for failing, expected in (
        (lambda: share.create_directory("a"), (409, "ResourceAlreadyExists")),
        (lambda: share.create_directory("x/y"), (404, "ParentNotFound")),
        (lambda: share.delete_directory("a"), (409, "DirectoryNotEmpty")),
        (lambda: share.delete_directory("x"), (404, "ResourceNotFound")),
        (lambda: share.get_file_client("a").delete_file(), (409, "ResourceTypeMismatch")),
        (lambda: share.get_file_client("a").create_file(1), (409, "ResourceTypeMismatch")),
        (lambda: share.get_file_client("a/no").download_file(), (404, "ResourceNotFound")),
        (lambda: share.get_file_client("no/a").get_file_properties(), (404, "ParentNotFound")),
        (lambda: share.get_directory_client("").delete_directory(), (409, "CannotDeleteFileOrDirectory")),
    ):
        with pytest.raises(HttpResponseError) as failed:
            failing()
        assert code_of(failed) == expected
    share.delete_directory("a/b")
    directory.delete_directory()
    assert list(folder.iterdir()) == []
    assert not directory.exists()


def test_listing(share: ShareClient, folder: Path) -> None:
    """Everything is listed once over all pages, by prefix, with details when they are asked for."""
    for number in range(25):
        (folder / f"file{number:02}").write_bytes(b"x" * number)
    (folder / "fire").mkdir()
    found = list(share.list_directories_and_files(results_per_page=7))
    assert sorted(one.name for one in found) == names(folder)
    assert [one.name for one in found if one.is_directory] == ["fire"]
    assert {one.name: one.size for one in found if not one.is_directory} == {f"file{n:02}": n for n in range(25)}
    assert [one.name for one in share.list_directories_and_files(name_starts_with="file2")] == [
        f"file{number}" for number in range(20, 25)
    ]
    detailed = next(iter(share.list_directories_and_files(include=["timestamps", "etag", "attributes"])))
    assert detailed.last_write_time and detailed.etag and detailed.file_attributes
    assert list(share.get_directory_client("fire").list_directories_and_files()) == []


@pytest.mark.parametrize("name", ["a&b<c>'d\"", "tab\tnew\nline", "bell\x07", "ü 漢 😀", "\udcff"])
def test_names_of_containers(share: ShareClient, folder: Path, name: str) -> None:
    """Whatever names a container has given to files, the list of them can be read."""
    (folder / name).write_bytes(b"12")
    (found,) = share.list_directories_and_files()
    assert found.size == 2
    if name.isprintable():
        assert found.name == name


def test_rename(share: ShareClient, folder: Path) -> None:
    """Files and directories move; a file is overwritten only when that is wished, a directory never."""
    share.create_directory("a")
    for name in ("a/f", "g"):
        share.get_file_client(name).upload_file(name.encode())
    moved = share.get_directory_client("a").rename_directory("b")
    assert moved.directory_path == "b" and (folder / "b/f").read_bytes() == b"a/f"
    with pytest.raises(ResourceExistsError):
        share.get_file_client("b/f").rename_file("g")
    share.get_file_client("b/f").rename_file("g", overwrite=True)
    assert (folder / "g").read_bytes() == b"a/f"
    share.create_directory("c")
    with pytest.raises(ResourceExistsError):
        share.get_directory_client("b").rename_directory("c")
    with pytest.raises(ResourceNotFoundError):
        share.get_file_client("nosuch").rename_file("h")


def test_shares(emulator: Emulator, share: ShareClient, folder: Path) -> None:
    """Shares are made, told, changed, measured, listed and deleted here, too, and are the resource manager's."""
    service = client(emulator, make_account_key(emulator))
    other = service.create_share("other", metadata={"k": "v"}, quota=3)
    found = other.get_share_properties()
    assert (found.metadata, found.quota, found.protocols) == ({"k": "v"}, 3, ["SMB"])
    other.set_share_quota(4)
    other.set_share_metadata({"l": "w"})
    listed = list(service.list_shares(include_metadata=True))
    assert [(one.name, one.quota, one.metadata) for one in listed] == [("data", 5120, {}), ("other", 4, {"l": "w"})]
    assert [one.name for one in service.list_shares(name_starts_with="o")] == ["other"]
    (folder / "f").write_bytes(b"x" * 123)
    assert share.get_share_stats() == 123
    for failing, expected in (
        (lambda: service.create_share("other"), (409, "ShareAlreadyExists")),
        (lambda: service.create_share("Other"), (400, "InvalidResourceName")),
        (lambda: other.set_share_quota(1 << 20), (400, "OutOfRangeInput")),
    ):
        with pytest.raises(HttpResponseError) as failed:
            failing()
        assert code_of(failed) == expected
    share.delete_share()
    assert not folder.exists()
    with pytest.raises(ResourceNotFoundError) as gone:
        share.get_file_client("f").download_file()
    assert code_of(gone) == (404, "ShareNotFound")
    service.close()


def make_account_key(emulator: Emulator) -> Any:
    """The second key of the account: either opens it."""
    document = emulator.call(lambda: next(one for one in emulator.world.store.under(emulator.group) if "keys" in one))
    return document["keys"][1]["value"]


def test_checked_content(share: ShareClient) -> None:
    """A hash that goes with the content is checked on both ways."""
    file = share.get_file_client("f")
    file.create_file(3)
    file.upload_range(b"abc", offset=0, length=3, validate_content="md5")
    assert file.download_file(validate_content="md5").readall() == b"abc"
