"""A program that the test host runs for a request, and what is printed meanwhile."""

from __future__ import annotations

import os
import selectors
import shutil
import subprocess
import threading
from collections.abc import Sequence

printing = threading.Lock()
running: set[subprocess.Popen[bytes]] = set()


def write(stream: int, data: bytes) -> None:
    """All of it into one of the host's own streams."""
    with printing:
        while data:
            data = data[os.write(stream, data) :]


def run_program(program: Sequence[str], body: bytes, env: dict[str, str]) -> tuple[int, bytes]:
    """The code and the output of a program, which is printed as it comes. 127 and 126 as a shell has them."""
    try:
        child = subprocess.Popen(
            program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, **env}
        )
    except OSError as error:
        code = 126 if shutil.which(program[0]) or os.path.exists(program[0]) else 127  # noqa: PTH110
        return code, f"{program[0]}: {error.strerror}\n".encode()
    running.add(child)
    feeder = threading.Thread(target=feed, args=(child, body))
    feeder.start()
    output = carry(child)
    code = child.wait()
    running.discard(child)
    feeder.join()
    return code if code >= 0 else 128 - code, output


def feed(child: subprocess.Popen[bytes], body: bytes) -> None:
    """Give a program its input."""
    assert child.stdin is not None
    try:
        with child.stdin as stdin:
            stdin.write(body)
    except BrokenPipeError:
        pass  # a program need not read


def carry(child: subprocess.Popen[bytes]) -> bytes:
    """Print what a program prints, on the same stream; all of it in the order in which it came."""
    found = b""
    assert child.stdout is not None and child.stderr is not None
    with child.stdout as out, child.stderr as err, selectors.DefaultSelector() as selector:
        selector.register(out, selectors.EVENT_READ, 1)
        selector.register(err, selectors.EVENT_READ, 2)
        while selector.get_map():
            for key, _ in selector.select():
                data = os.read(key.fd, 65536)
                if not data:
                    selector.unregister(key.fileobj)
                write(key.data, data)
                found += data
    return found
