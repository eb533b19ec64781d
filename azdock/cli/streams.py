"""Standard input, output and error as values, so that tests pass others."""

from __future__ import annotations

import os
import sys
from typing import BinaryIO


class Out:
    """A stream to write to; every write is flushed, so that output and errors keep their order."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def write(self, data: bytes) -> None:
        """Write bytes. Raises BrokenPipeError when nobody reads any more."""
        self._file.write(data)
        self._file.flush()

    def line(self, text: str) -> None:
        """Write text and a newline."""
        self.write(text.encode("utf-8", "surrogateescape") + b"\n")

    @property
    def terminal(self) -> bool:
        """True when a person looks at it."""
        return self._file.isatty()

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns of the terminal; (24, 80) when it is none."""
        try:
            columns, rows = os.get_terminal_size(self._file.fileno())
        except (OSError, ValueError):
            return 24, 80
        return (rows, columns) if rows and columns else (24, 80)


class In:
    """A stream to read from."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def read(self, most: int = 65536) -> bytes:
        """Block for the next bytes, at most `most`; b"" at the end."""
        return os.read(self.fileno(), most)

    def fileno(self) -> int:
        """The descriptor, for terminal settings and select."""
        return self._file.fileno()

    @property
    def terminal(self) -> bool:
        """True when a person types."""
        return self._file.isatty()


class Streams:
    """The three streams of a process."""

    def __init__(self, out: Out, err: Out, inp: In) -> None:
        self.out, self.err, self.inp = out, err, inp

    @classmethod
    def of_process(cls) -> Streams:
        """The streams azdock was started with; a closed one becomes the null device."""
        return cls(Out(_binary(sys.stdout, "wb")), Out(_binary(sys.stderr, "wb")), In(_binary(sys.stdin, "rb")))


def _binary(stream: object, mode: str) -> BinaryIO:
    buffer: BinaryIO | None = getattr(stream, "buffer", None)
    if buffer is None:
        return open(os.devnull, mode)  # type: ignore[return-value]
    return buffer
