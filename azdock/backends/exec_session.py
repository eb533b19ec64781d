"""One exec connection that runs any number of commands, side by side, through the agent on its far side."""

from __future__ import annotations

import base64
import threading
import time
from collections import deque
from typing import Protocol

from azdock.backends import exec_frames as wire
from azdock.backends.exec_frames import Frame, FrameReader
from azdock.docker.channels import ExecRequest, Stream
from azdock.errors import AzdockError, CannotInvoke, CommandNotFound, Unreachable, Unsupported

START_SECONDS = 30.0
# docker waits as long for output that a program left in the background keeps open
LINGER_SECONDS = 2.0
# An idle connection that may have died without a word is asked before it gets a command.
TRUSTED_SECONDS, ANSWER_SECONDS = 5.0, 5.0
CREDIT_BYTES = 3 * wire.PIECE_BYTES * wire.WINDOW_PIECES
BUFFER_BYTES = 512 * 1024
HELD_BYTES = 8 * 1024 * 1024  # output of other commands that may wait for whoever reads it
_STREAMS: dict[str, Stream] = {"o": "out", "e": "err"}


class Socket(Protocol):
    """What a session needs of the exec socket."""

    def read(self, timeout: float | None = None) -> tuple[Stream, bytes] | None:
        """The next output; None at the end. Raises TimeoutError after `timeout` seconds without any."""

    def write(self, data: bytes) -> None:
        """Type."""

    def resize(self, rows: int, cols: int) -> None:
        """Set the far terminal's size."""

    def close(self) -> None:
        """Hang up."""

    @property
    def exit_code(self) -> int | None:
        """The far shell's exit code once it has ended."""

    @property
    def alive(self) -> bool:
        """False once the connection is known to have ended."""


class NoAgent(AzdockError):
    """The container has no shell, or the shell lacks a program that the agent needs."""


class Session:
    """A living agent. `channel()` begins a command, whatever others are under way."""

    def __init__(self, socket: Socket) -> None:
        """Start the agent on a fresh connection. Raises NoAgent, or what the connection raises."""
        self.socket = socket
        self._frames = FrameReader()
        self._number = 0
        self._used = time.monotonic()
        self._turn = threading.Condition()
        self._waiting: dict[int, deque[Frame]] = {0: deque()}  # frames that came, by command
        self._held = 0  # bytes of them
        self._reading = False  # whether a thread is reading from the socket
        self._ended = False
        self._failure: AzdockError | None = None  # what ended it
        self._slots: list[int] = []  # free again
        self._slot_count = 0
        try:
            self._start()
        except BaseException:
            socket.close()
            raise

    def _start(self) -> None:
        try:
            first = self.frame(0, START_SECONDS)
            if first is not None and first.kind == wire.BOOTED:
                self.socket.write(wire.agent())
                first = self.frame(0, START_SECONDS)
        except CommandNotFound as none:
            raise NoAgent("the image has no shell") from none
        except TimeoutError as silent:
            raise Unreachable("the container's shell does not answer through exec") from silent
        if first is None:
            said = self._frames.rest().decode(errors="replace").strip().splitlines()
            raise NoAgent(f"the image's shell cannot run azdock's agent: {said[-1] if said else 'it ended'}")
        if first.payload != b"ready":
            raise NoAgent(f"the image lacks {_lack(first.payload.decode(errors='replace'))}")

    @property
    def usable(self) -> bool:
        """Whether the next command may be given to it; a connection that was idle for a while is asked."""
        if not self.socket.alive:
            return False
        if time.monotonic() - self._used < TRUSTED_SECONDS:
            return True
        number, _ = self._enter()
        try:
            self.socket.write(wire.line("ping", number))
            return self.frame(number, ANSWER_SECONDS) is not None
        except (TimeoutError, AzdockError):
            self.socket.close()
            return False
        finally:
            self.leave(number)

    def channel(self, request: ExecRequest) -> SessionChannel:
        """Begin a command."""
        number, slot = self._enter(wants_slot=True)
        return SessionChannel(self, number, slot, request)

    def frame(self, number: int, timeout: float | None = None) -> Frame | None:
        """The next frame about a command; None when the far side has ended. One of the threads that wait reads for all.
        Raises TimeoutError, or what the connection raises."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            with self._turn:
                found = self._next(number, deadline)
                if found is not None or self._ended:
                    if found is None and self._failure is not None:
                        raise self._failure
                    return found
                self._reading = True
            self._read(None if deadline is None else max(deadline - time.monotonic(), 0.0))

    def leave(self, number: int, slot: int | None = None) -> None:
        """Nobody waits for this command any more; its slot, if it is given, is free."""
        with self._turn:
            self._held -= sum(len(frame.payload) for frame in self._waiting.pop(number, ()))
            if slot is not None:
                self._slots.append(slot)
            self._turn.notify_all()

    # ---- steps
    def _enter(self, *, wants_slot: bool = False) -> tuple[int, int]:
        with self._turn:
            self._number += 1
            self._waiting[self._number] = deque()
            if not wants_slot:
                return self._number, -1
            if not self._slots:
                self._slots.append(self._slot_count)
                self._slot_count += 1
            return self._number, self._slots.pop()

    def _next(self, number: int, deadline: float | None) -> Frame | None:
        """A frame that has come; None when it is for the caller to read. Raises TimeoutError."""
        while True:
            if queue := self._waiting.get(number):
                self._used = time.monotonic()
                frame = queue.popleft()
                self._held -= len(frame.payload)
                self._turn.notify_all()
                return frame
            if self._ended or not (self._reading or self._held > HELD_BYTES):
                return None
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                raise TimeoutError
            self._turn.wait(left)

    def _read(self, timeout: float | None) -> None:
        """Read once and hand out what has come."""
        got: tuple[Stream, bytes] | None = None
        failure: AzdockError | None = None
        late = False
        try:
            got = self.socket.read(timeout)
        except TimeoutError:
            late = True
        except AzdockError as failed:
            failure = failed
        with self._turn:
            self._reading = False
            if got is not None:
                for frame in self._frames.feed(got[1]):
                    if (queue := self._waiting.get(frame.number)) is not None:
                        queue.append(frame)
                        self._held += len(frame.payload)
            elif not late:
                self._ended, self._failure = True, failure
            self._turn.notify_all()
        if late:
            raise TimeoutError

    def close(self) -> None:
        """Hang up; a command that runs gets SIGHUP."""
        self.socket.close()


class SessionChannel:
    """ExecChannel of one command of a session."""

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
            return self._open and (self._ending if not self._input else self._credit > 0)

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


def _lack(word: str) -> str:
    if word == "folder":
        return "a writable /dev/shm or /tmp, or the program mkfifo"
    return f"the program {word}"
