"""One line that says what a slow operation is at, gone when it is done."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.spinner import Spinner

_ERASE = "\r\x1b[2K"
_PERIOD = 0.2  # seconds between two drawings


class Progress:
    """A line with the current step and the seconds since the beginning; without a terminal nothing is written.

    `write` gets pieces of text with control sequences. Nothing is drawn before `patience` seconds have passed, so that
    a quick operation does not flicker; `columns` is the width that the line must not exceed.
    """

    def __init__(
        self,
        write: Callable[[str], None],
        terminal: bool,
        *,
        columns: int = 80,
        patience: float = 0.5,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._write = write
        self._terminal = terminal
        self._columns = columns
        self._patience = patience
        self._clock = clock
        self._step = ""
        self._spinner: Spinner | None = None
        self._begun = 0.0
        self._drawn = False
        self._lock = threading.Lock()
        self._done = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Progress:
        self._begun = self._clock()
        if self._terminal:
            self._thread = threading.Thread(target=self._redraw, name="progress", daemon=True)
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        if self._thread is not None:
            self._thread.join()
        self.clear()

    def step(self, text: str) -> None:
        """What is being done now, without a full stop."""
        with self._lock:
            self._step = text
        self.draw()

    def draw(self) -> None:
        """Write the line as it is at this moment, if it is time to show one."""
        with self._lock:
            elapsed = self._clock() - self._begun
            if not self._terminal or not self._step or elapsed < self._patience or self._done.is_set():
                return
            seconds = f" ({elapsed:.0f}s)"
            self._write(f"{_ERASE}{self._frame(elapsed, self._columns - 1 - len(seconds))}{seconds}")
            self._drawn = True

    def _frame(self, elapsed: float, room: int) -> str:
        """The spinner and the step, at most `room` cells wide (wide characters take two)."""
        from rich.spinner import Spinner  # 40 ms that only a slow operation pays
        from rich.text import Text

        if self._spinner is None:
            self._spinner = Spinner("dots")
        self._spinner.update(text=Text(self._step))
        frame = self._spinner.render(elapsed)
        assert isinstance(frame, Text)
        frame.truncate(room, overflow="ellipsis")
        return frame.plain

    def clear(self) -> None:
        """Take the line away, as before other output; it comes back with the next drawing."""
        with self._lock:
            if self._drawn:
                self._write(_ERASE)
                self._drawn = False

    def _redraw(self) -> None:
        while not self._done.wait(_PERIOD):
            self.draw()
