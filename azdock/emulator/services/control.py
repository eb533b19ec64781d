"""The emulator's own routes: what it is, how it behaves, its images. Not Azure's."""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from azdock.emulator import arm, errors
from azdock.emulator.app import COUNTED, route
from azdock.emulator.runtimes.base import ImageError
from azdock.emulator.services import diagnostics
from azdock.emulator.world import Behaviour, World

PULLS = ("missing", "always", "never")
STATUS_OF = {"NOT_FOUND": 404, "CONFLICT": 409}


def routes(world: World) -> list[BaseRoute]:
    """Status, behaviour, stop and the image store."""

    async def status(_request: Request) -> Response:
        counters = {kind: world.counters[kind] for kind in COUNTED}
        return arm.answer({**world.facts, "counters": counters})

    async def behaviour(_request: Request) -> Response:
        return arm.answer(asdict(world.behaviour))

    async def change(request: Request) -> Response:
        for key, value in checked(await arm.body(request)).items():
            setattr(world.behaviour, key, value)
        if world.behaviour.log_destination:
            diagnostics.send_logs(world, world.behaviour.log_destination)
        return arm.answer(asdict(world.behaviour))

    async def stop(_request: Request) -> Response:
        asyncio.get_running_loop().call_soon(world.stop)
        return Response(status_code=202)

    async def images(_request: Request) -> Response:
        return arm.answer({"value": await world.runtime.images()})

    async def config(request: Request) -> Response:
        return await _config(world, request)

    async def load(request: Request) -> Response:
        return await _load(world, request)

    async def remove(request: Request) -> Response:
        force = request.query_params.get("force", "false").lower() == "true"
        try:
            changes = await world.runtime.remove(_reference(request), force)
        except ImageError as failed:
            raise image_error(failed) from failed
        return arm.answer({"changes": [list(one) for one in changes]})

    return [
        route("/_azdock/status", status, ["GET"]),
        route("/_azdock/behaviour", behaviour, ["GET"]),
        route("/_azdock/behaviour", change, ["PATCH"]),
        route("/_azdock/stop", stop, ["POST"]),
        route("/_azdock/images", images, ["GET"]),
        route("/_azdock/images", remove, ["DELETE"]),
        route("/_azdock/images/config", config, ["GET"]),
        route("/_azdock/images/load", load, ["POST"]),
    ]


def checked(given: dict[str, Any]) -> dict[str, Any]:
    """Fields of Behaviour with values of their own types. Raises ArmError for anything else."""
    kinds: dict[str, type] = {name: type(value) for name, value in asdict(Behaviour()).items()}
    found = {}
    for key, value in given.items():
        kind = kinds.get(key)
        if kind is None:
            raise errors.bad_content(f"there is no behaviour '{key}'.")
        right = isinstance(value, kind) or (kind is float and isinstance(value, int))
        if not right or (kind is not bool and isinstance(value, bool)):
            raise errors.bad_content(f"'{key}' must be of type {kind.__name__}.")
        if key == "log_destination" and value not in ("", *diagnostics.DESTINATIONS):
            raise errors.bad_content(f"'{key}' must be one of {', '.join(diagnostics.DESTINATIONS)}.")
        if kind in (int, float) and value < 0:
            raise errors.bad_content(f"'{key}' must not be negative.")
        found[key] = kind(value)
    return found


def image_error(failed: ImageError) -> errors.ArmError:
    """A runtime's refusal as an answer; anything but a conflict is a 404."""
    return errors.ArmError(STATUS_OF.get(failed.code, 404), failed.code, failed.message)


def _reference(request: Request) -> str:
    reference = request.query_params.get("reference", "")
    if not reference:
        raise errors.bad_content("the query parameter 'reference' is missing.")
    return reference


async def _config(world: World, request: Request) -> Response:
    pull = request.query_params.get("pull", "missing")
    if pull not in PULLS:
        raise errors.bad_content(f"'pull' must be one of {', '.join(PULLS)}.")
    try:
        found = await world.runtime.resolve(_reference(request), None, pull)
    except ImageError as failed:
        raise image_error(failed) from failed
    config = found.config
    return arm.answer(
        {
            "id": found.id,
            "entrypoint": list(config.entrypoint),
            "command": list(config.command),
            "env": list(config.env),
            "workdir": config.workdir,
            "user": config.user,
            "labels": config.labels,
            "exposed": list(config.exposed),
            "volumes": list(config.volumes),
            "health": config.health,
        }
    )


async def _load(world: World, request: Request) -> Response:
    folder = world.home / "incoming"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, suffix=".tar") as archive:
        async for chunk in request.stream():
            await asyncio.to_thread(archive.write, chunk)
        archive.flush()
        try:
            references = await world.runtime.load(Path(archive.name))
        except ImageError as failed:
            raise errors.ArmError(400, failed.code, failed.message) from failed
    return arm.answer({"references": references})
