"""What the user asked for, in Docker's words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from azdock.docker.health import Health
    from azdock.docker.mounts import Mount
    from azdock.docker.ports import Port

EMPTY: Mapping[str, str] = MappingProxyType({})
BRIDGE = "bridge"  # docker's name of the network that a container gets without --network
OWN_NETWORK = frozenset({"", BRIDGE, "default"})


@dataclass(frozen=True, slots=True)
class Resources:
    """CPU and memory limits; 0 means "not given", as in Docker's HostConfig."""

    nano_cpus: int = 0  # 1 CPU = 1_000_000_000
    memory: int = 0  # bytes
    memory_reservation: int = 0  # bytes


@dataclass(frozen=True, slots=True)
class Restart:
    """A restart policy: name is no, always, unless-stopped or on-failure."""

    name: str = "no"
    maximum_retry_count: int = 0


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What an image's own configuration says, as far as it could be read; env is "NAME=value"."""

    id: str = ""  # sha256:64 hex of the image configuration; "" when unknown
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    workdir: str = ""
    user: str = ""
    labels: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    exposed: tuple[str, ...] = ()  # EXPOSE: "80/tcp"
    volumes: tuple[str, ...] = ()  # VOLUME: paths
    health: tuple[str, ...] = ()  # HEALTHCHECK's test: ("CMD-SHELL", "...") or ("CMD", ...); () for none
    health_settings: Mapping[str, int] = field(default_factory=dict)  # Interval (ns), Retries ...: docker's


@dataclass(frozen=True, slots=True)
class ContainerSpec:
    """A container before it exists.

    `entrypoint` None keeps the image's, () is docker's `--entrypoint ''`. `env` is "NAME=value" in the order
    given, later ones winning. `timeout` is seconds. `shim` is auto, never or always: whether the command line is
    wrapped so that stderr, the end and the exit code can be told from the log. `foreground` says that whoever creates
    the container watches its first run, `at_once` that they start it right away. `session` says that the command does
    not run by itself but in a session, through exec, while the container waits for it. `scale` is the least and the
    most number of replicas, None for one. `network` "" is the context's own. `plan`, `route` and `method` are a
    function's: the App Service plan it runs on ("" is none: on Container Apps), and what its invocations ask for.
    `asked` maps the long name of every flag that was given on the command line to its text, so that a backend can
    refuse what it cannot honour.
    """

    image: str
    command: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] | None = None
    env: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    resources: Resources = Resources()
    restart: Restart = Restart()
    tty: bool = False
    stdin_open: bool = False
    attach: tuple[str, ...] = ("stdout", "stderr")  # what a foreground run shows
    auto_remove: bool = False
    hostname: str = ""
    user: str = ""
    workdir: str = ""
    stop_signal: str = ""
    stop_timeout: int | None = None
    timeout: int = 1800
    workload_profile: str = ""
    init: bool = False
    shim: str = "auto"
    foreground: bool = False
    at_once: bool = False
    session: bool = False
    ports: tuple[Port, ...] = ()  # published
    publish_all: bool = False
    expose: tuple[Port, ...] = ()
    mounts: tuple[Mount, ...] = ()
    health: Health | None = None
    scale: tuple[int, int] | None = None
    network: str = ""
    plan: str = ""
    route: str = ""
    method: str = ""
    asked: Mapping[str, str] = field(default_factory=lambda: EMPTY)
