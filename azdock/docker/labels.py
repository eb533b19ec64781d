"""Labels: -l and the text of a --label-file."""

from __future__ import annotations

from collections.abc import Iterable

from azdock.docker.envvars import parse_env_file
from azdock.docker.values import BadValue


def parse_labels(items: Iterable[str]) -> dict[str, str]:
    """`-l` values as a mapping, later ones winning; KEY alone is KEY with an empty value. Raises BadValue."""
    labels: dict[str, str] = {}
    for item in items:
        key, _, value = item.partition("=")
        shown = key.lstrip(" \t")
        if not shown:
            raise BadValue(f"invalid label '{item}': empty name")
        if " " in shown or "\t" in shown:
            raise BadValue(f"label '{shown}' contains whitespaces")
        labels[key] = value
    return labels


def parse_label_file(text: str | bytes, name: str = "") -> dict[str, str]:
    """The labels of a --label-file called `name`; its errors are worded as those of an --env-file, as docker's are."""
    return parse_labels(parse_label_lines(text, name))


def parse_label_lines(text: str | bytes, name: str) -> list[str]:
    """The lines of a label file as "KEY=value". A bare KEY is dropped: docker reads it as an unset variable."""
    return parse_env_file(text, name, {})
