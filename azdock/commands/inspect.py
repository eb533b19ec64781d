"""azdock inspect: everything known about containers and images."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from azdock.cli.env import Env
from azdock.cli.flags import flag
from azdock.cli.main import report
from azdock.cli.verb import verb
from azdock.commands import templates
from azdock.docker.inspect import container_json, docker_time, go_view
from azdock.docker.record import ContainerRecord
from azdock.errors import AzdockError, NoSuchImage, NotFound, Unsupported

TYPES = ("config", "container", "image", "network", "node", "plugin", "secret", "service", "task", "volume")
Find = Callable[[str], Any]


class NoSuchObject(AzdockError):
    """Neither a container nor an image; worded by docker's client, so it does not name the engine."""


@dataclass(frozen=True, slots=True)
class InspectFlags:
    """The flags of `docker inspect`, and azdock's --azure."""

    azure: bool = flag("bool", "Print Azure's own JSON of the resource instead")
    format: str = flag("string", "Print with a template: json or TEMPLATE", "f")
    size: bool = flag("bool", "Accepted: Azure does not tell sizes", "s")
    type: str = flag("string", "Look only for this kind of object")


@dataclass(frozen=True, slots=True)
class ContainerInspectFlags:
    """The flags of `docker container inspect`, and azdock's --azure."""

    azure: bool = flag("bool", "Print Azure's own JSON of the resource instead")
    format: str = flag("string", "Print with a template: json or TEMPLATE", "f")
    size: bool = flag("bool", "Accepted: Azure does not tell sizes", "s")


@dataclass(frozen=True, slots=True)
class ImageInspectFlags:
    """The flags of `docker image inspect`."""

    format: str = flag("string", "Print with a template: json or TEMPLATE", "f")
    platform: str = flag("string", "Accepted: the store keeps one platform of an image")


@verb(InspectFlags)
def command(env: Env, flags: InspectFlags, args: Sequence[str]) -> int:
    """Print containers and images, whatever each name is."""
    if flags.type and flags.type not in TYPES:
        known = ", ".join(f'"{one}"' for one in TYPES)
        raise AzdockError(f'unknown type: "{flags.type}": must be one of {known}')
    if flags.azure:
        return show(env, args, flags.format, env.listing().raw)
    if flags.type == "container":
        return show(env, args, flags.format, lambda name: of_container(env, name))
    if flags.type == "image":
        return show(env, args, flags.format, lambda name: of_image(env, name))

    def find(name: str) -> Any:
        if flags.type:
            raise NotFound(f"no such {flags.type}: {name}")
        return _any(env, name)

    return show(env, args, flags.format, find)


@verb(ContainerInspectFlags)
def container(env: Env, flags: ContainerInspectFlags, args: Sequence[str]) -> int:
    """Print containers."""
    if flags.azure:
        return show(env, args, flags.format, env.listing().raw)
    return show(env, args, flags.format, lambda name: of_container(env, name))


@verb(ImageInspectFlags)
def image(env: Env, flags: ImageInspectFlags, args: Sequence[str]) -> int:
    """Print images of the embedded store."""
    return show(env, args, flags.format, lambda name: of_image(env, name))


def show(env: Env, names: Sequence[str], format: str, find: Find) -> int:
    """Print what `find` gives for every name; failures follow, as docker orders it."""
    template = templates.parse(format) if format and format != "json" else None
    found, failures, pieces = [], [], []
    for name in names:
        try:
            value = find(name)
            if template is not None:
                pieces.append(templates.run(template, go_view(value), json_fallback=True) + "\n")
        except AzdockError as failed:
            failures.append(failed)
            if not isinstance(failed, (NotFound, NoSuchObject)):
                break
            continue
        found.append(value)
    if not format:
        pieces.append((json.dumps(found, indent=4, ensure_ascii=False) if found else "[]") + "\n")
    elif template is None:
        pieces.append(json.dumps(found, separators=(",", ":")) + "\n")
    env.out.write(("".join(pieces) or "\n").encode())
    for one in failures:
        env.err.line(report(one, env))
    return 1 if failures else 0


def of_container(env: Env, name: str) -> dict[str, Any]:
    """A container as docker inspect prints it, with what is Azure's under "Azure"."""
    record = env.listing().inspect(name)
    return container_json(record, env.now()) | {"Azure": _azure(record)}


def of_image(env: Env, name: str) -> dict[str, Any]:
    """An image of the embedded store as docker inspect prints it. Raises NoSuchImage."""
    try:
        found, facts = env.images().inspect(name)
    except NoSuchImage as missing:
        raise NoSuchImage(f"no such image: {name}: {missing.message}", missing.hint) from missing
    created = datetime.fromtimestamp(found.created, UTC)
    return {
        "Id": found.id,
        "RepoTags": list(found.tags),
        "RepoDigests": list(found.digests),
        "Parent": "",
        "Comment": "",
        "Created": docker_time(created),
        "DockerVersion": "",
        "Author": "",
        "Config": {
            "User": facts.user,
            "Env": list(facts.env),
            "Cmd": list(facts.command) or None,
            "WorkingDir": facts.workdir,
            "Entrypoint": list(facts.entrypoint) or None,
            "Labels": dict(facts.labels) or None,
        },
        "Architecture": "amd64",
        "Os": "linux",
        "Size": found.size,
        "Metadata": {"LastTagTime": docker_time(None)},
    }


def _any(env: Env, name: str) -> dict[str, Any]:
    with suppress(NotFound):
        return of_container(env, name)
    try:
        return of_image(env, name)
    except (NotFound, Unsupported):
        raise NoSuchObject(f"Error: No such object: {name}") from None


def _azure(record: ContainerRecord) -> dict[str, Any]:
    return {
        "Backend": record.backend,
        "Handle": dict(record.handle),
        "Run": record.seen.run,
        "Timeout": record.spec.timeout,
        "ExitCodeKnown": record.seen.exit_known,
        "Reason": record.seen.reason,
    }
