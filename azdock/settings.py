"""Which Azure azdock talks to: flag, then environment, then the file of contexts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from azdock.errors import AzdockError, StateCorrupt

LOCAL = "local"
# docker's name for the engine at hand; here another name of LOCAL, for scripts that go back with `context use default`
DEFAULT = "default"
CONTEXTS_FILE = "contexts.json"
SHIM = ("auto", "never", "always")


@dataclass(frozen=True, slots=True)
class Context:
    """One engine: the embedded Azure (kind "embedded"), or a subscription with an environment (kind "azure").

    Names, not ids: `environment` may live in another group, `environment_group` ("" means `resource_group`).
    """

    name: str
    kind: str = "azure"
    description: str = ""
    subscription: str = ""
    resource_group: str = ""
    environment: str = ""
    environment_group: str = ""
    location: str = ""
    tenant: str = ""
    shim: str = ""  # auto, never or always; "" leaves it to azdock
    backend: str = ""  # what runs containers for which no --backend is given; "" leaves it to azdock
    plan: str = ""  # the App Service plan of functions without --plan; "" runs them on Container Apps
    arm_endpoint: str = "https://management.azure.com"
    log_endpoint: str = "https://api.loganalytics.io"


EMBEDDED = Context(name=LOCAL, kind="embedded", description="The Azure that ships with azdock")


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that decides how one azdock process behaves. `home` is ~/.azdock unless AZDOCK_HOME says otherwise."""

    home: Path
    context: Context
    debug: bool = False
    shim: str = "auto"  # what run and create do without --shim
    backend: str = ""  # the same without --backend
    plan: str = ""  # the same without --plan, for functions


def home(environ: Mapping[str, str]) -> Path:
    """The folder of azdock's state: AZDOCK_HOME, else ~/.azdock."""
    given = environ.get("AZDOCK_HOME", "")
    return Path(given) if given else Path.home() / ".azdock"


def resolved(name: str) -> str:
    """The name under which a context is kept."""
    return LOCAL if name == DEFAULT else name


def contexts(root: Path) -> tuple[str, dict[str, Context]]:
    """The current context's name and every context by name, the embedded one included.

    Raises StateCorrupt when the file of contexts cannot be read: guessing a subscription would be worse.
    """
    current, found = LOCAL, {LOCAL: EMBEDDED}
    path = root / CONTEXTS_FILE
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return current, found
    try:
        data = json.loads(text)
        for item in data["contexts"]:
            found[item["name"]] = Context(**item)
        current = data["current"]
    except (ValueError, KeyError, TypeError) as broken:
        raise StateCorrupt(
            f"the file of contexts {path} cannot be read: {broken}",
            hint=f"mend it, or move it away to start with the context {LOCAL} alone",
        ) from broken
    return current, found


def load(environ: Mapping[str, str], context_flag: str = "", debug: bool = False) -> Settings:
    """Settings by docker's precedence: the --context flag, AZDOCK_CONTEXT, the current context of the file.

    Raises AzdockError for a context that does not exist.
    """
    root = home(environ)
    current, found = contexts(root)
    name = resolved(context_flag or environ.get("AZDOCK_CONTEXT", "") or current)
    if name not in found:
        raise AzdockError(f'context "{name}": context not found', hint="azdock context ls")
    shim = environ.get("AZDOCK_SHIM", "") or found[name].shim or "auto"
    if shim not in SHIM:
        raise AzdockError(f"AZDOCK_SHIM={shim}: must be one of {', '.join(SHIM)}")
    backend = environ.get("AZDOCK_BACKEND", "") or found[name].backend
    plan = environ.get("AZDOCK_PLAN", "") or found[name].plan
    return Settings(home=root, context=found[name], debug=debug, shim=shim, backend=backend, plan=plan)
