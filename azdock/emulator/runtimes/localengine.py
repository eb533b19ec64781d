"""Images taken from the local Docker engine's store, when an engine answers."""

from __future__ import annotations

import importlib
import os
import socket
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

SOCKET = "unix:///var/run/docker.sock"
QUICK = 0.5  # seconds in which an engine that is there accepts a connection
ANSWER = 3  # seconds for its version
TRANSFER = 120  # seconds without a byte while it saves an image


def save(reference: str, target: Path) -> bool:
    """Write `docker save` of an image to a file; False when no engine answers or it has no such image."""
    address = os.environ.get("DOCKER_HOST") or SOCKET
    if not _answers(address):
        return False
    docker: Any = importlib.import_module("docker")
    requests: Any = importlib.import_module("requests")
    try:
        client = docker.APIClient(base_url=address, timeout=ANSWER)
    except docker.errors.DockerException:
        return False
    client.timeout = TRANSFER
    try:
        with target.open("wb") as out:
            out.writelines(client.get_image(reference))
    except (docker.errors.APIError, requests.exceptions.RequestException):
        return False
    finally:
        client.close()
    return True


def _answers(address: str) -> bool:
    parts = urlsplit(address)
    local = parts.scheme == "unix"
    if not local and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
        return False
    try:
        with socket.socket(socket.AF_UNIX if local else socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.settimeout(QUICK)
            probe.connect(parts.path if local else (parts.hostname, parts.port or 2375))
    except OSError:
        return False
    return True
