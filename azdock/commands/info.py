"""azdock info: the context, the engine and what is in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from azdock import __version__
from azdock.cli.env import Env
from azdock.cli.flags import flag
from azdock.cli.verb import verb
from azdock.commands import templates, version
from azdock.docker import filters
from azdock.errors import Unsupported

# learn.microsoft.com/azure/container-apps/containers: the largest container of the Consumption profile
LARGEST_CPUS, LARGEST_MEMORY = 4, 8 * 1024**3


@dataclass(frozen=True, slots=True)
class InfoFlags:
    """The flags of `docker info`."""

    format: str = flag("string", "Print with a template: json or TEMPLATE", "f")


@verb(InfoFlags)
def command(env: Env, flags: InfoFlags, _args: Sequence[str]) -> int:
    """Print the facts."""
    value = facts(env)
    env.out.line(templates.render(flags.format, value) if flags.format else _text(value))
    return 0


def facts(env: Env) -> dict[str, Any]:
    """What `--format json` prints. NCPU and MemTotal are what one container may have at most."""
    context = env.settings.context
    states = [record.seen.state for record in env.listing().ps(all=True, filters=filters.Filters())]
    running, paused = states.count("running"), states.count("paused")
    return {
        "ID": f"{context.subscription}/{context.resource_group}" if context.subscription else context.name,
        "Containers": len(states),
        "ContainersRunning": running,
        "ContainersPaused": paused,
        "ContainersStopped": len(states) - running - paused,
        "Images": _image_count(env),
        "ServerVersion": version.facts(env)["Server"]["Version"],
        "OperatingSystem": "Azure Container Apps",
        "OSType": "linux",
        "Architecture": "x86_64",
        "NCPU": LARGEST_CPUS,
        "MemTotal": LARGEST_MEMORY,
        "Name": context.environment or context.name,
        "Labels": [],
        "SystemTime": f"{env.now():%Y-%m-%dT%H:%M:%S.%fZ}",
        "Azure": {
            "Kind": context.kind,
            "Subscription": context.subscription,
            "ResourceGroup": context.resource_group,
            "Environment": context.environment,
            "Location": context.location,
            "Endpoint": context.arm_endpoint if context.kind == "azure" else "",
        },
        "ClientInfo": {
            "Debug": env.debug,
            "Version": __version__,
            "Context": context.name,
            "Plugins": [],
            "Warnings": None,
        },
        "Warnings": None,
    }


def _image_count(env: Env) -> int:
    try:
        return len(env.images().list())
    except Unsupported:
        return 0  # a subscription keeps its images in registries


def _text(value: dict[str, Any]) -> str:
    client, azure = value["ClientInfo"], value["Azure"]
    lines = [
        "Client:",
        f" Version:    {client['Version']}",
        f" Context:    {client['Context']}",
        f" Debug Mode: {str(client['Debug']).lower()}",
        "",
        "Server:",
        f" Containers: {value['Containers']}",
        f"  Running: {value['ContainersRunning']}",
        f"  Paused: {value['ContainersPaused']}",
        f"  Stopped: {value['ContainersStopped']}",
        f" Images: {value['Images']}",
        f" Server Version: {value['ServerVersion']}",
        f" Operating System: {value['OperatingSystem']}",
        f" OSType: {value['OSType']}",
        f" Architecture: {value['Architecture']}",
        f" CPUs: {value['NCPU']} (largest container)",
        f" Total Memory: {value['MemTotal'] // 1024**3}GiB (largest container)",
        f" Name: {value['Name']}",
    ]
    lines += [f" {name}: {text}" for name, text in azure.items() if text]
    return "\n".join(lines)
