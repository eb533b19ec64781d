"""One command that azdock's exec agent runs, as a channel."""

from __future__ import annotations

import base64
import threading
from collections import deque
from typing import TYPE_CHECKING

from azdock.backends import exec_frames as wire
from azdock.backends.exec_frames import Frame
from azdock.docker.channels import ExecRequest, Stream
from azdock.errors import AzdockError, CannotInvoke, CommandNotFound, Unsupported

if TYPE_CHECKING:
    from azdock.backends.exec_session import Session

# docker waits as long for output that a program left in the background keeps open
LINGER_SECONDS = 2.0
PATIENCE = 10  # times more, while the far side is so busy that the command's own output may still be on its way
CREDIT_BYTES = 3 * wire.PIECE_BYTES * wire.WINDOW_PIECES
BUFFER_BYTES = 512 * 1024
_STREAMS: dict[str, Stream] = {"o": "out", "e": "err"}


class AgentChannel:
    """ExecChannel of one command of a session, in a slot of its own."""

    def __init__(self, session: Session, number: int, slot: int, request: ExecRequest) -> None:
        self._session, self._number, self._slot, self._request = session, number, slot, request
        self._change, self._sending = threading.Condition(), threading.Lock()
        self._input, self._credit, self._nth = b"", CREDIT_BYTES, 0
        self._open, self._ending = request.stdin, False  # whether the far side still expects input; whether it ends
        self._windows = deque[int]()
        self._reader: int | None = None
        self._closed = set[str]() if not request.detach else set(_STREAMS)
        self._code: int | None = None
        self._refusal: AzdockError | None = None
        self._over = False
        self._patience = PATIENCE
        session.socket.write(wire.run(number, slot, request))

    @property
    def exit_code(self) -> int | None:
        """The command's exit code once read() gave None; None when the connection broke."""
        return self._code

    def read(self) -> tuple[Stream, bytes] | None:
        """The next output. Raises CommandNotFound or CannotInvoke in docker's words."""
        self._reader = threading.get_ident()
        while not self._over:
            try:
                frame = self._session.frame(self._number, None if self._code is None else LINGER_SECONDS)
            except TimeoutError:
                if self._patience and not self._session.is_quick():
                    self._patience -= 1
                    continue
                self._session.socket.write(wire.about("drop", self._number, self._slot))
                self._end()
                return None
            if frame is None:
                self._broken()
                return None
            if (piece := self._take(frame)) is not None:
                return piece
        return None

    def write(self, data: bytes) -> None:
        """Send input as fast as the far side takes it; blocks only while another thread reads the output."""
        if not data:
            return
        with self._change:
            if self._ending or not self._open:
                return
            self._input += data
        self._flush()
        with self._change:
            while len(self._input) > BUFFER_BYTES and self._reader not in (None, threading.get_ident()):
                if self._over or not self._open:
                    return
                self._change.wait(1.0)

    def close_input(self) -> None:
        """End of input, after what was written."""
        with self._change:
            self._ending = True
        self._flush()

    def resize(self, rows: int, cols: int) -> None:
        """Tell the far terminal its size; the command does not see that terminal."""
        self._session.socket.resize(rows, cols)

    def close(self) -> None:
        """Leave a command that runs: it gets SIGHUP. Its slot stays taken, as it may live on."""
        if not self._over:
            self._over = True
            self._session.socket.write(wire.about("hup", self._number, self._slot))
            self._session.leave(self._number)
        with self._change:
            self._change.notify_all()

    # ---- steps
    def _take(self, frame: Frame) -> tuple[Stream, bytes] | None:
        if frame.kind in _STREAMS and frame.payload:
            return _STREAMS[frame.kind], base64.b64decode(frame.payload)
        if frame.kind in _STREAMS:
            self._closed.add(frame.kind)
        elif frame.kind == "a":
            self._taken()
        elif frame.kind == "f":
            self._refused(frame.payload.decode())
        elif frame.kind == "x":
            self._code = int(frame.payload)
            self._input_over()
        if self._code is not None and self._closed == set(_STREAMS):
            self._end()
            if self._refusal is not None:
                raise self._refusal
        return None

    def _taken(self) -> None:
        """The far side has taken a window of input."""
        with self._change:
            if self._windows:
                self._credit += self._windows.popleft()
            self._change.notify_all()
        self._flush()

    def _flush(self) -> None:
        """Send what may be sent. Who reads never waits for who writes: the one that is sending takes over the rest."""
        while self._sendable() and self._sending.acquire(blocking=False):
            try:
                while (typed := self._next()) is not None:
                    self._session.socket.write(typed)
            finally:
                self._sending.release()

    def _sendable(self) -> bool:
        with self._change:
            free = self._credit > 0 and len(self._windows) < wire.WINDOWS
            return self._open and (self._ending if not self._input else free)

    def _next(self) -> bytes | None:
        with self._change:
            if not self._sendable():
                return None
            if not self._input:
                self._open = False
                return wire.about("end", self._number, self._slot)
            typed, later = wire.window(self._number, self._slot, self._input, self._nth)
            self._nth += 1
            size = len(self._input) - len(later)
            self._windows.append(size)
            self._credit -= size
            self._input = later
            return typed

    def _input_over(self) -> None:
        """The command has ended: what it did not read is dropped."""
        with self._change:
            self._input, self._ending = b"", True
            self._change.notify_all()
        self._flush()

    def _refused(self, word: str) -> None:
        """The command cannot be invoked; that is told once its streams are closed, for the session to be free then."""
        if reason := wire.refusal(word):
            self._refusal = Unsupported(reason)
        else:
            text = wire.failure(word, self._request)
            kind = CommandNotFound if "not found" in text or "no such file" in text else CannotInvoke
            self._refusal = kind(f"exec failed: unable to start container process: {text}")
        if self._request.detach:
            self._code = self._refusal.code

    def _broken(self) -> None:
        """The far side ended before the command's code came: with the container, or by somebody's hand."""
        self._over = True
        self._code = self._session.socket.exit_code or self._code
        self._session.close()

    def _end(self) -> None:
        self._over = True
        with self._change:
            self._change.notify_all()
        self._session.leave(self._number, self._slot)
