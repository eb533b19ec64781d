"""A web server in a container, reached: python -m tests.bench.apps [--runs N] [--seconds S] [--megabytes N] [--docker].

Talks to the embedded Azure of AZDOCK_HOME, which must run and hold the image. Three figures, each beside docker's:
`run -d -p` until the first answered request, requests per second through the ingress and through docker's published
port, and how fast a large file comes through `port-forward`. Both take turns, so a drifting machine slows both alike.
Exits with 1 when an answer was wrong; figures never fail.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import shutil
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

NAME = "bench-web"
PAGE = "/etc/passwd"  # the image has it, and busybox's httpd makes no page of a folder
SERVER = ("httpd", "-f", "-p", "80", "-h", "/")
PATIENCE = 60.0  # seconds until the first answer
CLIENTS = 8  # connections at once
PIECE = 1 << 20


class Wrong(Exception):
    """Something did not answer as it should; the text says what."""


class Side:
    """One of the two programs; `publish` is its -p, which may leave the host's port to docker."""

    def __init__(self, program: str, image: str, publish: str) -> None:
        self.program, self.image, self.publish = program, image, publish

    def call(self, *argv: str) -> str:
        done = subprocess.run(
            [self.program, *argv], stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=300, text=True
        )
        if done.returncode:
            raise Wrong(f"{self.program} {' '.join(argv)} ended with {done.returncode}: {done.stderr}")
        return done.stdout

    def start(self) -> None:
        self.call("run", "-d", "-p", self.publish, "--name", NAME, self.image, *SERVER)

    def address(self) -> str:
        """Where the server is reached, as host:port."""
        first = self.call("port", NAME, "80").splitlines()[0].strip()
        return urlsplit(first if "://" in first else f"http://{first}").netloc

    def remove(self) -> None:
        subprocess.run([self.program, "rm", "-f", NAME], stdin=subprocess.DEVNULL, capture_output=True, check=False)

    @contextlib.contextmanager
    def served(self) -> Iterator[str]:
        """The server while it runs and answers; where it is reached."""
        try:
            self.start()
            address = self.address()
            answered(address)
            yield address
        finally:
            self.remove()

    def until_answered(self) -> tuple[float, float]:
        """Seconds from before `run` until the first answer, and those that `port` took of them."""
        began = time.perf_counter()
        try:
            self.start()
            asked = time.perf_counter()
            address = self.address()
            told = time.perf_counter()
            answered(address)
            return time.perf_counter() - began, told - asked
        finally:
            self.remove()


def answered(address: str) -> bytes:
    """The page, as soon as it comes. Raises Wrong when it does not."""
    end, seen = time.monotonic() + PATIENCE, ""
    while time.monotonic() < end:
        connection = HTTPConnection(address, timeout=PATIENCE)
        try:
            connection.request("GET", PAGE)
            answer = connection.getresponse()
            data = answer.read()
            if answer.status == 200:
                return data
            seen = str(answer.status)
        except (OSError, HTTPException) as silent:
            seen = repr(silent)
        finally:
            connection.close()
        time.sleep(0.002)
    raise Wrong(f"{address} did not answer: {seen}")


def rate(address: str, seconds: float) -> float:
    """Requests per second of some clients at once; a connection is used again where the server lets it."""
    wanted, counts, failures = answered(address), [0] * CLIENTS, []
    end = time.perf_counter() + seconds

    def ask(number: int) -> None:
        connection = HTTPConnection(address, timeout=30)
        try:
            while time.perf_counter() < end:
                connection.request("GET", PAGE)
                answer = connection.getresponse()
                if answer.read() != wanted or answer.status != 200:
                    raise Wrong(f"{address} answered {answer.status}, and not the page")
                counts[number] += 1
        except (OSError, HTTPException, Wrong) as failed:
            failures.append(failed)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(CLIENTS)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    if failures:
        raise Wrong(f"{len(failures)} of {CLIENTS} clients failed: {failures[0]!r}")
    return sum(counts) / seconds


