"""azdock version: client and engine."""

from __future__ import annotations

import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from azdock import __version__
from azdock.cli.env import Env
from azdock.cli.flags import flag
from azdock.cli.verb import verb
from azdock.commands import templates

ENGINE_API = "2026-07-01"  # the api-version of Microsoft.App that azdock speaks


@dataclass(frozen=True, slots=True)
class VersionFlags:
    """The flags of `docker version`."""

    format: str = flag("string", "Print with a template: json or TEMPLATE", "f")


@verb(VersionFlags)
def command(env: Env, flags: VersionFlags, _args: Sequence[str]) -> int:
    """Print both versions."""
    value = facts(env)
    if flags.format:
        env.out.line(templates.render(flags.format, value, "version"))
        return 0
    for part in ("Client", "Server"):
        env.out.write(_section(part, value[part]).encode())
    return 0


def facts(env: Env) -> dict[str, Any]:
    """What `--format json` prints; the server is the Azure of the current context."""
    context = env.settings.context
    here = {"Os": sys.platform, "Arch": platform.machine()}
    engine = "embedded Azure" if context.kind == "embedded" else context.arm_endpoint
    return {
        "Client": {
            "Version": __version__,
            "ApiVersion": ENGINE_API,
            "DefaultAPIVersion": ENGINE_API,
            "PythonVersion": platform.python_version(),
            **here,
            "Context": context.name,
        },
        "Server": {
            "Platform": {"Name": "Azure Container Apps"},
            "Components": [{"Name": "Engine", "Version": _engine_version(), "Details": {"ApiVersion": ENGINE_API}}],
            "Version": _engine_version(),
            "ApiVersion": ENGINE_API,
            "MinAPIVersion": ENGINE_API,
            "Os": "linux",
            "Arch": "amd64",
            "Endpoint": engine,
        },
    }


def _engine_version() -> str:
    """Azure has no version but that of its API, written the way versions are."""
    return ENGINE_API.replace("-", ".")


def _section(part: str, value: Mapping[str, Any]) -> str:
    lines = [
        ("Version", value["Version"]),
        ("API version", value["ApiVersion"]),
        *([("Python version", value["PythonVersion"])] if "PythonVersion" in value else []),
        ("OS/Arch", f"{value['Os']}/{value['Arch']}"),
        *([("Context", value["Context"])] if "Context" in value else [("Endpoint", value["Endpoint"])]),
    ]
    if part == "Client":
        return "Client:\n" + "".join(f" {f'{name}:'.ljust(18)} {text}\n" for name, text in lines)
    body = "".join(f"  {f'{name}:'.ljust(17)} {text}\n" for name, text in lines)
    return f"\nServer: {value['Platform']['Name']}\n Engine:\n{body}"
