"""ps --filter: parsing, and which containers match."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from azdock.docker import image
from azdock.docker.record import ContainerRecord, Ident
from azdock.docker.spec import BRIDGE
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
        """True when containers that do not run are looked at without --all; of docker's filters only status does so."""
        return "status" in self.wanted

    def check(self, records: Sequence[ContainerRecord]) -> None:
        """Raises BadValue when before or since names no container; `records` are all there are."""
        for key in ("before", "since"):
            for value in self.wanted.get(key, ()):
                _named(value, records)

    def matches(self, record: ContainerRecord, records: Sequence[ContainerRecord]) -> bool:
        """True when the container fulfils every condition; `records` are all there are. Raises BadValue."""
        return all(_fulfils(record, key, values, records) for key, values in self.wanted.items())


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
    for key in wanted.keys() - _KEYS:
        raise BadValue(f"Invalid filter '{key}'")
    for key, values in wanted.items():
        for value in values:
            _check(key, value)
    return Filters({key: tuple(values) for key, values in wanted.items()})


def _fulfils(record: ContainerRecord, key: str, values: tuple[str, ...], records: Sequence[ContainerRecord]) -> bool:
    if key in ("before", "since"):
        # of several only one counts in docker: the last in the order of their names
        other = _named(max(values), records)
        return record.created < other.created if key == "before" else record.created > other.created
    if key == "id":
        return any(_unique(value, records) == record.ident for value in values)
    if key == "is-task":
        # a task is a service's container, and there are no services
        return "true" not in values
    return (all if key == "label" else any)(_MATCH[key](record, value) for value in values)


def _check(key: str, value: str) -> None:
    if key == "status" and value not in _STATES:
        raise BadValue(f"Invalid filter 'status={value}'")
    if key == "health" and value not in _HEALTH:
        raise BadValue(f"Unrecognised filter value for health: {value}")
    if key == "is-task" and value not in ("true", "false"):
        raise BadValue(f"Invalid filter 'is-task=[{value}]'")
    if key == "exited":
        _check_number(value)
    if key in ("publish", "expose"):
        _check_port(key, value)


def _check_number(value: str) -> None:
    if not re.fullmatch(r"[+-]?[0-9]+", value):
        raise BadValue(f'strconv.Atoi: parsing "{value}": invalid syntax')
    if not -(2**63) <= int(value) < 2**63:
        raise BadValue(f'strconv.Atoi: parsing "{value}": value out of range')


def _check_port(key: str, value: str) -> None:
    failed = f"error while looking up for {key} {value}:"
    ports = value.partition("/")[0]
    if not ports:
        raise BadValue(f"{failed} Empty string specified for ports.")
    # docker looks at two bounds and ignores any further one
    bounds = ports.split("-")[:2]
    for bound in bounds:
        if not re.fullmatch("[0-9]+", bound):
            raise BadValue(f'{failed} strconv.ParseUint: parsing "{bound}": invalid syntax')
        if int(bound) > 65535:
            raise BadValue(f'{failed} strconv.ParseUint: parsing "{bound}": value out of range')
    if int(bounds[-1]) < int(bounds[0]):
        raise BadValue(f"{failed} Invalid range specified for the Port: {ports}")


def _named(value: str, records: Sequence[ContainerRecord]) -> ContainerRecord:
    """The container of that full id or name; docker takes no shortened id here."""
    name = value.removeprefix("/")
    for record in records:
        if record.ident.id == value or (name and record.ident.name == name):
            return record
    raise BadValue(f"no such container {value}")


def _unique(value: str, records: Sequence[ContainerRecord]) -> Ident | None:
    found = [record.ident for record in records if record.ident.id.startswith(value)] if value else []
    return found[0] if len(found) == 1 else None


def _name(record: ContainerRecord, value: str) -> bool:
    name = record.ident.name
    try:
        return bool(re.search(value, name) or re.search(value, f"/{name}"))
    except re.error:
        return False  # docker ignores a broken expression


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


def _volume(record: ContainerRecord, value: str) -> bool:
    from azdock.docker import mount_views

    return mount_views.has_volume(record, value)


def _health(record: ContainerRecord, value: str) -> bool:
    return (record.seen.health or "none") == value


def _network(record: ContainerRecord, value: str) -> bool:
    return not value or value == (record.spec.network or BRIDGE)


def _expose(record: ContainerRecord, value: str) -> bool:
    from azdock.docker import ports

    first, last, protocol = _port_range(value)
    return any(
        first <= one.container_port <= last and one.protocol == protocol
        for one in ports.exposed(record.spec, record.image)
    )


def _publish(record: ContainerRecord, value: str) -> bool:
    """Docker asks for the port of the host: the one that -p named, or that of the address Azure gave."""
    from azdock.docker import inspect_network

    first, last, protocol = _port_range(value)
    asked = [one.host_port for one in record.spec.ports if one.protocol == protocol and one.host_port]
    given = [int(inspect_network.place(one)[1]) for one in inspect_network.public(record) if one.protocol == protocol]
    return any(first <= port <= last for port in (*asked, *given))


def _port_range(value: str) -> tuple[int, int, str]:
    numbers, _, protocol = value.partition("/")
    bounds = numbers.split("-")[:2]
    return int(bounds[0]), int(bounds[-1]), protocol or "tcp"


_MATCH: dict[str, Match] = {
    "name": _name,
    "label": _label,
    "ancestor": _ancestor,
    "exited": _exited,
    "status": lambda record, value: record.seen.state == value,
    "health": _health,
    "isolation": lambda _, __: True,  # a question for Windows only
    "expose": _expose,
    "publish": _publish,
    "network": _network,
    "volume": _volume,
}
