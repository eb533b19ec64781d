"""The signals of an attached azdock go to the container, whose answer is in its output and its exit code."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from types import FrameType

from azdock.cli.env import Env
from azdock.cli.main import describe
from azdock.docker.record import ContainerRecord
from azdock.errors import AzdockError, Exited, NotFound, NotRunning

FORWARDED = tuple(getattr(signal, f"SIG{name}") for name in ("HUP", "INT", "QUIT", "USR1", "USR2", "ALRM", "TERM"))
ENDING = (signal.SIGINT, signal.SIGTERM)
# docker's client, too, gives up waiting at the third
PATIENCE = 3


@contextmanager
def forwarding(env: Env, record: ContainerRecord) -> Iterator[None]:
    """While this lasts, signals are the container's. Only the main thread may take signals: elsewhere nothing is done.

    Raises AzdockError at the third SIGINT or SIGTERM, as docker does, and Exited (128+n) when the container cannot be
    made to end; the container is left alone then.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    forwarder = Forwarder(env.twin(), record.ident.id)
    before = {number: signal.signal(number, forwarder.take) for number in FORWARDED}
    try:
        yield
    except KeyboardInterrupt:
        if forwarder.helpless:
            raise Exited(128 + forwarder.helpless) from None
        raise AzdockError(f"\ngot {PATIENCE} SIGTERM/SIGINTs, forcefully exiting", code=1) from None
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Forwarder:
    """Sends signals to a container one after another, in a thread with connections of its own."""

    def __init__(self, env: Env, id: str) -> None:
        self._env, self._id = env, id
        self._taken: SimpleQueue[int] = SimpleQueue()
        self._asked_to_end = 0
        self._thread: threading.Thread | None = None
        self.helpless = 0  # the signal that should have ended the container and could not

    def take(self, number: int, _frame: FrameType | None) -> None:
        """The handler of a signal. Raises KeyboardInterrupt when there is nothing left to wait for."""
        self._asked_to_end += number in ENDING
        if self.helpless or (number in ENDING and self._asked_to_end >= PATIENCE):
            raise KeyboardInterrupt
        self._taken.put(number)
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="azdock-signals", daemon=True)
            self._thread.start()

    def _work(self) -> None:
        while True:
            number = signal.Signals(self._taken.get())
            try:
                self._send(number)
            except AzdockError as failed:
                self._env.err.line(describe(failed))
                if number in ENDING:
                    self.helpless = number
                    # The main thread may be waiting for output that will never come; a signal wakes it.
                    signal.pthread_kill(threading.main_thread().ident or 0, number)
                    return

    def _send(self, number: signal.Signals) -> None:
        """An image may lack the shell that delivers signals: Azure's stop is the next best thing to INT and TERM."""
        lifecycle = self._env.lifecycle()
        try:
            lifecycle.kill(self._id, number.name)
        except NotFound:
            return
        except AzdockError as failed:
            if number in ENDING:
                lifecycle.stop(self._id, None)  # no error for a container that has ended
            elif not isinstance(failed, NotRunning):
                raise
