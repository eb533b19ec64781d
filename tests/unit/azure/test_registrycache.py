"""What is remembered of registries, for how long, and what is not."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from azdock.azure.registry import ImageConfig, Target
from azdock.azure.registrycache import FILE, MAX_BYTES, MAX_IMAGES, SILENT_SECONDS, TAG_SECONDS, RegistryCache

DIGEST = f"sha256:{'1' * 64}"
IMAGE = ImageConfig(
    f"sha256:{'2' * 64}", ("/e",), ("c",), ("A=b",), "/w", "u", {"k": "v"}, ("80/tcp",), ("/data",), ("CMD", "true"),
    {"Interval": 1},
)  # fmt: skip
TAGGED = Target("r.io", "x", "v1")
PINNED = Target("r.io", "x", "v1", DIGEST)


@dataclass
class Clock:
    now: float = 1e9

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_tag(tmp_path: Path, clock: Clock) -> None:
    """A tag's digest is known to later processes for some seconds, the facts behind it for longer."""
    cache = RegistryCache(tmp_path, clock)
    assert (cache.digest(TAGGED), cache.image(DIGEST)) == ("", None)
    cache.keep(TAGGED, DIGEST, IMAGE)
    later = RegistryCache(tmp_path, clock)
    assert (later.digest(TAGGED), later.image(DIGEST)) == (DIGEST, IMAGE)
    clock.now += TAG_SECONDS
    assert (later.digest(TAGGED), later.image(DIGEST)) == ("", IMAGE)
    clock.now -= 2 * TAG_SECONDS  # a clock set back makes nothing young
    assert later.digest(TAGGED) == ""


def test_digest(tmp_path: Path, clock: Clock) -> None:
    """A digest names the same image for ever, and says nothing about the tag beside it."""
    cache = RegistryCache(tmp_path, clock)
    cache.keep(PINNED, DIGEST, IMAGE)
    clock.now += 1e8
    assert cache.image(cache.digest(PINNED)) == IMAGE
    assert cache.digest(TAGGED) == ""


def test_silent_registry(tmp_path: Path, clock: Clock) -> None:
    """A registry that did not answer is left alone for a minute, or until it has answered."""
    RegistryCache(tmp_path, clock).keep_silent("r.io")
    cache = RegistryCache(tmp_path, clock)
    assert (cache.is_silent("r.io"), cache.is_silent("other.io")) == (True, False)
    clock.now += SILENT_SECONDS
    assert not cache.is_silent("r.io")
    cache.keep_silent("r.io")
    cache.keep(TAGGED, DIGEST, IMAGE)
    assert not cache.is_silent("r.io")


def test_bounded(tmp_path: Path, clock: Clock) -> None:
    """The file does not grow without end: the oldest images go, and a huge one is not kept at all."""
    cache = RegistryCache(tmp_path, clock)
    for number in range(MAX_IMAGES + 3):
        cache.keep(Target("r.io", "x", f"v{number}"), f"sha256:{number:064x}", IMAGE)
    assert cache.image(f"sha256:{2:064x}") is None
    assert cache.image(f"sha256:{3:064x}") == IMAGE
    assert len(json.loads((tmp_path / FILE).read_text())["images"]) == MAX_IMAGES
    huge = ImageConfig("sha256:3", env=("k=" + "x" * MAX_BYTES,))
    cache.keep(TAGGED, DIGEST, huge)
    assert (cache.digest(TAGGED), cache.image(DIGEST)) == ("", None), "nor is what the tag named before"


def test_private(tmp_path: Path, clock: Clock) -> None:
    """The file, in a folder made for it if need be, can be read by its owner only; nothing else is left there."""
    home = tmp_path / "home"
    RegistryCache(home, clock).keep(TAGGED, DIGEST, IMAGE)
    assert (home.stat().st_mode & 0o777, (home / FILE).stat().st_mode & 0o777) == (0o700, 0o600)
    assert [path.name for path in home.iterdir()] == [FILE]


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "{", '{"images": {}, "tags": {}}', '{"images": {"d": {}}, "tags": {}, "silent": {}}',
        '{"images": {}, "tags": {"t": 1}, "silent": {}}', '{"images": {}, "tags": {}, "silent": {"h": "x"}}',
        '{"images": [], "tags": {}, "silent": {}}', '{"images": {"d": null}, "tags": {}, "silent": {}}',
        '{"images": {"d": {"id": "i", "entrypoint": "x", "command": [], "env": [], "workdir": "", "user": "",'
        ' "labels": {}}}, "tags": {}, "silent": {}}',
    ],
)  # fmt: skip
def test_broken_file(tmp_path: Path, clock: Clock, text: str) -> None:
    """A file that cannot be understood is a cache without entries, and is written anew."""
    (tmp_path / FILE).write_text(text)
    cache = RegistryCache(tmp_path, clock)
    assert (cache.digest(TAGGED), cache.image("d"), cache.is_silent("h")) == ("", None, False)
    cache.keep(TAGGED, DIGEST, IMAGE)
    assert RegistryCache(tmp_path, clock).digest(TAGGED) == DIGEST


def test_home_that_cannot_be_written(tmp_path: Path, clock: Clock) -> None:
    """Facts that cannot be remembered are still facts."""
    (tmp_path / "file").write_text("")
    cache = RegistryCache(tmp_path / "file" / "home", clock)
    cache.keep(TAGGED, DIGEST, IMAGE)
    assert cache.image(DIGEST) == IMAGE
