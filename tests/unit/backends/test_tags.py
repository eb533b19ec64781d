"""Tags: what is stamped comes back, within Azure's limits."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from azdock.backends import tags
from azdock.docker.record import ContainerRecord, Ident
from azdock.docker.spec import ContainerSpec, ImageFacts
from azdock.errors import AzdockError

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
IDENT = Ident("ab" * 32, "web")


def record(spec: ContainerSpec, image: ImageFacts | None = None) -> ContainerRecord:
    return ContainerRecord(IDENT, spec, NOON, "job", {}, image or ImageFacts())


@pytest.mark.parametrize("length", [0, 1, 200, 255, 256, 257, 3000, 6000])
def test_any_length_comes_back(length: int) -> None:
    """Facts of any length are cut into legal values and joined again."""
    import random

    text = "".join(random.Random(1).choices("abcdefgh0123456789é", k=length))
    stamped = tags.stamp(record(ContainerSpec("i", labels={"k": text})))
    assert len(stamped) <= 50 and all(len(value) <= 256 for value in stamped.values())
    fields, _, _ = tags.facts(stamped)
    assert fields["labels"] == {"k": text}


def test_too_much() -> None:
    """What does not fit is refused before anything exists."""
    import random

    text = "".join(random.Random(1).choices("abcdefghijklmnopqrstuvwxyz0123456789", k=30_000))
    with pytest.raises(AzdockError, match="50 tags"):
        tags.stamp(record(ContainerSpec("i", labels={"k": text})))


def test_case() -> None:
    """Azure may give names of tags back in another case."""
    stamped = {name.upper(): value for name, value in tags.stamp(record(ContainerSpec("i", tty=True))).items()}
    assert tags.is_ours(stamped)
    assert tags.ident(stamped) == IDENT
    assert tags.created(stamped) == NOON
    assert tags.facts(stamped)[0] == {"tty": True}


@pytest.mark.parametrize("found", [None, {}, {"owner": "me"}, {"azdock-name": "web"}])
def test_others(found: dict[str, str] | None) -> None:
    """Without azdock's id a resource is somebody else's."""
    assert not tags.is_ours(found)


@pytest.mark.parametrize(("entrypoint", "words"), [(None, None), ((), 0), (("a", "b"), 2)])
def test_words(entrypoint: tuple[str, ...] | None, words: int | None) -> None:
    """How many words of the body's command line belong to --entrypoint, and how many were given, is known."""
    spec = ContainerSpec("i", entrypoint=entrypoint, command=("x", "y", "z"))
    assert tags.facts(tags.stamp(record(spec)))[2] == tags.Words(words, 3)
