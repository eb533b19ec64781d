"""The processes of a running container, read from its /proc through exec."""

from __future__ import annotations

from collections.abc import Sequence

from azdock.docker import processes
from azdock.docker.channels import ExecChannel, ExecRequest
from azdock.docker.processes import Listing
from azdock.docker.values import BadValue
from azdock.errors import AzdockError, CommandNotFound, DaemonError
from azdock.services.exec import Exec


class Top:
    """`top` over exec: images need no ps, but a shell and grep."""

    def __init__(self, exec: Exec) -> None:
        self._exec = exec

    def processes(self, name: str, options: Sequence[str], replica: str = "") -> Listing:
        """The container's processes with ps' `options`, those of one replica if it has several. Raises NotFound,
        NotRunning, DaemonError for other options, AzdockError when the image has nothing to look with."""
        record = self._exec.find(name)
        try:
            processes.chosen(options)
            request = ExecRequest(("sh", "-c", processes.SCRIPT), replica=replica)
            return processes.listing(processes.parse(output(self._exec.open(record, request))), options)
        except BadValue as bad:
            raise DaemonError(str(bad)) from bad
        except CommandNotFound as missing:
            raise AzdockError("azdock top reads /proc with the image's own sh, which it does not have") from missing
        except ValueError as strange:
            raise AzdockError(
                f"azdock top: {strange}", hint="azdock top needs sh, grep and tr in the image"
            ) from strange


def output(channel: ExecChannel) -> str:
    """What a command in a container prints on stdout, to its end."""
    found = bytearray()
    while (piece := channel.read()) is not None:
        if piece[0] == "out":
            found += piece[1]
    return found.decode("utf-8", "replace")
