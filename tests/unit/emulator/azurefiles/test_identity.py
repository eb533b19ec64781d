"""What a signature is made over."""

from __future__ import annotations

import pytest

from azdock.emulator.azurefiles import identity


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("x-ms-date", "x-ms-version"),
        ("x-ms-meta-a_b", "x-ms-meta-a1"),
        ("x-ms-meta-a1", "x-ms-meta-ab"),
        ("x-ms-meta-a", "x-ms-meta-ab"),
        ("x-ms-file-rename-source", "x-ms-filf"),
        ("x-ms-range", "x-ms-range-get-content-md5"),
        ("x-ms-ab", "x-ms-a-b"),
        ("x-ms-ab-c", "x-ms-a-bc"),
    ],
)
def test_order(first: str, second: str) -> None:
    """Underscores come before digits, digits before letters, and hyphens decide only between equals."""
    assert sorted([second, first], key=identity.place) == [first, second]


def test_string_to_sign() -> None:
    """Standard headers in their order, Azure's sorted, then the resource with its query; a length of 0 is empty."""
    scope = {
        "method": "PUT",
        "raw_path": b"/data/a%20b",
        "query_string": b"restype=directory&comp=list&Prefix=a%20b&comp=x",
    }
    headers = {"content-length": "0", "date": "now", "content-type": "text/plain", "x-ms-date": "then", "x-ms-a": " b "}
    expected = "PUT\n\n\n\n\ntext/plain\n\n\n\n\n\n\nx-ms-a:b\nx-ms-date:then\n"
    resource = "/account/data/a%20b\ncomp:list,x\nprefix:a b\nrestype:directory"
    assert identity.string_to_sign(scope, headers, "account") == expected + resource


@pytest.mark.parametrize(
    ("hosts", "expected"),
    [
        ([b"abc.file.core.windows.net"], "abc"),
        ([b"ABC.File.core.windows.net"], "abc"),
        ([b"abc.file.core.windows.net", b"abc.file.core.windows.net"], ""),
        ([b"abc.file.core.windows.net:80"], ""),
        ([b"abc.file.core.windows.net.evil.example"], ""),
        ([b"a.b.file.core.windows.net"], ""),
        ([b"127.0.0.1:80"], ""),
        ([], ""),
    ],
)
def test_host_account(hosts: list[bytes], expected: str) -> None:
    """One Host header that is an account's file service and nothing else."""
    scope = {"type": "http", "headers": [(b"host", one) for one in hosts]}
    assert identity.host_account(scope) == expected
    assert identity.host_account({**scope, "type": "websocket"}) == ""
