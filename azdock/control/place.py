"""Where a container's control process listens: a socket that only its owner may use, and the lock of who serves it."""

from __future__ import annotations

import fcntl
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import AF_UNIX, SOCK_STREAM
from socket import socket as Socket

from azdock import __version__
from azdock.settings import Settings

FOLDER = "control"
BACKLOG = 64
# unix(7): a socket's path has 108 bytes with its final zero; macOS has 104.
PATH_BYTES = 100


class Place:
    """The files of one container: NAME.sock, NAME.lock and NAME.log below the home."""

    def __init__(self, settings: Settings, container: str, kind: str = "") -> None:
        """Another context of that name, another azdock, or another kind of process is another place."""
        self.folder = settings.home / FOLDER
        told = zlib.crc32(f"{__version__} {settings.context!r}{kind}".encode())
        self.name = f"{container[:24]}-{told:08x}"

    @property
    def socket(self) -> Path:
        """The socket's path, however long."""
        return self.folder / f"{self.name}.sock"

    @property
    def log(self) -> Path:
        """What a control process prints on stderr."""
        return self.folder / f"{self.name}.log"

    def connect(self) -> Socket | None:
        """A connection to whoever serves; None when nobody does."""
        made = Socket(AF_UNIX, SOCK_STREAM)
        try:
            with _short(self.socket) as path:
                made.connect(path)
        except (FileNotFoundError, ConnectionRefusedError, NotADirectoryError):
            made.close()
            return None
        except BaseException:
            made.close()
            raise
        return made

    def claim(self) -> tuple[Socket, int] | None:
        """A listening socket and the descriptor of the lock, which is held while it is open; None when somebody else
        serves. A socket that a dead process left behind is replaced."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = _locked(self.folder / f"{self.name}.lock")
        if lock is None:
            return None
        made = Socket(AF_UNIX, SOCK_STREAM)
        try:
            self.socket.unlink(missing_ok=True)
            before = os.umask(0o177)
            try:
                with _short(self.socket) as path:
                    made.bind(path)
            finally:
                os.umask(before)
            made.listen(BACKLOG)
        except BaseException:
            made.close()
            os.close(lock)
            raise
        return made, lock

    def facts(self) -> tuple[int, int, int] | None:
        """What tells the socket file from another one; None when there is none."""
        try:
            now = self.socket.stat()
        except OSError:
            return None
        # the number of a file that is gone may be given to the next one
        return now.st_dev, now.st_ino, now.st_ctime_ns

    def holds(self, listening: tuple[int, int, int] | None) -> bool:
        """Whether the socket file is still the one whose facts were `listening`."""
        return listening is not None and self.facts() == listening

    def leave(self) -> None:
        """Remove the files, but no log with something in it; only for whoever holds the lock."""
        for path in (self.socket, self.folder / f"{self.name}.lock"):
            path.unlink(missing_ok=True)
        if self.log.exists() and not self.log.stat().st_size:
            self.log.unlink(missing_ok=True)


def _locked(path: Path) -> int | None:
    """The descriptor of the locked file; None when it is locked by somebody else."""
    while True:
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            return None
        try:
            if os.path.samestat(os.fstat(lock), path.stat()):
                return lock
        except FileNotFoundError:
            pass  # whoever had it has removed it meanwhile: ours is the lock of nothing
        os.close(lock)


@contextmanager
def _short(path: Path) -> Iterator[str]:
    """A name of the socket that fits into an address, however deep the home lies."""
    text = os.fspath(path)
    if len(os.fsencode(text)) <= PATH_BYTES:
        yield text
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    before = os.open(".", os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fchdir(folder)
        yield path.name
    finally:
        os.fchdir(before)
        os.close(before)
        os.close(folder)
