"""An exec socket with a script instead of a far side."""

from __future__ import annotations

from azdock.docker.channels import Stream


class Scripted:
    """Gives its pieces, then the end (or raises an exception among them); remembers what is sent."""

    def __init__(self, *pieces: bytes | Exception, code: int | None = 0) -> None:
        self.pieces = list(pieces)
        self.exit_code = code
        self.alive = True
        self.written: list[bytes] = []
        self.sizes: list[tuple[int, int]] = []

    def read(self, timeout: float | None = None) -> tuple[Stream, bytes] | None:
        """The next piece; None at the end."""
        if not self.pieces:
            self.alive = False
            return None
        piece = self.pieces.pop(0)
        if isinstance(piece, Exception):
            raise piece
        return "out", piece

    def write(self, data: bytes) -> None:
        """Remember it."""
        self.written.append(data)

    def resize(self, rows: int, cols: int) -> None:
        """Remember it."""
        self.sizes.append((rows, cols))

    def close(self) -> None:
        """Be dead."""
        self.alive = False
