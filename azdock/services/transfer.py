"""Tar archives into and out of a running container: in one go when small, else in chunks that are checked and, where
one was lost or damaged, sent again."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Generator
from typing import TypeVar

from azdock.errors import AzdockError, Unreachable, Unsupported
from azdock.services import checksums
from azdock.services import transfer_scripts as scripts
from azdock.services.shell import Program, Shell

CHUNK = 4 << 20  # bytes
TRIES = 5
T = TypeVar("T")


class Damaged(AzdockError):
    """A piece arrived with another checksum than it was sent with."""


class Transfer:
    """One archive on its way. `wait` sleeps before a piece is sent again, `show` is told the bytes carried so far."""

    def __init__(
        self, shell: Shell, show: Callable[[int], None] = lambda _: None, wait: Callable[[float], None] = time.sleep
    ) -> None:
        self._shell, self._show, self._wait = shell, show, wait
        self.id = secrets.token_hex(8)
        self.carried = 0
        self._stays = False  # whether the container may hold a folder of ours
        self.warnings: list[str] = []  # what did not make the copy fail

    def again(self, work: Callable[[], T]) -> T:
        """Do it, and once more after each lost connection or damaged piece. Raises the last failure."""
        for attempt in range(TRIES - 1):
            try:
                return work()
            except (Unreachable, Damaged):
                self._wait(0.5 * 2**attempt)
        return work()

    def remove(self) -> None:
        """Take the temporary folder in the container away; a warning tells when that was not possible."""
        if not self._stays:
            return
        self._stays = False
        try:
            self._checked(scripts.REMOVE, self.id)
        except AzdockError as failed:
            self.warnings.append(f"temporary files may be left in the container (/tmp/azdock-cp-{self.id}): {failed}")

    # ---- out of the container
    def pull(self, folder: str, name: str) -> Generator[bytes, None, None]:
        """The archive of `name` in `folder`. Close the iterator, so that the container is tidied up."""
        self._stays = True
        try:
            size, content = self.again(lambda: self._pack(folder, name))
            if size is None:
                yield from self.stream(scripts.STREAM, folder, name)
            elif size <= CHUNK:
                self._stays = False
                yield self._count(content)
            else:
                for index in range((size + CHUNK - 1) // CHUNK):
                    yield self._count(self.again(lambda index=index: self._fetch(index)))  # type: ignore[misc]
        finally:
            self.remove()

    def stream(self, script: str, *args: str) -> Generator[bytes, None, None]:
        """What a script prints, without a second try. Raises AzdockError when it fails."""
        with self._shell.start(script, *args) as program:
            for piece in program:
                yield self._count(piece)
        self._judge(program, program.code)

    def _pack(self, folder: str, name: str) -> tuple[int | None, bytes]:
        """The archive's size and, if small, the archive; no size when there is no place to keep it."""
        program, output = self._shell.run(scripts.PACK, self.id, str(CHUNK), folder, name)
        if program.code == scripts.NO_PLACE:
            return None, b""
        header, _, content = output.partition(b"\n")
        words = header.decode("ascii", "replace").split()
        if len(words) != 3:
            self._judge(program, program.code or 1)
            raise Damaged("the container's answer could not be understood")
        code, size, told = int(words[0]), int(words[1]), words[2]
        self._judge(program, code)
        if size <= CHUNK and not (len(content) == size and checksums.matches(content, told)):
            raise Damaged(f"{len(content)} of {size} bytes arrived as they were sent")
        return size, content

    def _fetch(self, index: int) -> bytes:
        program, output = self._shell.run(scripts.FETCH, self.id, str(index), str(CHUNK))
        self._judge(program, program.code)
        told, _, content = output.partition(b"\n")
        if not checksums.matches(content, told.decode("ascii", "replace")):
            raise Damaged(f"chunk {index} did not arrive as it was sent")
        return content

    # ---- into the container
    def receive(self, index: int, chunk: bytes) -> None:
        """Put one chunk into the container's temporary folder."""
        self._stays = True
        self.again(lambda: self._checked(scripts.RECEIVE, self.id, str(index), *checksums.every(chunk), input=chunk))
        self._count(chunk)

    def unpack(self, folder: str, count: int, options: str) -> None:
        """Unpack the chunks received. `options` are tar's, ending in f."""
        self.again(lambda: self._checked(scripts.UNPACK, self.id, folder, str(count), options))

    def receive_and_unpack(self, folder: str, archive: bytes, options: str) -> None:
        """A small archive in one go."""
        self._stays = True
        sums = checksums.every(archive)
        self.again(lambda: self._checked(scripts.RECEIVE_AND_UNPACK, self.id, folder, options, *sums, input=archive))
        self._stays = False
        self._count(archive)

    def _checked(self, script: str, *args: str, input: bytes | None = None) -> None:
        program, _ = self._shell.run(script, *args, input=input)
        self._judge(program, program.code)

    def _count(self, data: bytes) -> bytes:
        self.carried += len(data)
        self._show(self.carried)
        return data

    def _judge(self, program: Program, code: int) -> None:
        """Raise what an exit code means, in a sentence."""
        if code == scripts.BAD_SUM:
            raise Damaged("a piece did not arrive as it was sent")
        if code == scripts.NO_TAR:
            raise Unsupported("the container has no tar, which copying needs", hint="azdock exec CONTAINER cat FILE")
        if code == scripts.NO_PLACE:
            places = scripts.PLACES.replace(" ", ", ")
            raise Unsupported(f"the container has no folder for temporary files that can be written ({places})")
        if code == 1 and _only_changed(program.error):
            self.warnings.append(program.error)
        elif code:
            raise AzdockError(program.error or f"copying ended with code {code} in the container", code=1)


def _only_changed(error: str) -> bool:
    """GNU tar ends with 1 when files changed while it read them; the archive is whole nevertheless."""
    lines = [line for line in error.splitlines() if "Removing leading" not in line]
    return bool(lines) and all("as we read it" in line or "before we read it" in line for line in lines)


class Upload:
    """A file to write an archive to, which travels into the container as it grows; `finish` unpacks it there."""

    def __init__(self, transfer: Transfer, folder: str, options: str) -> None:
        self._transfer, self._folder, self._options = transfer, folder, options
        self._waiting = bytearray()
        self._sent = 0

    def write(self, data: bytes) -> int:
        """Take more of the archive; sends whatever fills a chunk."""
        self._waiting += data
        while len(self._waiting) > CHUNK:
            self._send(bytes(self._waiting[:CHUNK]))
            del self._waiting[:CHUNK]
        return len(data)

    def finish(self) -> None:
        """Send the rest and unpack; nothing at all is no archive, and no mistake for docker either."""
        if not self._sent and not self._waiting:
            return
        if not self._sent:
            self._transfer.receive_and_unpack(self._folder, bytes(self._waiting), self._options)
            return
        self._send(bytes(self._waiting))
        self._transfer.unpack(self._folder, self._sent, self._options)

    def _send(self, chunk: bytes) -> None:
        self._transfer.receive(self._sent, chunk)
        self._sent += 1
