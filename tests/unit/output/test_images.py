"""The images view."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from azdock.output.format import render_list
from azdock.output.images import image_row, image_view

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ID = "sha256:58a68ff2e8c5" + "a" * 52


def images(format: str = "", *, quiet: bool = False, digests: bool = False, no_trunc: bool = False) -> str:
    """What images prints for a named and an untagged image."""
    rows = [
        image_row(id=ID, created=NOW - timedelta(minutes=44), size=1983524, now=NOW, no_trunc=no_trunc),
        image_row(
            id=ID,
            created=datetime(2024, 1, 1, tzinfo=UTC),
            size=1983524,
            now=NOW,
            repository="busybox",
            tag="latest",
            no_trunc=no_trunc,
        ),
    ]
    return render_list(image_view(digests=digests), rows, format, quiet=quiet)


def test_table() -> None:
    """The default table has docker's columns; what is not there is <none>."""
    assert images() == (
        "REPOSITORY   TAG       IMAGE ID       CREATED          SIZE\n"
        "<none>       <none>    58a68ff2e8c5   44 minutes ago   1.98MB\n"
        "busybox      latest    58a68ff2e8c5   2 years ago      1.98MB\n"
    )


def test_digests() -> None:
    """--digests adds a column."""
    assert images(digests=True).splitlines()[2] == (
        "busybox      latest    <none>    58a68ff2e8c5   2 years ago      1.98MB"
    )


def test_json() -> None:
    """Every row is one object with sorted keys, HTML escaped."""
    assert images("json").splitlines()[1] == (
        '{"Containers":"N/A","CreatedAt":"2024-01-01 00:00:00 +0000 UTC","CreatedSince":"2 years ago",'
        '"Digest":"\\u003cnone\\u003e","ID":"58a68ff2e8c5","Repository":"busybox","SharedSize":"N/A","Size":"1.98MB",'
        '"Tag":"latest","UniqueSize":"N/A","VirtualSize":"1.984MB"}'
    )


@pytest.mark.parametrize(("digests", "line"), [(False, ""), (True, "digest: <none>\n")])
def test_raw(digests: bool, line: str) -> None:
    """raw prints one block per image."""
    assert images("raw", digests=digests).endswith(
        f"\n\nrepository: busybox\ntag: latest\n{line}image_id: 58a68ff2e8c5\n"
        "created_at: 2024-01-01 00:00:00 +0000 UTC\nvirtual_size: 1.98MB\n\n"
    )


@pytest.mark.parametrize(
    ("format", "no_trunc", "last"),
    [("", False, "58a68ff2e8c5"), ("table", False, "58a68ff2e8c5"), ("", True, ID), ("{{.Tag}}", False, "latest")],
)
def test_quiet(format: str, no_trunc: bool, last: str) -> None:
    """--quiet prints ids, unless a template says what to print."""
    assert images(format, quiet=True, no_trunc=no_trunc).splitlines()[1] == last
