"""-e, --env-file."""

from __future__ import annotations

import pytest

from azdock.docker.envvars import merge, parse_env, parse_env_file
from azdock.docker.values import BadValue


def test_items() -> None:
    """-e keeps what has a value, even an empty one, and looks up what has none."""
    assert parse_env(["A=1", "B=", "C=x=y", "HOME", "NOPE"], {"HOME": "/h"}) == ("A=1", "B=", "C=x=y", "HOME=/h")


@pytest.mark.parametrize("text", ["", "=x"])
def test_no_name(text: str) -> None:
    """-e without a name is refused."""
    with pytest.raises(BadValue) as bad:
        parse_env([text], {})
    assert str(bad.value) == f"invalid environment variable: {text}"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (b'A=1\nB="quoted value"\nC=with=equals # kept\n', ["A=1", 'B="quoted value"', "C=with=equals # kept"]),
        (b"  D=leading\nF=\nG=trailing  \n", ["D=leading", "F=", "G=trailing  "]),
        (b"# comment\n\n  # another\nHOST\nNOPE\n", ["HOST=here"]),
        (b"A=1\r\nB=2\r\n", ["A=1", "B=2"]),
        (b"\xef\xbb\xbfA=1", ["A=1"]),
        (b"\xc2\xa0A=1\n\x0bB=2", ["A=1", "B=2"]),
        (b"A\x0bB=1", ["A\x0bB=1"]),
        (b"A\xc2\xa0B=1", ["A\xa0B=1"]),
    ],
)
def test_file(text: bytes, lines: list[str]) -> None:
    """A file's values are taken as they stand; comments, blank lines and unset names are left out."""
    assert parse_env_file(text, "f", {"HOST": "here"}) == lines


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"A B=1", "variable 'A B' contains whitespaces"),
        (b"A =1", "variable 'A ' contains whitespaces"),
        (b"A\tB", "variable 'A\tB' contains whitespaces"),
        (b"\xef\xbb\xbfA B=1", "variable 'A B' contains whitespaces"),
        (b"A=1\r\nB B", "variable 'B B' contains whitespaces"),
        (b"=x", "no variable name on line '=x'"),
        (b"A\n=1", "no variable name on line '=1'"),
        (b"A\xff=1", "invalid utf8 bytes at line 1: [65 255 61 49]"),
    ],
)
def test_file_refused(text: bytes, message: str) -> None:
    """A malformed line is refused in docker's words, which name the file."""
    with pytest.raises(BadValue) as bad:
        parse_env_file(text, "f", {})
    assert str(bad.value) == f"invalid env file (f): {message}"


def test_merge() -> None:
    """A later value replaces an earlier one in its place."""
    assert merge(["A=1", "B=2"], ["A=3", "C"]) == ["A=3", "B=2", "C"]
