"""Contexts: which Azure azdock talks to."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping
from pathlib import Path

from azdock import settings
from azdock.errors import AzdockError
from azdock.settings import CONTEXTS_FILE, DEFAULT, EMBEDDED, LOCAL, Context
from azdock.state.store import make_private, write_private

# docker/cli, cli/context/store/store.go: the names docker accepts
NAME_PATTERN = "^[a-zA-Z0-9][a-zA-Z0-9_.+-]+$"

RESERVED = frozenset({LOCAL, DEFAULT})
ALIAS = dataclasses.replace(EMBEDDED, name=DEFAULT, description=f"Another name of {LOCAL}")


class Contexts:
    """The file of contexts under `home`. `environ` may name a current context (AZDOCK_CONTEXT)."""

    def __init__(self, home: Path, environ: Mapping[str, str]) -> None:
        self._home = home
        self._environ = environ

    def list(self) -> list[Context]:
        """Every context by name, the embedded one included under both its names."""
        found = [*settings.contexts(self._home)[1].values(), ALIAS]
        return sorted(found, key=lambda context: context.name)

    def current(self) -> Context:
        """The context in use without a --context flag. Raises AzdockError when it has gone."""
        name = self._environ.get("AZDOCK_CONTEXT", "") or settings.contexts(self._home)[0]
        return self.get(name)

    def get(self, name: str) -> Context:
        """One context. Raises AzdockError."""
        found = settings.contexts(self._home)[1]
        if settings.resolved(name) not in found:
            raise AzdockError(f'context "{name}": context not found', hint="azdock context ls")
        return found[settings.resolved(name)]

    def use(self, name: str) -> None:
        """Make a context the current one. Raises AzdockError."""
        self._write(self.get(name).name, settings.contexts(self._home)[1])

    def create(self, context: Context) -> None:
        """Add a context. Raises AzdockError for a bad or reserved name, or one in use."""
        if context.name in RESERVED:
            raise AzdockError(f'"{context.name}" is a reserved context name')
        if not re.fullmatch(NAME_PATTERN, context.name):
            raise AzdockError(
                f'context name "{context.name}" is invalid, names are validated against regexp "{NAME_PATTERN}"'
            )
        current, found = settings.contexts(self._home)
        if context.name in found:
            raise AzdockError(f'context "{context.name}" already exists')
        self._write(current, found | {context.name: context})

    def remove(self, name: str, force: bool) -> None:
        """Forget a context; nothing in Azure changes. Raises AzdockError as docker does."""
        current, found = settings.contexts(self._home)
        if name in RESERVED:
            raise AzdockError(f'context "{name}" cannot be removed')
        if name not in found:
            if force:
                return
            raise AzdockError(f'context "{name}" does not exist')
        if name == current and not force:
            raise AzdockError(f'context "{name}" is in use, set -f flag to force remove')
        del found[name]
        self._write(LOCAL if name == current else current, found)

    def _write(self, current: str, found: dict[str, Context]) -> None:
        make_private(self._home)
        items = [dataclasses.asdict(context) for name, context in found.items() if name != LOCAL]
        write_private(self._home / CONTEXTS_FILE, json.dumps({"current": current, "contexts": items}, indent=1))
