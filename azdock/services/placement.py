"""Which backend runs a container: a pure table over what was asked for."""

from __future__ import annotations

from collections.abc import Callable

from azdock.backends import base
from azdock.docker.spec import ContainerSpec

DEFAULT = "job"

# What a container that runs to completion cannot have, or need not: the first row that holds decides.
TABLE: tuple[tuple[str, Callable[[ContainerSpec], bool], str], ...] = (
    ("plan", lambda spec: bool(spec.plan), "function"),
    ("publish", lambda spec: bool(spec.ports or spec.publish_all), "app"),
    ("expose", lambda spec: bool(spec.expose), "app"),
    ("restart", lambda spec: spec.restart.name in ("always", "unless-stopped"), "app"),
    # Azure counts the retries of a job; docker's on-failure without a number does not
    ("restart", lambda spec: spec.restart.name == "on-failure" and not spec.restart.maximum_retry_count, "app"),
    ("scale", lambda spec: spec.scale is not None, "app"),
    ("health-cmd", lambda spec: spec.health is not None and not spec.health.disabled, "app"),
    ("tty", lambda spec: spec.session, "app"),
)


def choose(spec: ContainerSpec, wish: str) -> str:
    """The backend for `spec`; `wish` is --backend. Whatever that backend cannot do is refused by its own gaps."""
    if wish:
        return wish
    return next((backend for _, holds, backend in TABLE if holds(spec)), DEFAULT)


def stays_up(backend: str) -> bool:
    """Whether containers of this backend stay up, so that Azure runs one that ends again."""
    return base.BACKENDS[backend].stays_up


def by_request(backend: str) -> bool:
    """Whether each run of this backend's containers is a request."""
    return base.BACKENDS[backend].by_request