def fetched(address: str, wanted: str) -> float:
    """Bytes per second of the large file; its sha256 must be the wanted one."""
    began, digest, length = time.perf_counter(), hashlib.sha256(), 0
    connection = HTTPConnection(address, timeout=300)
    try:
        connection.request("GET", "/big")
        answer = connection.getresponse()
        while data := answer.read(PIECE):
            digest.update(data)
            length += len(data)
    finally:
        connection.close()
    if digest.hexdigest() != wanted:
        raise Wrong(f"{length} bytes came from {address}, and not the right ones")
    return length / (time.perf_counter() - began)


@contextlib.contextmanager
def forwarded(azdock: str) -> Iterator[str]:
    """`azdock port-forward` while it runs; where it listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [azdock, "port-forward", NAME, f"{port}:80"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    try:
        answered(f"127.0.0.1:{port}")
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


def first_answers(sides: dict[str, Side], runs: int) -> None:
    """Print the medians of the time until the first answer."""
    seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in sides}
    for turn in range(runs + 1):
        for name, side in sides.items():
            took = side.until_answered()
            if turn:
                seconds[name].append(took)
    medians = {name: statistics.median(whole for whole, _ in found) for name, found in seconds.items()}
    for name, median in medians.items():
        asking = statistics.median(part for _, part in seconds[name])
        print(f"{median * 1000:8.1f} ms  {name}: run -d -p until the first answer ({asking * 1000:.1f} ms for `port`)")
    if "docker" in medians:
        print(f"{medians['azdock'] / medians['docker']:8.2f}     azdock / docker")


def rates(sides: dict[str, Side], runs: int, seconds: float) -> None:
    """Print the medians of the requests per second."""
    found: dict[str, list[float]] = {name: [] for name in sides}
    with contextlib.ExitStack() as stack:
        addresses = {name: stack.enter_context(side.served()) for name, side in sides.items()}
        for _ in range(runs):
            for name, address in addresses.items():
                found[name].append(rate(address, seconds))
    medians = {name: statistics.median(one) for name, one in found.items()}
    for name, median in medians.items():
        print(f"{median:8.0f} requests/s  {name}: {CLIENTS} clients at once")
    if "docker" in medians:
        print(f"{medians['azdock'] / medians['docker']:8.2f}     azdock / docker")


def throughput(sides: dict[str, Side], runs: int, megabytes: int) -> None:
    """Print the medians of how fast a large file comes: through port-forward, the ingress, docker's published port."""
    found: dict[str, list[float]] = {}
    with contextlib.ExitStack() as stack:
        ways: dict[str, tuple[str, str]] = {}
        for name, side in sides.items():
            address = stack.enter_context(side.served())
            side.call("exec", NAME, "dd", "if=/dev/urandom", "of=/big", "bs=1M", f"count={megabytes}")
            wanted = side.call("exec", NAME, "sha256sum", "/big").split()[0]
            ways["ingress" if name == "azdock" else "docker"] = address, wanted
            if name == "azdock":
                ways["port-forward"] = stack.enter_context(forwarded(side.program)), wanted
        for _ in range(runs):
            for way, (address, wanted) in ways.items():
                found.setdefault(way, []).append(fetched(address, wanted))
    medians = {way: statistics.median(one) for way, one in found.items()}
    for way, median in medians.items():
        print(f"{median / 1e6:8.1f} MB/s  {way}: {megabytes} MiB")
    if "docker" in medians:
        for way in ("ingress", "port-forward"):
            print(f"{medians[way] / medians['docker']:8.2f}     {way} / docker")


def main(argv: Sequence[str]) -> int:
    """Run the three parts; 1 when something was wrong."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--azdock", default=shutil.which("azdock") or "azdock")
    parser.add_argument("--docker", action="store_true", help="compare with a Docker engine that has the image, too")
    parser.add_argument("--image", default="busybox:latest")
    options = parser.parse_args(argv)
    sides = {"azdock": Side(options.azdock, options.image, "8080:80")}
    if options.docker:
        sides["docker"] = Side("docker", options.image, "127.0.0.1::80")
    wrong = 0
    for part in (
        lambda: first_answers(sides, options.runs),
        lambda: rates(sides, options.runs, options.seconds),
        lambda: throughput(sides, options.runs, options.megabytes),
    ):
        try:
            part()
        except Wrong as failed:
            wrong += 1
            print(f"WRONG {failed}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
