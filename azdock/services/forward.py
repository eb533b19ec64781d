"""port-forward: connections to a port of this machine come out in a container, all over one exec connection."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress

from azdock.docker.channels import ExecChannel, ExecRequest
from azdock.docker.record import ContainerRecord
from azdock.errors import AzdockError, Unsupported
from azdock.services.exec import Exec

PIECE = 65536
LACKS = 3  # what SCRIPT ends with when the image has no program that can connect

# Connects its standard input and output to a port of the container, whatever the image has for that. OpenBSD's nc
# keeps a connection open at the end of its input unless it is told not to; busybox's knows no such option and needs
# none. bash comes last: it cannot tell the other side that no more input comes.
SCRIPT = f"""\
if command -v nc >/dev/null; then
  case $(nc -h 2>&1) in *[Ss]hutdown*) exec nc -N 127.0.0.1 "$1" ;; *) exec nc 127.0.0.1 "$1" ;; esac
elif command -v socat >/dev/null; then exec socat - "TCP:127.0.0.1:$1"
elif command -v python3 >/dev/null; then exec python3 -c '
import os, socket, sys, threading
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
def send():
    while data := os.read(0, 65536): s.sendall(data)
    s.shutdown(socket.SHUT_WR)
threading.Thread(target=send, daemon=True).start()
while data := s.recv(65536):
    while data: data = data[os.write(1, data):]
' "$1"
elif command -v bash >/dev/null; then exec bash -c '
exec 3<>"/dev/tcp/127.0.0.1/$1" || exit 1
cat >&3 <&0 & cat <&3; kill $! 2>/dev/null' bash "$1"
fi
exit {LACKS}
"""
CHECK = f"for p in nc socat python3 bash; do command -v $p >/dev/null && exit 0; done; exit {LACKS}"


class Forward:
    """Connections into one container. `tell` gets why one failed; it may be called from any thread."""

    def __init__(self, exec: Exec, record: ContainerRecord, tell: Callable[[str], None]) -> None:
        self._exec, self._record, self._tell = exec, record, tell

    def check(self) -> None:
        """Open the exec connection that all others share. Raises Unsupported when the image cannot connect."""
        channel = self._exec.open(self._record, ExecRequest(("sh", "-c", CHECK)))
        while channel.read() is not None:
            pass
        channel.close()
        if channel.exit_code == LACKS:
            raise Unsupported(
                "port-forward: the image has no nc, socat, python3 or bash to connect with",
                hint="publish the port with -p, or add nc to the image",
            )

    def carry(self, local: socket.socket, port: int) -> None:
        """Carry one connection until both sides have ended; `local` is closed then."""
        try:
            channel = self._exec.open(self._record, ExecRequest(("sh", "-c", SCRIPT, "azdock", str(port)), stdin=True))
        except AzdockError as failed:
            local.close()
            self._tell(f"port {port}: {failed.message}")
            return
        sender = threading.Thread(target=_send, args=(local, channel), name="azdock-forward", daemon=True)
        sender.start()
        said = b""
        try:
            while (got := channel.read()) is not None:
                if got[0] == "out":
                    local.sendall(got[1])
                else:
                    said += got[1]
        except OSError:
            said = b""  # whoever connected has gone: nothing is wrong with the container
        except AzdockError as failed:
            said = failed.message.encode()
        finally:
            channel.close()
            with suppress(OSError):  # the other side may have closed already
                local.shutdown(socket.SHUT_RDWR)
            sender.join()
            local.close()
        if said or channel.exit_code not in (0, None):
            self._tell(f"port {port}: {said.decode(errors='replace').strip() or 'the connection failed'}")


def _send(local: socket.socket, channel: ExecChannel) -> None:
    try:
        while data := local.recv(PIECE):
            channel.write(data)
    except OSError:
        pass  # the connection was reset; its end is passed on like any other
    channel.close_input()
