"""An exec without a terminal over one that always has it: waits for the far side to be quiet, then speaks plainly."""

from __future__ import annotations

import threading

from azdock.azure.execsocket import ExecSocket
from azdock.backends.exec_command import MISSING, READY, InputEncoder
from azdock.docker.channels import Stream
from azdock.errors import CommandNotFound


class PlainChannel:
    """ExecChannel for pipes: output up to READY is the terminal's own noise, input before it would be echoed."""

    def __init__(self, socket: ExecSocket, program: str, quiet: bool = True) -> None:
        """`quiet` says that the far side announces READY; a detached command does not."""
        self._socket, self._program = socket, program
        self._encoder = InputEncoder()
        self._lock = threading.Lock()
        self._waiting = b""  # input until READY
        self._head: bytes | None = b"" if quiet else None  # output until READY; None afterwards

    @property
    def exit_code(self) -> int | None:
        """The command's exit code once read() gave None."""
        return self._socket.exit_code

    def read(self) -> tuple[Stream, bytes] | None:
        """The next output. Raises CommandNotFound when the program does not exist."""
        while True:
            found = self._socket.read()
            if found is None:
                return self._rest()
            if self._head is None:
                return found if MISSING not in found[1] else self._missing()
            self._head += found[1]
            _, mark, after = self._head.partition(READY)
            if not mark:
                continue
            self._open()
            if MISSING in after:
                return self._missing()
            if after:
                return found[0], after

    def write(self, data: bytes) -> None:
        """Send input, as soon as the far side takes it without echo."""
        self._put(self._encoder.data(data))

    def close_input(self) -> None:
        """End of input."""
        self._put(self._encoder.end())

    def resize(self, rows: int, cols: int) -> None:
        """Tell the far terminal its size."""
        self._socket.resize(rows, cols)

    def close(self) -> None:
        """Drop the connection."""
        self._socket.close()

    def _put(self, data: bytes) -> None:
        with self._lock:
            if self._head is not None:
                self._waiting += data
                return
        self._socket.write(data)

    def _open(self) -> None:
        with self._lock:
            self._head = None
            waiting, self._waiting = self._waiting, b""
            if waiting:
                self._socket.write(waiting)

    def _rest(self) -> tuple[Stream, bytes] | None:
        """What came before an end without READY: the shell's own complaint."""
        with self._lock:
            head, self._head = self._head, None
        return ("err", head.replace(b"\r\n", b"\n")) if head else None

    def _missing(self) -> tuple[Stream, bytes] | None:
        self._socket.close()
        raise CommandNotFound(
            "exec failed: unable to start container process: "
            f'exec: "{self._program}": executable file not found in $PATH'
        )
