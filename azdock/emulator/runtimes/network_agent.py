"""An ordinary user's networks: a process that is root in a user namespace holds a network namespace, in which the
emulator makes its bridges; pasta connects that to the world.

Run as a module it is that process: each byte on its socket asks for descriptors, which it sends back.
Source: user_namespaces(7); passt.top, pasta(1)
"""

from __future__ import annotations

import array
import contextlib
import os
import shutil
import socket
import subprocess
import sys
import threading
from contextlib import AbstractContextManager
from pathlib import Path

from azdock.emulator.runtimes import network_links
from azdock.emulator.runtimes.network_links import Links

TCP, SPACE = b"t", b"s"
READY, FAILED = b"+", b"-"
LIMIT = 5.0  # seconds for an answer
# pasta(1): nothing of this machine is forwarded into the namespace, nothing of it is reached as the gateway
ALONE = ("--config-net", "--no-map-gw", "-t", "none", "-u", "none", "-T", "none", "-U", "none")


class AgentFailed(OSError):
    """There are no such networks here; the text says why."""


class Agent:
    """The emulator's side. Raises AgentFailed where user namespaces or pasta do not work."""

    def __init__(self) -> None:
        pasta, unshare = shutil.which("pasta"), shutil.which("unshare")
        if pasta is None or unshare is None:
            raise AgentFailed(2, "without root that needs the program pasta, of the package passt")
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.settimeout(LIMIT)
        command = [unshare, "--user", "--map-root-user", "--net", sys.executable, "-m", __name__, str(theirs.fileno())]
        self._socket = ours
        self._process = subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)
        theirs.close()
        self._pasta: subprocess.Popen[bytes] | None = None
        try:
            self.links = self._links(self._ask(b"l", 2))
            self._connect(pasta)
        except BaseException:
            self.close()
            raise
        nsenter = shutil.which("nsenter") or "nsenter"
        self._enter = (nsenter, "--preserve-credentials", f"--user=/proc/{self._process.pid}/ns/user")

    def _connect(self, pasta: str) -> None:
        """Start pasta, which goes to the background when it is ready and ends with the namespace."""
        command = [pasta, "--quiet", *ALONE, str(self._process.pid)]
        try:
            done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=LIMIT, check=False)
        except subprocess.TimeoutExpired as error:
            raise AgentFailed(1, "pasta does not get ready") from error
        if done.returncode:
            said = [row for row in done.stderr.decode(errors="replace").splitlines() if "syslog" not in row]
            raise AgentFailed(1, f"pasta failed: {' '.join(said[-1:])}")

    def _ask(self, what: bytes, count: int) -> list[int]:
        """Descriptors from the agent. Raises AgentFailed."""
        try:
            self._socket.send(what)
            answer, descriptors, _, _ = socket.recv_fds(self._socket, 200, count)
        except OSError as error:
            raise AgentFailed(1, "user namespaces do not work here") from error
        if not answer.startswith(READY) or len(descriptors) != count:
            raise AgentFailed(1, answer[1:].decode(errors="replace") or "user namespaces do not work here")
        return descriptors

    @staticmethod
    def _links(descriptors: list[int]) -> Links:
        return Links(socket.socket(fileno=descriptors[0]), socket.socket(fileno=descriptors[1]))

    def space(self) -> tuple[int, Links]:
        """A new namespace and its links. Raises OSError."""
        namespace, *rest = self._ask(SPACE, 3)
        os.set_inheritable(namespace, False)
        return namespace, self._links(rest)

    def tcp(self) -> socket.socket:
        """A socket in the namespace with the bridges. Raises OSError."""
        return socket.socket(fileno=self._ask(TCP, 1)[0])

    def entering(self, namespace: int) -> tuple[str, ...]:
        """Words in front of a command that is to run in a namespace."""
        return (*self._enter, f"--net=/proc/{os.getpid()}/fd/{namespace}")

    @property
    def words(self) -> tuple[str, ...]:
        """Words in front of a command that is to run beside the bridges."""
        return (*self._enter, f"--net=/proc/{self._process.pid}/ns/net")

    def inside(self, namespace: int) -> AbstractContextManager[None]:  # noqa: ARG002
        """An ordinary user's threads cannot enter one; commands do."""
        return contextlib.nullcontext()

    @property
    def figures(self) -> Path:
        """Where the kernel counts what interfaces carry."""
        return Path(f"/proc/{self._process.pid}/net/dev")

    def close(self) -> None:
        """End the agent: the kernel removes its networks, and pasta ends."""
        self._socket.close()
        self._process.terminate()
        self._process.wait()
        links: Links | None = getattr(self, "links", None)
        if links is not None:
            links.close()


def serve(peer: socket.socket) -> None:
    """The agent's side: answer until the emulator is gone."""
    for path, value in (*network_links.SETTINGS.items(), ("ip_forward", "1")):
        network_links.set_value(path, value)
    while asked := peer.recv(1):
        try:
            descriptors = answer(asked)
        except OSError as error:
            peer.send(FAILED + str(error.strerror).encode())
            continue
        rights = array.array("i", descriptors)
        peer.sendmsg([READY], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
        for descriptor in descriptors:
            os.close(descriptor)


def answer(asked: bytes) -> list[int]:
    """Descriptors for one request, made in this process' namespaces. Raises OSError."""
    if asked == TCP:
        return [network_links.tcp_socket().detach()]
    if asked == SPACE:
        made: list[int] = []

        def furnished() -> None:
            made.extend(network_links.link_descriptors())

        return [network_links.new_namespace(furnished), *made]
    return list(network_links.link_descriptors())


if __name__ == "__main__":
    assert threading.main_thread() is threading.current_thread()
    serve(socket.socket(fileno=int(sys.argv[1])))
