"""The proxy that stands for a network: what it lets through, and how it breaks."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from tests.support.lab import until
from tests.support.proxy import Proxy


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    """A proxy in front of a server that sends back what it gets."""
    server = socket.create_server(("127.0.0.1", 0))

    def echo(connection: socket.socket) -> None:
        with connection:
            try:
                while data := connection.recv(65536):
                    connection.sendall(data)
            except ConnectionError:
                return

    def accept() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=echo, args=(connection,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    made = Proxy(server.getsockname()[1])
    try:
        made.let_through()
    except OSError as missing:
        server.close()
        pytest.skip(f"no IPv6 on this machine's own address: {missing}")
    yield made
    made.refuse()
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    thread.join()


def connect(proxy: Proxy) -> socket.socket:
    return socket.create_connection(("::1", proxy.port), 5)


def echoed(connection: socket.socket, data: bytes) -> bytes:
    """What comes back, up to the end."""
    sender = threading.Thread(target=lambda: (connection.sendall(data), connection.shutdown(socket.SHUT_WR)))
    sender.start()
    found = b""
    while part := connection.recv(65536):
        found += part
    sender.join()
    return found


def test_bytes_and_ends_pass(proxy: Proxy) -> None:
    """Everything arrives, in both directions at once, and so does the end; afterwards nothing is left open."""
    data = bytes(range(256)) * 20_000
    with connect(proxy) as connection:
        assert echoed(connection, data) == data
    until(lambda: proxy.connections == 0)
    assert proxy.passed == 1


def test_cut(proxy: Proxy) -> None:
    """A cut is seen as a broken connection, not as an end; the next connection works."""
    with connect(proxy) as connection:
        connection.sendall(b"x")
        assert connection.recv(1) == b"x"
        assert (proxy.connections, proxy.cut(), proxy.connections) == (1, 1, 0)
        with pytest.raises(ConnectionError):
            connection.recv(1)
    with connect(proxy) as again:
        assert echoed(again, b"y") == b"y"


def test_cut_of_a_reader_that_is_slow(proxy: Proxy) -> None:
    """A connection whose buffers are full is cut as well."""
    with connect(proxy) as connection:
        connection.settimeout(0.3)
        with pytest.raises(TimeoutError):
            while True:
                connection.send(b"x" * 65536)
        assert proxy.cut() == 1
        connection.settimeout(5)
        with pytest.raises(ConnectionError):
            while connection.recv(1 << 20):
                pass


def test_refuse(proxy: Proxy) -> None:
    """While it refuses nobody gets in; afterwards everybody does, and being told twice changes nothing."""
    for _ in range(2):
        proxy.refuse()
        proxy.refuse()
        with pytest.raises(ConnectionRefusedError):
            connect(proxy)
        proxy.let_through()
        proxy.let_through()
        with connect(proxy) as connection:
            assert echoed(connection, b"y") == b"y"
