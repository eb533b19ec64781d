"""What the user sees while Azure makes azdock wait: one line on a terminal, gone as soon as work goes on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from azdock.cli.streams import Out

# Waits closer together than this are one to the user: the seconds shown go on.
APART = 2.0


class Waits:
    """Shows waits on `err`, which may come from several threads at once. Nothing is written unless it is a terminal."""

    def __init__(self, err: Out, clock: Callable[[], float] = time.monotonic) -> None:
        self._err, self._clock = err, clock
        self._lock = threading.Lock()
        self._under_way = 0
        self._since = self._over = float("-inf")

    @contextmanager
    def show(self, reason: str, _seconds: float) -> Iterator[None]:
        """Around a wait. The line tells the reason and the seconds since the first of a row of waits began."""
        if not self._err.terminal:
            yield
            return
        from azdock.output.progress import Progress

        with Progress(self._write, True, columns=self._err.size[1], clock=self._elapsed_clock()) as line:
            line.step(reason)
            try:
                yield
            finally:
                self._end()

    def _elapsed_clock(self) -> Callable[[], float]:
        """A clock whose first reading is the beginning of this row of waits."""
        with self._lock:
            now = self._clock()
            if not self._under_way and now - self._over > APART:
                self._since = now
            self._under_way += 1
            readings = iter((self._since,))
        return lambda: next(readings, self._clock())

    def _end(self) -> None:
        with self._lock:
            self._under_way -= 1
            self._over = self._clock()

    def _write(self, text: str) -> None:
        self._err.write(text.encode())
