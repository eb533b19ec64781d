"""Where the ingress answers on this machine. Not Azure's: the emulator's own control route."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from azdock.emulator import arm
from azdock.emulator.app import route
from azdock.emulator.world import World


def routes(world: World) -> list[BaseRoute]:
    """The addresses by the names that Azure would show."""

    async def addresses(_request: Request) -> Response:
        return arm.answer(world.ingress.addresses())

    return [route("/_azdock/ingress", addresses, ["GET"])]
