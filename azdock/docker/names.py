"""Container ids and names: making them, checking them, finding by them."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable

from azdock.docker.record import Ident
from azdock.docker.values import BadValue

_LEFT = [
    "amber",
    "bold",
    "brave",
    "bright",
    "brisk",
    "calm",
    "clever",
    "cosmic",
    "crisp",
    "curious",
    "daring",
    "eager",
    "early",
    "fair",
    "fancy",
    "fearless",
    "gentle",
    "glad",
    "golden",
    "happy",
    "hardy",
    "honest",
    "humble",
    "jolly",
    "keen",
    "kind",
    "lively",
    "lucid",
    "lucky",
    "mellow",
    "merry",
    "mighty",
    "modest",
    "nimble",
    "noble",
    "patient",
    "placid",
    "polite",
    "proud",
    "quick",
    "quiet",
    "ready",
    "serene",
    "sharp",
    "silent",
    "sleek",
    "smart",
    "snowy",
    "steady",
    "sunny",
    "swift",
    "tidy",
    "tranquil",
    "upbeat",
    "vivid",
    "warm",
    "wise",
    "witty",
    "zealous",
]
_RIGHT = [
    "abel",
    "archimedes",
    "babbage",
    "banach",
    "bohr",
    "boole",
    "cantor",
    "curie",
    "darwin",
    "dijkstra",
    "dirac",
    "edison",
    "einstein",
    "euclid",
    "euler",
    "faraday",
    "fermat",
    "fermi",
    "feynman",
    "franklin",
    "galileo",
    "gauss",
    "goldberg",
    "goodall",
    "hamilton",
    "hawking",
    "heisenberg",
    "hertz",
    "hopper",
    "hypatia",
    "jackson",
    "johnson",
    "kepler",
    "knuth",
    "lamarr",
    "leibniz",
    "liskov",
    "lovelace",
    "maxwell",
    "mayer",
    "meitner",
    "mendel",
    "newton",
    "noether",
    "pascal",
    "pasteur",
    "planck",
    "ramanujan",
    "ritchie",
    "rubin",
    "sagan",
    "shannon",
    "tesla",
    "thompson",
    "turing",
    "villani",
    "volta",
    "wiles",
    "wozniak",
    "wright",
]
_NAME = re.compile(r"/?[a-zA-Z0-9][a-zA-Z0-9_.-]+")


def new_id() -> str:
    """64 random hex digits; never all decimal in the first twelve, so that it cannot be taken for a number."""
    while True:
        ident = os.urandom(32).hex()
        if not ident[:12].isdigit():
            return ident


def new_name(taken: Collection[str]) -> str:
    """A free name of the form adjective_surname, with a digit behind it once the plain ones are hard to find."""
    import random  # listing containers needs no names

    source = random.SystemRandom()
    for attempt in range(200):
        name = f"{source.choice(_LEFT)}_{source.choice(_RIGHT)}"
        if attempt > 5:
            name += str(source.randrange(10 ** (1 + attempt // 20)))
        if name not in taken:
            return name
    return f"{source.choice(_LEFT)}_{os.urandom(6).hex()}"


def check_name(text: str) -> None:
    """Raises BadValue unless docker accepts the name (a leading slash is allowed and means nothing)."""
    if not _NAME.fullmatch(text):
        raise BadValue(f"Invalid container name ({text}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed")


def find(query: str, idents: Iterable[Ident]) -> list[Ident]:
    """Whom `query` names: a full id, else a name, else every id that begins with it, in docker's order of rules."""
    known = list(idents)
    name = query.removeprefix("/")
    for exact in ([one for one in known if one.id == query], [one for one in known if name and one.name == name]):
        if exact:
            return exact
    return [one for one in known if one.id.startswith(query)] if query else []
