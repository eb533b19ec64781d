"""The keys of a container app of kind functionapp, and what the tool inside its containers says about them.

A real host keeps them in its storage; here they are part of the app's stored document, which shows them nowhere.
Source: azure-cli, recording of test_containerapp_function_keys (2025): /bin/azure-functions-admin keys list|show|set,
keys of 56 characters, the master key named _master
"""

from __future__ import annotations

import argparse
import base64
import json
import secrets
import shlex
from typing import Any, NoReturn

from azdock.emulator.functionshost import MASTER
from azdock.emulator.world import World

Document = dict[str, Any]
FUNCTION_APP = "functionapp"  # root `kind` of a container app
TOOL = "/bin/azure-functions-admin"
DEFAULT, MASTER_NAME = "default", "_master"
KINDS = {"hostKey": "functionKeys", "systemKey": "systemKeys", "masterKey": MASTER, "functionKey": "functions"}


class BadCommand(Exception):
    """Nothing the tool can do; the text says why."""


def is_function_app(document: Document) -> bool:
    """Whether a container app is one of functions."""
    return str(document.get("kind") or "").lower() == FUNCTION_APP


def new_key() -> str:
    """56 characters, as the host makes them: 40 random bytes in base 64 for URLs."""
    return base64.urlsafe_b64encode(secrets.token_bytes(40)).decode()


def of(world: World, document: Document) -> Document:
    """An app's keys, made when they are asked for first: {"masterKey", "functionKeys", "systemKeys", "functions"}."""
    keys: Document | None = document.get("keys")
    if keys is None:
        keys = {MASTER: new_key(), "functionKeys": {DEFAULT: new_key()}, "systemKeys": {}, "functions": {}}
        document["keys"] = keys
        world.store.changed()
    return keys


def answer(world: World, document: Document, names: list[str], command: str) -> str:
    """What the tool prints; `names` are the app's functions. Raises BadCommand."""
    asked = _parsed(command)
    known = _keys(world, document, names, asked)
    if asked.verb == "list":
        return _printed({"keys": [{"name": name, "value": value} for name, value in known.items()]})
    if not asked.key_name:
        raise BadCommand("--key-name is required.")
    if asked.verb == "set":
        _set(world, document, known, asked)
        known = _keys(world, document, names, asked)
    if asked.key_name not in known:
        raise BadCommand(f"Key '{asked.key_name}' does not exist.")
    return _printed({"name": asked.key_name, "value": known[asked.key_name]})


def _keys(world: World, document: Document, names: list[str], asked: argparse.Namespace) -> dict[str, str]:
    keys = of(world, document)
    if asked.key_type == "masterKey":
        return {MASTER_NAME: keys[MASTER]}
    found: dict[str, str]
    if asked.key_type != "functionKey":
        found = keys[KINDS[asked.key_type]]
        return found
    name = next((one for one in names if one.lower() == (asked.function_name or "").lower()), "")
    if not name:
        raise BadCommand(f"Function '{asked.function_name or ''}' does not exist.")
    if name not in keys["functions"]:
        keys["functions"][name] = {DEFAULT: new_key()}
        world.store.changed()
    found = keys["functions"][name]
    return found


def _set(world: World, document: Document, known: dict[str, str], asked: argparse.Namespace) -> None:
    value = asked.key_value or new_key()
    if asked.key_type == "masterKey":
        of(world, document)[MASTER] = value
    else:
        known[asked.key_name] = value
    world.store.changed()


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise BadCommand(message)


def _parsed(command: str) -> argparse.Namespace:
    try:
        words = shlex.split(command)
    except ValueError as broken:
        raise BadCommand(str(broken)) from broken
    if words[:1] != [TOOL]:
        raise BadCommand(f"the debug address serves {TOOL} only.")
    parser = _Parser(prog=TOOL, add_help=False, allow_abbrev=False)
    parser.add_argument("noun", choices=["keys"])
    parser.add_argument("verb", choices=["list", "show", "set"])
    parser.add_argument("--key-type", choices=sorted(KINDS), required=True)
    for name in ("--key-name", "--key-value", "--function-name"):
        parser.add_argument(name, default="")
    return parser.parse_args(words[1:])


def _printed(value: Document) -> str:
    """As recorded: one member a line, no indentation."""
    return json.dumps({"value": value}, indent=0)
