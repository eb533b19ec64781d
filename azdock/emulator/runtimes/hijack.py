"""The Docker Engine API's attach and exec streams: an HTTP request whose connection then carries raw bytes."""

from __future__ import annotations

import asyncio
import json
import os
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

DEFAULT_HOST = "unix:///var/run/docker.sock"
STREAMS = {1: "stdout", 2: "stderr"}


class HijackRefused(Exception):
    """The engine answered with an error; `status` is HTTP's, the text the engine's message."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Address:
    """Where the engine listens: DOCKER_HOST, DOCKER_TLS_VERIFY and DOCKER_CERT_PATH as the docker client reads them."""

    url: str
    certificates: Path | None = None

    @classmethod
    def from_environment(cls) -> Address:
        """The engine the environment names, else the local one."""
        secure = os.environ.get("DOCKER_TLS_VERIFY")
        folder = Path(os.environ.get("DOCKER_CERT_PATH") or Path.home() / ".docker")
        return cls(os.environ.get("DOCKER_HOST") or DEFAULT_HOST, folder if secure else None)

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection to the engine. Raises OSError."""
        parts = urlsplit(self.url)
        if parts.scheme == "unix":
            return await asyncio.open_unix_connection(parts.path)
        context = None
        if self.certificates is not None:
            context = ssl.create_default_context(cafile=str(self.certificates / "ca.pem"))
            context.load_cert_chain(str(self.certificates / "cert.pem"), str(self.certificates / "key.pem"))
        return await asyncio.open_connection(parts.hostname, parts.port or 2375, ssl=context)


async def hijack(
    address: Address, path: str, body: dict[str, Any] | None = None
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """POST and take the connection over. Raises HijackRefused or OSError.

    Source: docs.docker.com/reference/api/engine, ContainerAttach and ExecStart.
    """
    reader, writer = await address.connect()
    data = json.dumps(body or {}).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n"
    head += f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
    writer.write(head.encode() + data)
    answer = (await reader.readuntil(b"\r\n\r\n")).decode(errors="replace")
    status = int(answer.split(" ", 2)[1])
    if status in {101, 200}:
        return reader, writer
    text = (await reader.read(65536)).decode(errors="replace")
    writer.close()
    try:
        raise HijackRefused(status, str(json.loads(text)["message"]))
    except (ValueError, KeyError):
        raise HijackRefused(status, text) from None


async def frame(reader: asyncio.StreamReader) -> tuple[str, bytes] | None:
    """The next piece of a stream without a terminal: its stream's name and its bytes; None at the end."""
    try:
        header = await reader.readexactly(8)
        data = await reader.readexactly(int.from_bytes(header[4:], "big"))
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    return STREAMS.get(header[0], "stdout"), data
