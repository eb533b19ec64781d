"""Which backend runs a container: a pure table over its flags."""

from __future__ import annotations

from azdock.docker.spec import ContainerSpec

DEFAULT = "job"


def choose(_spec: ContainerSpec, wish: str) -> str:
    """The backend for `spec`; `wish` is --backend. Whatever that backend cannot do is refused by its own gaps."""
    return wish or DEFAULT
