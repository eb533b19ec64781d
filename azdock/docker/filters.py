"""ps --filter: parsing, and which containers match."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from azdock.docker import image, names
from azdock.docker.record import ContainerRecord
from azdock.docker.values import BadValue

_KEYS = frozenset(
    [
        "ancestor",
        "before",
        "exited",
        "expose",
        "health",
        "id",
        "is-task",
        "isolation",
        "label",
        "name",
        "network",
        "publish",
        "since",
        "status",
        "volume",
    ]
)
_STATES = ("created", "restarting", "running", "removing", "paused", "exited", "dead")
_HEALTH = ("starting", "healthy", "unhealthy", "none")
Match = Callable[[ContainerRecord, str], bool]


@dataclass(frozen=True, slots=True)
class Filters:
    """Conditions by key. The same key twice means either, except label: both. Different keys must all hold."""

    wanted: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def implies_all(self) -> bool:
        """True when ended containers are looked at without --all, as docker does for status, exited, before, since."""
        return bool({"status", "exited", "before", "since"} & self.wanted.keys())

    def check(self, records: Sequence[ContainerRecord]) -> None:
        """Raises BadValue when before or since names no container; `records` are all there are."""
        for key in ("before", "since"):
            for value in self.wanted.get(key, ()):
                _named(value, records)

    def matches(self, record: ContainerRecord, records: Sequence[ContainerRecord]) -> bool:
        """True when the container fulfils every condition; `records` are all there are. Raises BadValue."""
        for key, values in self.wanted.items():
            if key in ("before", "since"):
                others = [_named(value, records).created for value in values]
                older = key == "before"
                if not all(record.created < other if older else record.created > other for other in others):
                    return False
            elif not (all if key == "label" else any)(_MATCH[key](record, value) for value in values):
                return False
        return True


def parse(items: Iterable[str]) -> Filters:
    """KEY=VALUE texts -> Filters; an empty text has no effect. Raises BadValue in docker's wording."""
    wanted: dict[str, list[str]] = {}
    for item in items:
        if not item:
            continue
        key, equals, value = item.partition("=")
        if not equals:
            raise BadValue("bad format of filter (expected name=value)")
        wanted.setdefault(key.strip().lower(), []).append(value.strip())
    for key, values in wanted.items():
        if key not in _KEYS:
            raise BadValue(f"Invalid filter '{key}'")
        for value in values:
            _check(key, value)
    return Filters({key: tuple(values) for key, values in wanted.items()})


def _check(key: str, value: str) -> None:
    if key == "status" and value not in _STATES:
        raise BadValue(f"Invalid filter 'status={value}'")
    if key == "health" and value not in _HEALTH:
        raise BadValue(f"Unrecognised filter value for health: {value}")
    if key == "is-task" and value not in ("true", "false", "1", "0"):
        raise BadValue(f"Invalid filter 'is-task=[{value}]'")
    if key == "exited" and not re.fullmatch(r"[+-]?\d+", value):
        raise BadValue(f'strconv.Atoi: parsing "{value}": invalid syntax')
    if key in ("publish", "expose"):
        _check_port(key, value)


def _check_port(key: str, value: str) -> None:
    for bound in value.partition("/")[0].split("-", 1):
        if not bound.isdigit():
            problem = "invalid syntax"
        elif int(bound) > 65535:
            problem = "value out of range"
        else:
            continue
        raise BadValue(f'error while looking up for {key} {value}: strconv.ParseUint: parsing "{bound}": {problem}')


def _named(value: str, records: Sequence[ContainerRecord]) -> ContainerRecord:
    found = names.find(value, [record.ident for record in records])
    if not found:
        raise BadValue(f"no such container {value}".rstrip())
    return next(record for record in records if record.ident == found[0])


def _name(record: ContainerRecord, value: str) -> bool:
    name = record.ident.name
    try:
        return bool(re.search(value, name) or re.search(value, f"/{name}"))
    except re.error:
        # docker falls back to comparing when the expression is broken
        return value == name


def _label(record: ContainerRecord, value: str) -> bool:
    labels = {**record.image.labels, **record.spec.labels}
    key, equals, text = value.partition("=")
    return key in labels and (not equals or labels[key] == text)


def _ancestor(record: ContainerRecord, value: str) -> bool:
    digest = record.image.id.removeprefix("sha256:")
    if digest and value and digest.startswith(value.removeprefix("sha256:")):
        return True
    try:
        return image.parse(value).normal() == image.parse(record.spec.image).normal()
    except BadValue:
        return False


def _exited(record: ContainerRecord, value: str) -> bool:
    return record.seen.terminal and record.seen.exit_code == int(value)


def _never(_record: ContainerRecord, _value: str) -> bool:
    # no container of azdock has ports, networks or volumes yet
    return False


_MATCH: dict[str, Match] = {
    "name": _name,
    "label": _label,
    "ancestor": _ancestor,
    "exited": _exited,
    "id": lambda record, value: record.ident.id.startswith(value),
    "status": lambda record, value: record.seen.state == value,
    "health": lambda _, value: value == "none",
    "is-task": lambda _, value: value in ("false", "0"),
    "isolation": lambda _, value: value in ("", "default"),
    "expose": _never,
    "publish": _never,
    "network": _never,
    "volume": _never,
}
