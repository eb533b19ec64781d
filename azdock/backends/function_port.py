"""Which port of a function app's container requests go to.

SOURCE: azure-docs, container-apps/functions-overview.md (samples have target port 80, which the host of Microsoft's
images listens to); app-service/reference-app-settings.md (WEBSITES_PORT).
"""

from __future__ import annotations

from azdock.docker.spec import ContainerSpec, ImageFacts

DEFAULT = 80
SETTING = "WEBSITES_PORT"


def port(spec: ContainerSpec, image: ImageFacts) -> int:
    """The port that -e WEBSITES_PORT names, else 80 if the image exposes that or nothing, else the first TCP port that
    it exposes."""
    given = [item.partition("=")[2] for item in spec.env if item.startswith(f"{SETTING}=")]
    if given and given[-1].isdecimal() and 0 < int(given[-1]) < 65536:
        return int(given[-1])
    exposed = [int(one.partition("/")[0]) for one in image.exposed if one.partition("/")[2] in ("", "tcp")]
    return DEFAULT if not exposed or DEFAULT in exposed else exposed[0]
