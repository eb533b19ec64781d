"""Credentials of registries as docker keeps them: its configuration file and its credential helper programs.

SOURCE: github.com/docker/cli, cli/config/configfile/file.go and cli/config/credentials/native_store.go;
github.com/docker/docker-credential-helpers, README (the `get` protocol).
"""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from azdock.azure import progress

HUB = "docker.io"
HUB_KEY = "https://index.docker.io/v1/"
HELPER_SECONDS = 10.0
IDENTITY_USER = "<token>"  # a helper's user name that says: the secret is an identity token


@dataclass(frozen=True, slots=True)
class Credential:
    """A user with a secret, an identity (refresh) token, or a ready bearer token; all empty: anonymous."""

    user: str = ""
    secret: str = field(default="", repr=False)
    identity: str = field(default="", repr=False)
    bearer: str = field(default="", repr=False)


def configured(host: str, environ: Mapping[str, str]) -> Iterator[Credential]:
    """What docker would offer to `host`, best first: its helper's, then the file's own."""
    key = HUB_KEY if host == HUB else host
    if found := _of_auths(_object(environ.get("DOCKER_AUTH_CONFIG", ""), "DOCKER_AUTH_CONFIG"), host):
        yield found
    config = _file(environ)
    helpers = config.get("credHelpers")
    helper = (helpers.get(key) if isinstance(helpers, dict) else None) or config.get("credsStore")
    if helper and (found := _of_helper(str(helper), key)):
        yield found
    if found := _of_auths(config, host):
        yield found


def _file(environ: Mapping[str, str]) -> dict[str, Any]:
    folder = environ.get("DOCKER_CONFIG", "")
    path = (Path(folder) if folder else Path(environ.get("HOME") or Path.home()) / ".docker") / "config.json"
    try:
        text = path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, UnicodeDecodeError) as unreadable:
        progress.warn(f"docker's configuration file cannot be read: {unreadable}")
        return {}
    return _object(text, str(path))


def _object(text: str, name: str) -> dict[str, Any]:
    if not text.strip():
        return {}
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as broken:
        # Not the text itself: it holds passwords.
        progress.warn(f"docker's configuration {name} is not JSON: {broken}")
        return {}
    return found if isinstance(found, dict) else {}


def _of_auths(config: Mapping[str, Any], host: str) -> Credential | None:
    auths = config.get("auths")
    entries = auths.items() if isinstance(auths, dict) else ()
    for name, entry in entries:
        if isinstance(entry, dict) and _hostname(name) == host:
            user, secret = _split(entry)
            made = Credential(user, secret, str(entry.get("identitytoken", "")), str(entry.get("registrytoken", "")))
            if made != Credential():
                return made
    return None


def _hostname(key: str) -> str:
    """A key of `auths` is a host, or an old URL of one."""
    try:
        found = urlsplit(key).netloc if "://" in key else key.partition("/")[0]
    except ValueError:
        return ""
    return HUB if found in ("index.docker.io", "registry-1.docker.io") else found


def _split(entry: Mapping[str, Any]) -> tuple[str, str]:
    try:
        decoded = base64.b64decode(str(entry.get("auth", "")), validate=True).decode()
    except ValueError:
        decoded = ""
    user, _, secret = decoded.partition(":")
    return user or str(entry.get("username", "")), secret.rstrip("\0") or str(entry.get("password", ""))


def _of_helper(name: str, key: str) -> Credential | None:
    """What `docker-credential-NAME get` says; None when it is not there, fails or knows nothing."""
    command = [f"docker-credential-{name}", "get"]
    try:
        done = subprocess.run(command, input=key, capture_output=True, text=True, timeout=HELPER_SECONDS, check=False)
        found = json.loads(done.stdout) if done.returncode == 0 else {}
        user, secret = str(found.get("Username", "")), str(found.get("Secret", ""))
    except FileNotFoundError:
        progress.warn(f"docker's configuration names {command[0]}, which is not installed")
        return None
    except (OSError, ValueError, AttributeError, subprocess.TimeoutExpired) as failed:
        progress.warn(f"{command[0]} gave no credentials: {type(failed).__name__}")
        return None
    if not secret:
        return None
    return Credential(identity=secret) if user == IDENTITY_USER else Credential(user, secret)
