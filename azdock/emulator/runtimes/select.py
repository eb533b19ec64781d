"""Choose the runtime: what this machine allows, or what the user asked for."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path

from azdock.emulator.runtimes import bubblewrap
from azdock.emulator.runtimes.base import Runtime
from azdock.emulator.runtimes.host import HostRuntime, Notice
from azdock.emulator.runtimes.network import Joining, NoNetworks
from azdock.emulator.runtimes.sandbox import SandboxRuntime


class RuntimeUnavailable(Exception):
    """The runtime asked for cannot work here; the text says why."""


async def choose(kind: str, home: Path, notice: Notice) -> Runtime:
    """The runtime for `kind` auto, sandbox or engine, with its data under `home`. Raises RuntimeUnavailable."""
    if kind not in {"auto", "sandbox", "engine"}:
        raise RuntimeUnavailable(f"unknown runtime {kind}: use auto, sandbox or engine")
    reasons: list[str] = []
    if kind in {"auto", "sandbox"}:
        try:
            return _sandbox(home, notice)
        except bubblewrap.Unavailable as error:
            reasons.append(f"sandbox: {error}")
    if kind in {"auto", "engine"}:
        engine = importlib.import_module("azdock.emulator.runtimes.engine")
        try:
            runtime: Runtime = await engine.connect(home, notice)
            return runtime
        except engine.EngineUnavailable as error:
            reasons.append(f"engine: {error}")
    if kind == "auto":
        return HostRuntime("; ".join(reasons), notice)
    raise RuntimeUnavailable("; ".join(reasons))


def _sandbox(home: Path, notice: Notice) -> Runtime:
    wrap = bubblewrap.probe(home / "scratch")
    images = importlib.import_module("azdock.emulator.runtimes.images")
    return SandboxRuntime(wrap, images.Images(home / "images"), home, notice, networks(home, notice))


def networks(home: Path, notice: Notice) -> Joining:
    """Networks of their own for containers, where this machine allows them."""
    if sys.platform != "linux":
        return NoNetworks()
    bridged = importlib.import_module("azdock.emulator.runtimes.network_bridged")
    agent = importlib.import_module("azdock.emulator.runtimes.network_agent")
    ground = None
    try:
        ground = agent.Agent() if os.geteuid() else None
        made: Joining = bridged.BridgedNetworks(home, notice, ground)
    except OSError as error:
        if ground is not None:
            ground.close()
        return NoNetworks(str(error.strerror), notice)
    return made
