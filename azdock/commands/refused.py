"""The verbs that azdock refuses: their command line is checked as docker would, then one sentence says why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from azdock.catalogue import Row
from azdock.cli.env import Env
from azdock.cli.flags import REPEATABLE, Flag
from azdock.cli.verb import Verb
from azdock.commands.refused_flags import FLAGS
from azdock.errors import NotFound, Unsupported

BUILD_AHEAD = "build and push it elsewhere, for example with: az acr build"
REGISTRY = "Azure pulls images itself when a container is created"
NO_SWARM = "Azure Container Apps places containers by itself, there is no swarm to manage"
LATER = "azdock does not do this yet"

# verb or noun -> (why, what to do instead); the longest path that fits wins
GAPS: dict[str, tuple[str, str]] = {
    "build": ("there is no builder in Azure Container Apps", BUILD_AHEAD),
    "builder": ("there is no builder in Azure Container Apps", BUILD_AHEAD),
    "checkpoint": ("Azure keeps no checkpoints of containers", ""),
    "commit": ("Azure does not give the file system of a container away", BUILD_AHEAD),
    "config": (NO_SWARM, "pass configuration with -e or --env-file"),
    "container prune": (LATER, "azdock rm $(azdock ps -aq --filter status=exited)"),
    "context export": (LATER, "azdock context inspect prints everything a context holds"),
    "context import": (LATER, "azdock context create"),
    "context update": (LATER, "azdock context rm NAME, then azdock context create NAME"),
    "events": ("Azure Container Apps has no feed of events for containers", "azdock ps -a shows the present state"),
    "history": ("the image store keeps no history of an image", ""),
    "image prune": (LATER, "azdock rmi IMAGE"),
    "import": ("the image store takes docker save archives only", "azdock load -i ARCHIVE"),
    "login": ("registry passwords belong to the Azure resource", REGISTRY),
    "logout": ("registry passwords belong to the Azure resource", REGISTRY),
    "manifest": ("azdock does not change registries", ""),
    "network": ("a container's network is chosen when it is created", "azdock run --network NETWORK"),
    "node": (NO_SWARM, ""),
    "pause": ("Azure cannot freeze a running container", "azdock stop CONTAINER, then azdock start CONTAINER"),
    "plugin": ("Azure takes no plugins", ""),
    "pull": (REGISTRY, "azdock run --pull always"),
    "push": ("azdock does not change registries", "az acr import, or docker push"),
    "save": ("the image store gives no archives away", ""),
    "search": ("Azure has no registry of everybody's images", ""),
    "secret": (NO_SWARM, "pass secrets with -e; they never reach azdock's files"),
    "service": (NO_SWARM, "azdock run"),
    "stack": (NO_SWARM, "azdock run"),
    "swarm": (NO_SWARM, ""),
    "system df": ("Azure does not tell disk usage", ""),
    "system prune": (LATER, "azdock rm $(azdock ps -aq --filter status=exited)"),
    "tag": (LATER, "load the image under the name it should have"),
    "trust": ("Azure Container Apps checks no image signatures", ""),
    "unpause": ("Azure cannot freeze a running container", "azdock start CONTAINER"),
    "volume update": (NO_SWARM, "azdock volume rm, then azdock volume create"),
}
# verbs whose first argument is a container, or an image
OF_CONTAINERS = frozenset({"commit", "pause", "unpause"})
OF_IMAGES = frozenset({"history", "save", "tag"})
# docker hands everything after the first argument on
NOT_INTERSPERSED = frozenset({"service create"})


def refuse(row: Row, path: str) -> Verb:
    """The verb of a row that only refuses."""
    key = row.paths[-1]

    def body(env: Env, _flags: Any, args: Sequence[str]) -> int:
        _must_exist(env, key, args)
        why, instead = gap(key)
        raise Unsupported(f"azdock {path}: {why}", hint=instead)

    return Verb(flags_of(key), dict, body, key not in NOT_INTERSPERSED, False)


def _must_exist(env: Env, key: str, args: Sequence[str]) -> None:
    """What does not exist is told first: a script learns the same from docker. Raises NotFound."""
    try:
        if key in OF_CONTAINERS:
            env.listing().inspect(args[0])
        elif key in OF_IMAGES:
            env.images().inspect(args[0])
    except NotFound as missing:
        missing.code = 1
        raise


def gap(key: str) -> tuple[str, str]:
    """Why a verb is refused, and what to do instead. Raises KeyError when nobody wrote it down."""
    return GAPS[key] if key in GAPS else GAPS[key.split()[0]]


def flags_of(key: str) -> list[Flag]:
    """The flags docker knows for a verb that azdock refuses."""
    for line in FLAGS.replace("\n    ", " ").splitlines():
        name, _, rest = line.partition(" | ")
        if name == key:
            return [_flag(text) for text in rest.split()]
    return []


def _flag(text: str) -> Flag:
    names, _, kind = text.partition(":")
    short, _, name = names.rpartition(",")
    kind, _, shown = kind.partition("=")
    default: Any = {"bool": shown == "true"}.get(kind, () if kind in REPEATABLE else shown)
    return Flag(name, short, kind, default, "", dest="flag_" + name.replace("-", "_"))
