"""Environment variables: -e and the text of an --env-file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from azdock.docker.values import BadValue


def parse_env(items: Iterable[str], environ: Mapping[str, str]) -> tuple[str, ...]:
    """`-e` values as "NAME=value"; a bare NAME takes its value from `environ` and is dropped when unset there.

    Raises BadValue for an empty name.
    """
    found: list[str] = []
    for item in items:
        name, equals, _ = item.partition("=")
        if not name:
            raise BadValue(f"invalid environment variable: {item}")
        if equals:
            found.append(item)
        elif name in environ:
            found.append(f"{name}={environ[name]}")
    return tuple(found)


def parse_env_file(text: str | bytes, name: str, environ: Mapping[str, str]) -> list[str]:
    """The lines of an --env-file called `name` as "NAME=value"; quotes and trailing blanks are kept, as docker does.

    Raises BadValue in docker's wording for a name with blanks, an empty name, or bytes that are not UTF-8.
    """
    data = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text
    found: list[str] = []
    for number, raw in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        entry = _entry(raw.removesuffix(b"\r"), number, name)
        if entry is None:
            continue
        variable, equals, _ = entry.partition("=")
        if equals:
            found.append(entry)
        elif variable in environ:
            found.append(f"{variable}={environ[variable]}")
    return found


def _entry(raw: bytes, number: int, name: str) -> str | None:
    try:
        line = raw.decode().lstrip()  # not at the end: trailing blanks belong to the value
    except UnicodeDecodeError:
        shown = " ".join(str(byte) for byte in raw)
        raise BadValue(f"invalid env file ({name}): invalid utf8 bytes at line {number}: [{shown}]") from None
    if not line or line.startswith("#"):
        return None
    variable, equals, value = line.partition("=")
    if not variable:
        raise BadValue(f"invalid env file ({name}): no variable name on line '{line}'")
    if " " in variable or "\t" in variable:
        raise BadValue(f"invalid env file ({name}): variable '{variable}' contains whitespaces")
    return f"{variable}={value}" if equals else variable


def merge(*groups: Iterable[str]) -> list[str]:
    """Several lists of "NAME=value" as one, in docker's order: a later value replaces an earlier one in its place."""
    places: dict[str, int] = {}
    merged: list[str] = []
    for group in groups:
        for item in group:
            name = item.partition("=")[0]
            if name in places:
                merged[places[name]] = item
            else:
                places[name] = len(merged)
                merged.append(item)
    return merged
