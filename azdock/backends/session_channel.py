"""The session of a container's command as a channel: it begins when the container's script has let it."""

from __future__ import annotations

from collections.abc import Callable

from azdock.backends import aca_job_shim
from azdock.backends.shim import Mark
from azdock.docker.channels import ExecChannel, Stream
from azdock.docker.record import ContainerRecord
from azdock.errors import AzdockError, CannotInvoke, CommandNotFound, Conflict, NotRunning

BEGIN, END = b"\x1eazdock ", b"\x1f"  # around the word of run_within.sh
READY, TAKEN, NONE = "ready", "taken", "none"


class SessionChannel:
    """ExecChannel whose first output was its own; `done` is called once, when everything was read."""

    def __init__(self, inner: ExecChannel, first: bytes, done: Callable[[], None]) -> None:
        self._inner, self._first, self._done = inner, first, done

    @property
    def exit_code(self) -> int | None:
        """The command's exit code once read() gave None; None when the connection broke."""
        return self._inner.exit_code

    def read(self) -> tuple[Stream, bytes] | None:
        """The next output; None at the end."""
        if self._first:
            first, self._first = self._first, b""
            return "out", first
        found = self._inner.read()
        if found is None:
            self._done()
        return found

    def write(self, data: bytes) -> None:
        """Send input."""
        self._inner.write(data)

    def close_input(self) -> None:
        """End of input."""
        self._inner.close_input()

    def resize(self, rows: int, cols: int) -> None:
        """Tell the terminal its size."""
        self._inner.resize(rows, cols)

    def close(self) -> None:
        """Leave: the command gets SIGHUP."""
        self._inner.close()


def claimed(inner: ExecChannel, record: ContainerRecord, done: Callable[[], None]) -> SessionChannel:
    """The channel of a session that may begin. Raises Conflict when another one is under way or over, CommandNotFound
    and CannotInvoke in docker's words, NotRunning when the container went away."""
    try:
        word, rest = _answer(inner)
        if word == READY:
            return SessionChannel(inner, rest, done)
        raise _refusal(word, record)
    except BaseException:
        inner.close()
        raise


def _answer(inner: ExecChannel) -> tuple[str, bytes]:
    """The script's word, and what of the command's output came with it."""
    seen = b""
    while END not in seen.partition(BEGIN)[2]:
        piece = inner.read()
        if piece is None:
            raise NotRunning(f"the session could not begin: {seen.decode(errors='replace').strip() or 'no answer'}")
        seen += piece[1] if piece[0] == "out" else b""
    word, _, rest = seen.partition(BEGIN)[2].partition(END)
    return word.decode(errors="replace"), rest


def _refusal(word: str, record: ContainerRecord) -> AzdockError:
    if word == TAKEN:
        return Conflict(f"the session of container {record.ident.name} is under way elsewhere, or over")
    if word == NONE:
        return Conflict(f"container {record.ident.name} does not wait for a session")
    failure = aca_job_shim.failure(Mark("end", "out", "", failure=word), record)
    kind = CommandNotFound if word == "missing" else CannotInvoke
    return kind(f"failed to start container: {failure}")
