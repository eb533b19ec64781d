"""Registries for tests: a small server that answers by a script, and Debian's docker-registry."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from tests.unit.emulator.runtimes.tars import sha

# status, headers, body for a path and the request's Authorization
Answer = tuple[int, dict[str, str], bytes]
Script = Callable[[str, str], Answer]
Serve = Callable[[Script], str]


@contextmanager
def serving() -> Iterator[Serve]:
    """A function that starts a server that answers by a script and gives its host:port; all end with the block."""
    running: list[tuple[ThreadingHTTPServer, threading.Thread]] = []

    def start(script: Script) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, headers, body = script(self.path, self.headers.get("Authorization", ""))
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                with suppress(ConnectionError):  # a client may lose its patience
                    self.end_headers()
                    self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        running.append((server, thread))
        return f"127.0.0.1:{server.server_address[1]}"

    try:
        yield start
    finally:
        for server, thread in running:
            server.shutdown()
            thread.join()
            server.server_close()


@contextmanager
def docker_registry(folder: Path) -> Iterator[str]:
    """Debian's docker-registry on a free port with its data under `folder`; gives host:port. Skips without it."""
    program = shutil.which("docker-registry")
    if program is None:
        pytest.skip("docker-registry is not installed")
    port = unused_port()
    setup = f"version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: {folder}/reg\nhttp:\n  addr: 127.0.0.1:{port}\n"
    (folder / "registry.yml").write_text(setup)
    with (folder / "registry.log").open("w") as log:
        process = subprocess.Popen([program, "serve", str(folder / "registry.yml")], stdout=log, stderr=log)
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield f"127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def unused_port() -> int:
    """A port of this machine where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def push(host: str, *blobs: bytes, **manifests: bytes) -> None:
    """Fill a real registry's repository x: blobs, and manifests by tag."""
    with httpx.Client(base_url=f"http://{host}/v2/x/") as client:
        for blob in blobs:
            place = client.post("blobs/uploads/").headers["Location"]
            client.put(place, params={**httpx.URL(place).params, "digest": sha(blob)}, content=blob).raise_for_status()
        for tag, data in manifests.items():
            headers = {"Content-Type": json.loads(data)["mediaType"]}
            client.put(f"manifests/{tag}", content=data, headers=headers).raise_for_status()
