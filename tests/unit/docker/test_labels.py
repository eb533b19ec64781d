"""-l, --label-file."""

from __future__ import annotations

import pytest

from azdock.docker.labels import parse_label_file, parse_labels
from azdock.docker.values import BadValue


def test_items() -> None:
    """-l takes KEY and KEY=VALUE; the last one wins; a leading blank stays in the key, as with docker."""
    found = parse_labels(["q", "r=1=2", "q=x", " k=1"])
    assert found == {"q": "x", "r": "1=2", " k": "1"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "invalid label '': empty name"),
        ("=x", "invalid label '=x': empty name"),
        ("a b=1", "label 'a b' contains whitespaces"),
        ("a =1", "label 'a ' contains whitespaces"),
    ],
)
def test_refused(text: str, message: str) -> None:
    """A malformed label is refused in docker's words."""
    with pytest.raises(BadValue) as bad:
        parse_labels([text])
    assert str(bad.value) == message


def test_file() -> None:
    """A file's bare names are dropped, as docker does."""
    assert parse_label_file(b"a\nb=\nc=x y \n", "f") == {"b": "", "c": "x y "}


def test_file_refused() -> None:
    """A malformed line of a label file is worded as one of an env file, as docker does."""
    with pytest.raises(BadValue) as bad:
        parse_label_file(b"a\xff=1", "f")
    assert str(bad.value) == "invalid env file (f): invalid utf8 bytes at line 1: [97 255 61 49]"
