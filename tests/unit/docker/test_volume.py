"""Names and driver options of volumes."""

from __future__ import annotations

import pytest

from azdock.docker.values import BadValue
from azdock.docker.volume import Options, check_name, driver_of, parse_options


@pytest.mark.parametrize("name", ["ab", "A.b_c-1", "9x", "a" * 200])
def test_good_names(name: str) -> None:
    """What docker takes is taken."""
    check_name(name)


@pytest.mark.parametrize(
    ("name", "words"),
    [("a", "volume name is too short"), ("a b", '"a b" includes invalid'), ("-ab", "includes"), ("a/b", "includes")],
)
def test_bad_names(name: str, words: str) -> None:
    """What docker refuses is refused in its words."""
    with pytest.raises(BadValue, match=words):
        check_name(name)


@pytest.mark.parametrize(
    ("asked", "options"),
    [
        ({}, Options()),
        ({"nobrl,uid": "1000"}, Options("nobrl,uid=1000")),  # -o nobrl,uid=1000
        ({"o": "nobrl,uid=1000"}, Options("nobrl,uid=1000")),
        ({"type": "cifs", "nobrl": "", "gid": "5"}, Options("nobrl,gid=5")),
        ({"size": "10g"}, Options("", 10)),
        ({"size": "1"}, Options("", 1)),
    ],
)
def test_options(asked: dict[str, str], options: Options) -> None:
    """Docker's way and the short one to give mount options; a size in whole GiB."""
    assert parse_options(asked, "local") == options


@pytest.mark.parametrize(
    "asked",
    [
        {"type": "btrfs"},
        {"device": "/dev/sda"},
        {"password": "x"},
        {"o": "username=me"},
        {"o": "uid=1 0"},
        {"o": "a;b"},
        {"size": "-1"},
        {"size": "x"},
    ],
)
def test_refused(asked: dict[str, str]) -> None:
    """No other file systems, no devices, no credentials, no nonsense."""
    with pytest.raises(BadValue):
        parse_options(asked, "local")


def test_drivers() -> None:
    """local is the default; nfs is a driver and a type; there are no others."""
    assert driver_of("", {}) == "local"
    assert driver_of("nfs", {}) == driver_of("local", {"type": "nfs4"}) == "nfs"
    with pytest.raises(BadValue, match='error looking up volume plugin foo: plugin "foo" not found'):
        driver_of("foo", {})
    assert parse_options({"type": "nfs"}, "nfs") == Options()
