"""A network between azdock and an emulator that can be cut: a TCP proxy on this machine's IPv6 address.

The emulator answers only for local names with its own port, and its absolute addresses lead back the way a client
came; a proxy on [::1] with the emulator's port is therefore on every path, streams and exec included.
"""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.machine import Machine

# close() then sends a reset instead of a polite end, as a broken path looks like once it is noticed
ABRUPT = struct.pack("ii", 1, 0)
TICK = 0.05  # seconds after which a thread looks whether its connection was cut
Pair = tuple[socket.socket, socket.socket]


@dataclass
class Proxy:
    """Passes bytes between [::1]:port and 127.0.0.1:port. Not thread safe: one test drives it."""

    port: int
    passed: int = 0  # connections so far
    _listener: socket.socket | None = None
    _pairs: set[Pair] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        """What stands for the emulator's URL."""
        return f"http://[::1]:{self.port}"

    @property
    def connections(self) -> int:
        """How many connections are open now."""
        with self._lock:
            return len(self._pairs)

    def let_through(self) -> None:
        """Accept connections, if they were refused."""
        if self._listener is not None:
            return
        made = socket.socket(socket.AF_INET6)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(("::1", self.port))
        made.listen(64)
        self._listener = made
        threading.Thread(target=self._accept, args=(made,), name="proxy", daemon=True).start()

    def cut(self) -> int:
        """Break every connection in the middle of what it carries; how many there were. New ones are still accepted."""
        with self._lock:
            broken = list(self._pairs)
        return sum(self._break(pair) for pair in broken)

    def refuse(self) -> None:
        """Break every connection and refuse new ones, until let_through()."""
        with self._lock:
            listener, self._listener = self._listener, None
        if listener is not None:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)  # wakes accept()
            listener.close()
        self.cut()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self.port))
            except OSError:
                near.close()  # no emulator there
                continue
            pair = (near, far)
            with self._lock:
                open_now = self._listener is listener
                if open_now:
                    self._pairs.add(pair)
                    self.passed += 1
            if open_now:
                threading.Thread(target=self._carry, args=(pair,), name="proxy", daemon=True).start()
            else:
                near.close()
                far.close()

    def _carry(self, pair: Pair) -> None:
        """Both directions of a connection, each until its own end."""
        for one in pair:
            one.settimeout(TICK)
        back = threading.Thread(target=self._pump, args=(pair, pair[1], pair[0]), name="proxy", daemon=True)
        back.start()
        self._pump(pair, pair[0], pair[1])
        back.join()
        self._break(pair, abrupt=False)  # both have said all they had to say, unless one broke

    def _pump(self, pair: Pair, one: socket.socket, other: socket.socket) -> None:
        while self._is_up(pair):
            try:
                data = one.recv(65536)
                if data:
                    self._send(pair, other, data)
                    continue
                with self._lock:
                    if pair in self._pairs:
                        other.shutdown(socket.SHUT_WR)
                return
            except TimeoutError:
                continue
            except OSError:
                self._break(pair)

    def _send(self, pair: Pair, other: socket.socket, data: bytes) -> None:
        rest = memoryview(data)
        while rest and self._is_up(pair):
            with suppress(TimeoutError):
                rest = rest[other.send(rest) :]

    def _is_up(self, pair: Pair) -> bool:
        with self._lock:
            return pair in self._pairs

    def _break(self, pair: Pair, *, abrupt: bool = True) -> bool:
        with self._lock:
            if pair not in self._pairs:
                return False
            self._pairs.discard(pair)
        for one in pair:
            if abrupt:
                with suppress(OSError):
                    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABRUPT)
            one.close()
        return True


@contextmanager
def proxied(machine: Machine, home: Path) -> Iterator[tuple[Machine, Proxy]]:
    """Another home on the machine, whose way to the machine's running emulator is a proxy. Skips without IPv6."""
    facts = machine.facts
    proxy = Proxy(int(facts["url"].rpartition(":")[2]))
    try:
        proxy.let_through()
    except OSError as missing:
        pytest.skip(f"no IPv6 on this machine's own address: {missing}")
    folder = home / "emulator"
    folder.mkdir(parents=True)
    (folder / "status.json").write_text(json.dumps({**facts, "url": proxy.url}))
    try:
        yield Machine(home), proxy
    finally:
        proxy.refuse()
