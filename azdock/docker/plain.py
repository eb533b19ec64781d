"""Docker's values as plain JSON and back; what has its default is left out."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from azdock.docker.ports import Endpoint, Port
from azdock.docker.record import Status
from azdock.docker.spec import ImageFacts, Resources, Restart

Json = dict[str, Any]


def changed(value: Any) -> Json:
    """The fields of a dataclass that differ from their defaults, as JSON."""
    found: Json = {}
    for one in dataclasses.fields(value):
        current = getattr(value, one.name)
        default = one.default_factory() if one.default_factory is not dataclasses.MISSING else one.default
        if current != default:
            found[one.name] = plain(current)
    return found


def plain(value: Any) -> Any:
    """A value as JSON."""
    if dataclasses.is_dataclass(value):
        return changed(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple):
        return [plain(one) for one in value]
    if isinstance(value, Mapping):
        return dict(value.items())
    return value


def spec_fields(data: Mapping[str, Any]) -> Json:
    """Fields of a ContainerSpec from JSON. Raises TypeError for what is none."""
    return {
        name: _READERS[name](value) if name in _READERS and value is not None else value for name, value in data.items()
    }


def image_facts(data: Mapping[str, Any]) -> ImageFacts:
    """An image's facts from JSON."""
    fields: Json = {name: tuple(value) if isinstance(value, list) else value for name, value in data.items()}
    return ImageFacts(**fields)


def status(data: Mapping[str, Any]) -> Status:
    """A status from JSON."""
    known = dict(data)
    for name in ("started_at", "finished_at"):
        if known.get(name):
            known[name] = datetime.fromisoformat(known[name])
    if "endpoints" in known:
        known["endpoints"] = tuple(Endpoint(**one) for one in known["endpoints"])
    if "slots" in known:
        known["slots"] = tuple(known["slots"])
    return Status(**known)


def _ports(data: list[Json]) -> tuple[Port, ...]:
    return tuple(Port(**one) for one in data)


def _mounts(data: list[Json]) -> Any:
    from azdock.docker.mounts import Mount

    return tuple(Mount(**one) for one in data)


def _health(data: Json) -> Any:
    from azdock.docker.health import Health, Probe

    def probe(one: Json) -> Probe:
        return Probe(**{**one, "command": tuple(one.get("command") or ())})

    fields: Json = {name: probe(one) if isinstance(one, dict) else one for name, one in data.items()}
    return Health(**fields)


_READERS: Mapping[str, Callable[[Any], Any]] = {
    **dict.fromkeys(("command", "entrypoint", "env", "attach", "scale"), tuple),
    "resources": lambda data: Resources(**data),
    "restart": lambda data: Restart(**data),
    "ports": _ports,
    "expose": _ports,
    "mounts": _mounts,
    "health": _health,
}
