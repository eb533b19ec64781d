"""azdock context: which Azure is used."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from azdock.cli.env import Env
from azdock.cli.flags import flag
from azdock.cli.main import describe
from azdock.cli.verb import verb
from azdock.commands import targets, templates
from azdock.errors import AzdockError, Unsupported, UsageError
from azdock.output.contexts import CONTEXT_VIEW, context_row
from azdock.output.format import FormatError, render_list
from azdock.settings import SHIM, Context, resolved


@dataclass(frozen=True, slots=True)
class NoFlags:
    """A verb without flags."""


@dataclass(frozen=True, slots=True)
class ContextFlags:
    """The flags of `docker context create`, and those that name an Azure."""

    arm_endpoint: str = flag("string", "Resource manager of another cloud")
    backend: str = flag("string", "What runs containers without --backend: job, app or function")
    description: str = flag("string", "Description of the context")
    docker: str = flag("string", "Refused: the engine is Azure")
    environment: str = flag("string", "Container Apps environment")
    environment_group: str = flag("string", "Resource group of the environment, when it is another one")
    from_: str = flag("string", "Copy this context and change what other flags say")
    location: str = flag("string", "Azure region, for what has to be created")
    log_endpoint: str = flag("string", "Log Analytics endpoint of another cloud")
    plan: str = flag("string", "App Service plan of functions without --plan")
    resource_group: str = flag("string", "Resource group")
    shim: str = flag("string", "What run and create do without --shim: auto, never or always")
    subscription: str = flag("string", "Subscription ID")
    tenant: str = flag("string", "Tenant ID, when the login knows several")


@dataclass(frozen=True, slots=True)
class LsFlags:
    """The flags of `docker context ls`."""

    format: str = flag("string", "Print with a template: table, table TEMPLATE, json or TEMPLATE")
    quiet: bool = flag("bool", "Print names only", "q")


@dataclass(frozen=True, slots=True)
class InspectFlags:
    """The flags of `docker context inspect`."""

    format: str = flag("string", "Print with a template: json or TEMPLATE", "f")


@dataclass(frozen=True, slots=True)
class RmFlags:
    """The flags of `docker context rm`."""

    force: bool = flag("bool", "Remove it although it is in use; a missing one is no failure", "f")


@verb(LsFlags)
def ls(env: Env, flags: LsFlags, _args: Sequence[str]) -> int:
    """List contexts by name."""
    books = env.contexts()
    current = resolved(env.context_flag) or books.current().name
    rows = [
        context_row(name=one.name, description=one.description, endpoint=_endpoint(one), current=one.name == current)
        for one in books.list()
    ]
    try:
        text = render_list(CONTEXT_VIEW, rows, flags.format, quiet=flags.quiet)
    except FormatError as bad:
        raise AzdockError(str(bad)) from bad
    env.out.write(text.encode())
    return 0


@verb(NoFlags)
def show(env: Env, _flags: NoFlags, _args: Sequence[str]) -> int:
    """Print the name of the context in use."""
    env.out.line(resolved(env.context_flag) or env.contexts().current().name)
    return 0


@verb(NoFlags)
def use(env: Env, _flags: NoFlags, args: Sequence[str]) -> int:
    """Make a context the current one."""
    env.contexts().use(args[0])
    env.out.line(args[0])
    env.err.line(f'Current context is now "{args[0]}"')
    overriding = env.environ.get("AZDOCK_CONTEXT", "")
    if overriding:
        env.err.line(f'Warning: AZDOCK_CONTEXT overrides it: "{overriding}" stays in use until it is unset')
    return 0


@verb(ContextFlags)
def create(env: Env, flags: ContextFlags, args: Sequence[str]) -> int:
    """Remember an Azure under a name."""
    if flags.docker:
        raise Unsupported("--docker: the engine is Azure", hint="use --subscription, --resource-group, --environment")
    if flags.shim and flags.shim not in SHIM:
        raise UsageError(f"--shim {flags.shim}: must be one of {', '.join(SHIM)}")
    books = env.contexts()
    base = books.get(flags.from_) if flags.from_ else Context(name=args[0])
    asked = {one.name: getattr(flags, one.name) for one in dataclasses.fields(ContextFlags)}
    changes = {name: text for name, text in asked.items() if text and name not in ("docker", "from_")}
    made = dataclasses.replace(base, name=args[0], **changes)
    if made.kind == "azure" and _possible(args[0]):
        _need(made)
    books.create(made)
    env.out.line(args[0])
    env.err.line(f'Successfully created context "{args[0]}"')
    return 0


@verb(InspectFlags)
def inspect(env: Env, flags: InspectFlags, args: Sequence[str]) -> int:
    """Print contexts as JSON; without a name the one in use."""
    books = env.contexts()
    names = list(args) or [env.context_flag or books.current().name]
    found, failures = [], []
    for name in names:
        try:
            found.append(facts(books.get(name)))
        except AzdockError as failed:
            failures.append(failed)
    if flags.format:
        for value in found:
            env.out.line(templates.render(flags.format, value))
    else:
        env.out.line(json.dumps(found, indent=4) if found else "[]")
    for one in failures:
        env.err.line(describe(one))
    return 1 if failures else 0


@verb(RmFlags)
def rm(env: Env, flags: RmFlags, args: Sequence[str]) -> int:
    """Forget contexts; nothing in Azure changes."""
    books = env.contexts()
    return targets.code(targets.each(env, args, lambda name: books.remove(name, flags.force)))


def facts(context: Context) -> dict[str, Any]:
    """A context in the shape of docker's, its endpoint being an Azure."""
    azure = {
        "Host": context.arm_endpoint if context.kind == "azure" else "embedded",
        "Subscription": context.subscription,
        "ResourceGroup": context.resource_group,
        "Environment": context.environment,
        "EnvironmentGroup": context.environment_group or context.resource_group,
        "Location": context.location,
        "Tenant": context.tenant,
        "LogEndpoint": context.log_endpoint if context.kind == "azure" else "embedded",
    }
    return {"Name": context.name, "Metadata": {"Description": context.description}, "Endpoints": {"azure": azure}}


def _endpoint(context: Context) -> str:
    """One line that tells contexts apart, in the column where docker shows a daemon's address."""
    if context.kind == "embedded":
        return "embedded"
    return f"{context.subscription}/{context.resource_group}/{context.environment}"


def _possible(name: str) -> bool:
    """False for a name that will be refused anyway: that is said first."""
    from azdock.services.contexts import NAME_PATTERN, RESERVED

    return name not in RESERVED and re.fullmatch(NAME_PATTERN, name) is not None


def _need(context: Context) -> None:
    missing = [name for name in ("subscription", "resource_group", "environment") if not getattr(context, name)]
    if missing:
        flags = ", ".join(f"--{name.replace('_', '-')}" for name in missing)
        raise AzdockError(f"a context needs {flags}", hint="az containerapp env list -o table shows what there is")
