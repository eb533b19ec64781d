"""Pure translation between a container and the `containers` entry of a template, which jobs and apps share.

SOURCE: azure-rest-api-specs, Microsoft.App/ContainerApps stable/2026-07-01 (Container).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from azdock.backends import resources, shim
from azdock.backends.replicas import CONTAINER
from azdock.backends.shim import Plan
from azdock.backends.tags import Words
from azdock.docker.record import ContainerRecord

Json = dict[str, Any]


def container(record: ContainerRecord, plan: Plan | None = None) -> Json:
    """The container's entry without its mounts and probes: `command` replaces the image's ENTRYPOINT, `args` its CMD,
    as in Kubernetes. A wrapped command line is all in `command`. Raises Unsupported for resources beyond the largest
    pair."""
    spec = record.spec
    chosen = resources.pair(spec.resources)
    found: Json = {
        "name": CONTAINER,
        "image": spec.image,
        "resources": {"cpu": chosen.cpu, "memory": chosen.memory},
    }
    command, args = _bare(record)
    if plan is not None:
        command, args = shim.wrap([*command, *args] if plan.bare else record.argv, plan), []
    if command:
        found["command"] = command
    if args:
        found["args"] = args
    if spec.env:
        found["env"] = [{"name": name, "value": value} for name, value in _variables(spec.env).items()]
    return found


def read(
    entry: Mapping[str, Any], words: Words
) -> tuple[Plan | None, tuple[str, ...] | None, tuple[str, ...], tuple[str, ...]]:
    """The way in which the command line of an entry is wrapped (None: it is not), its --entrypoint, its command and its
    variables. Raises KeyError or ValueError for what azdock did not write."""
    command, args = tuple(entry.get("command") or ()), tuple(entry.get("args") or ())
    wrapped = shim.unwrap(command)
    plan = wrapped[0] if wrapped else None
    if wrapped is not None:
        command, args = wrapped[1], ()
        if words.entrypoint is None:
            command, args = (), command[len(command) - (words.command or 0) :]
    entrypoint: tuple[str, ...] | None = None
    if words.entrypoint is not None:
        entrypoint = command[: words.entrypoint]
        args = command[words.entrypoint :] + args
    env = tuple(f"{item['name']}={item.get('value') or ''}" for item in entry.get("env") or ())
    return plan, entrypoint, args, env


def _bare(record: ContainerRecord) -> tuple[list[str], list[str]]:
    """`command` and `args` of a command line that is not wrapped."""
    spec = record.spec
    command, args = list(spec.entrypoint or ()), list(spec.command)
    if spec.entrypoint == ():
        # An emptied entrypoint cannot be said: the first word takes its place.
        command, args = args[:1], args[1:]
    return command, args


def _variables(env: tuple[str, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for item in env:
        name, _, value = item.partition("=")
        found[name] = value
    return found
