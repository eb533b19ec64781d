"""One exec connection that runs any number of commands, side by side, through the agent on its far side."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import Protocol

from azdock.backends import exec_frames as wire
from azdock.backends.exec_agent_channel import AgentChannel
from azdock.backends.exec_frames import Frame, FrameReader
from azdock.docker.channels import ExecRequest, Stream
from azdock.errors import AzdockError, CommandNotFound, Unreachable

START_SECONDS = 30.0
# An idle connection that may have died without a word is asked before it gets a command.
TRUSTED_SECONDS, ANSWER_SECONDS, QUICK_SECONDS = 5.0, 5.0, 0.2
HELD_BYTES = 8 * 1024 * 1024  # output of other commands that may wait for whoever reads it


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
        try:
            return self._ping(ANSWER_SECONDS)
        except (TimeoutError, AzdockError):
            self.socket.close()
            return False

    def is_quick(self) -> bool:
        """Whether the agent answers at once: then nothing it has to say can be on its way for long. A connection that
        has ended has nothing more to say."""
        try:
            self._ping(QUICK_SECONDS)
        except TimeoutError:
            return False
        return True

    def _ping(self, seconds: float) -> bool:
        """True once the agent has answered, False when the connection has ended. Raises TimeoutError."""
        number, _ = self._enter()
        try:
            self.socket.write(wire.line("ping", number))
            return self.frame(number, seconds) is not None
        finally:
            self.leave(number)

    def channel(self, request: ExecRequest) -> AgentChannel:
        """Begin a command."""
        number, slot = self._enter(wants_slot=True)
        return AgentChannel(self, number, slot, request)

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


def _lack(word: str) -> str:
    if word == "folder":
        return "a writable /dev/shm or /tmp, or the program mkfifo"
    return f"the program {word}"
