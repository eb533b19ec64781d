"""Drive a command in a container from the user's terminal or pipes, and leave the terminal as it was found."""

from __future__ import annotations

import os
import select
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from azdock.cli.env import Env
from azdock.docker import keys
from azdock.docker.channels import ExecChannel
from azdock.errors import AzdockError

UNKNOWN_CODE = 1


class Detached(Exception):
    """The user typed the detach keys."""


class KeyWatch:
    """Finds the detach keys in what is typed; a partial match is held back until it is decided."""

    def __init__(self, wanted: bytes) -> None:
        self._keys = wanted
        self._held = b""

    def feed(self, data: bytes) -> bytes:
        """What may be sent on. Raises Detached once the keys are complete."""
        if not self._keys:
            return data
        ready = b""
        for byte in data:
            self._held += bytes((byte,))
            while self._held and not self._keys.startswith(self._held):
                ready += self._held[:1]
                self._held = self._held[1:]
            if self._keys and self._held == self._keys:
                raise Detached
        return ready


def drive(
    env: Env,
    channel: ExecChannel,
    *,
    tty: bool,
    stdin: bool,
    detach_keys: bytes = keys.DEFAULT,
    leave: Callable[[], None] | None = None,
) -> int | None:
    """Copy input and output until the command ends; returns its exit code, or None when the user detached, which
    `leave` carries out (by closing the channel, if it is not given).

    With `tty` our terminal is raw meanwhile and its size is passed on. Raises KeyboardInterrupt without a terminal
    on the far side, as that is how docker's client ends, too.
    """
    raw = tty and stdin and env.inp.terminal
    watch = KeyWatch(detach_keys if tty else b"")
    detached = threading.Event()
    try:
        with (
            _raw(env.inp.fileno()) if raw else _nothing(),
            _resizing(env, channel) if tty else _nothing(),
            _copying(env, channel, watch, detached, leave or channel.close) if stdin else _nothing(),
        ):
            _print(env, channel)
    finally:
        channel.close()
    if detached.is_set():
        env.err.line("read escape sequence")
        return None
    if channel.exit_code is None:
        raise AzdockError("the connection ended before Azure told the command's exit code", code=UNKNOWN_CODE)
    return channel.exit_code


def _print(env: Env, channel: ExecChannel) -> None:
    while (got := channel.read()) is not None:
        stream, data = got
        (env.out if stream == "out" else env.err).write(data)


@contextmanager
def _copying(
    env: Env, channel: ExecChannel, watch: KeyWatch, detached: threading.Event, leave: Callable[[], None]
) -> Iterator[None]:
    """A thread copies our input to the command; it is woken up through a pipe when the command has ended."""
    wake_read, wake_write = os.pipe()

    def copy() -> None:
        while True:
            readable, _, _ = select.select([env.inp.fileno(), wake_read], [], [])
            if wake_read in readable:
                return
            data = env.inp.read()
            if not data:
                channel.close_input()
                return
            try:
                channel.write(watch.feed(data))
            except Detached:
                detached.set()
                leave()
                return

    thread = threading.Thread(target=copy, name="azdock-stdin", daemon=True)
    thread.start()
    try:
        yield
    finally:
        os.write(wake_write, b"x")
        thread.join(2)
        os.close(wake_write)
        os.close(wake_read)


@contextmanager
def _raw(descriptor: int) -> Iterator[None]:
    """The terminal in raw mode; restored on every way out."""
    import termios
    import tty

    before = termios.tcgetattr(descriptor)
    try:
        tty.setraw(descriptor, termios.TCSANOW)
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


@contextmanager
def _resizing(env: Env, channel: ExecChannel) -> Iterator[None]:
    """Tell the far terminal our size now and whenever it changes."""
    if not env.out.terminal:
        yield
        return

    def tell(_number: int = 0, _frame: FrameType | None = None) -> None:
        channel.resize(*env.out.size)

    with _handling(signal.SIGWINCH, tell):
        tell()
        yield


@contextmanager
def _handling(number: signal.Signals, handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(number, handler)
    try:
        yield
    finally:
        signal.signal(number, before)


@contextmanager
def _nothing() -> Iterator[None]:
    yield
