"""A program of an image without a shell, directly on Azure's terminal: its output streams arrive as one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azdock.docker.channels import Stream

if TYPE_CHECKING:
    from azdock.backends.exec_session import Socket


class DirectChannel:
    """ExecChannel without input; the carriage returns that the terminal adds are taken away."""

    def __init__(self, socket: Socket) -> None:
        self._socket = socket
        self._held = b""  # a carriage return that may belong to a newline

    @property
    def exit_code(self) -> int | None:
        """The command's exit code once read() gave None."""
        return self._socket.exit_code

    def read(self) -> tuple[Stream, bytes] | None:
        """The next output, all of it as stdout."""
        while (found := self._socket.read()) is not None:
            data = self._held + found[1]
            self._held = b"\r" if data.endswith(b"\r") else b""
            data = data[: len(data) - len(self._held)].replace(b"\r\n", b"\n")
            if data:
                return "out", data
        held, self._held = self._held, b""
        return ("out", held) if held else None

    def write(self, data: bytes) -> None:
        """There is no input: a program without -i has none in docker either."""

    def close_input(self) -> None:
        """There is no input."""

    def resize(self, rows: int, cols: int) -> None:
        """Tell the far terminal its size."""
        self._socket.resize(rows, cols)

    def close(self) -> None:
        """Drop the connection."""
        self._socket.close()
