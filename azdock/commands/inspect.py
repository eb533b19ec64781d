"""azdock inspect: everything known about containers, images, networks and volumes."""

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
from azdock.docker.inspect_network import place
from azdock.docker.record import ContainerRecord
from azdock.docker.spec import ImageFacts
from azdock.errors import AzdockError, NoSuchImage, NotFound, Unsupported

TYPES = ("config", "container", "image", "network", "node", "plugin", "secret", "service", "task", "volume")
# azure-rest-api-specs, Microsoft.App/ContainerApps: the resource behind each backend's containers
KINDS = {"job": "Microsoft.App/jobs", "app": "Microsoft.App/containerApps"}
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
    """Print containers, images, networks and volumes, whatever each name is."""
    if flags.type and flags.type not in TYPES:
        known = ", ".join(f'"{one}"' for one in TYPES)
        raise AzdockError(f'unknown type: "{flags.type}": must be one of {known}')
    if flags.azure:
        return show(env, args, flags.format, env.listing().raw)
    if flags.type == "container":
        return show(env, args, flags.format, lambda name: of_container(env, name))
    if flags.type == "image":
        return show(env, args, flags.format, lambda name: of_image(env, name))
    if flags.type == "network":
        return show(env, args, flags.format, lambda name: of_network(env, name))
    if flags.type == "volume":
        return show(env, args, flags.format, lambda name: of_volume(env, name))

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


def show(env: Env, names: Sequence[str], format: str, find: Find, *, view: Callable[[Any], Any] = go_view) -> int:
    """Print what `find` gives for every name; failures follow, as docker orders it. `view` makes of it what a template
    sees."""
    template = templates.parse(format) if format and format != "json" else None
    found, failures, pieces = [], [], []
    for name in names:
        try:
            value = find(name)
            if template is not None:
                pieces.append(templates.run(template, view(value), json_fallback=True) + "\n")
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
    if record.spec.health is None:
        return container_json(record, env.now()) | {"Azure": _azure(record)}
    record, result = env.checks().look(record)
    shown = container_json(record, env.now())
    if result is not None:
        shown["State"]["Health"]["Log"] = [
            {
                "Start": docker_time(result.start),
                "End": docker_time(result.end),
                "ExitCode": result.exit_code,
                "Output": result.output,
            }
        ]
    return shown | {"Azure": _azure(record)}


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
            **_optional(facts),
        },
        "Architecture": "amd64",
        "Os": "linux",
        "Size": found.size,
        "Metadata": {"LastTagTime": docker_time(None)},
    }


def of_network(env: Env, name: str) -> dict[str, Any]:
    """A network as docker network inspect prints it. Raises NotFound."""
    from azdock.docker.network import network_json

    service = env.networks()
    return network_json(service.get(name), service.containers())


def of_volume(env: Env, name: str) -> dict[str, Any]:
    """A volume as docker volume inspect prints it. Raises NotFound."""
    from azdock.output.volumes import volume_json

    return volume_json(env.volumes().get(name))


def _optional(facts: ImageFacts) -> dict[str, Any]:
    """What docker shows only of an image that has it."""
    found: dict[str, Any] = {}
    if facts.exposed:
        found["ExposedPorts"] = {port: {} for port in facts.exposed}
    if facts.volumes:
        found["Volumes"] = {path: {} for path in facts.volumes}
    if facts.health:
        found["Healthcheck"] = {"Test": list(facts.health), **facts.health_settings}
    return found


def _any(env: Env, name: str) -> dict[str, Any]:
    """What `name` is, in docker's order: a container, an image, a network, a volume."""
    with suppress(NotFound):
        return of_container(env, name)
    with suppress(NotFound, Unsupported):
        return of_image(env, name)
    with suppress(NotFound):
        return of_network(env, name)
    with suppress(NotFound):
        return of_volume(env, name)
    raise NoSuchObject(f"Error: No such object: {name}")


def _azure(record: ContainerRecord) -> dict[str, Any]:
    """What is Azure's: the resource, its run (an execution or a revision), and where its ports are reached."""
    endpoints = record.seen.endpoints
    return {
        "Backend": record.backend,
        "Kind": KINDS.get(record.backend, ""),
        "Name": record.handle.get(record.backend, ""),
        "Handle": dict(record.handle),
        "Run": record.seen.run,
        "Revision": record.seen.run.partition("#")[0] if record.backend == "app" else "",
        "Fqdn": next((place(one)[0] for one in endpoints if "://" in one.address), ""),
        "Endpoints": [{"Port": one.key, "Address": one.address, "External": one.external} for one in endpoints],
        "Timeout": record.spec.timeout,
        "ExitCodeKnown": record.seen.exit_known,
        "Reason": record.seen.reason,
    }
