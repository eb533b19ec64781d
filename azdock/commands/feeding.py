"""Our standard input for a run: carried along when it is small and ends at once, else streamed while the run lasts."""

from __future__ import annotations

import os
import select
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from azdock.cli.env import Env
from azdock.cli.main import describe
from azdock.cli.streams import In
from azdock.docker.channels import NO_INPUT, ExecChannel
from azdock.docker.record import ContainerRecord
from azdock.errors import AzdockError

# What travels with the start of a run. A word of a Linux command line has 128 KiB (linux/binfmts.h, MAX_ARG_STRLEN).
CARRIED = 48 * 1024
# A script's input is there at once; whoever types, or computes, is not waited for.
PATIENCE = 0.25
END_SECONDS = 5.0


class Feed:
    """Standard input, read ahead."""

    def __init__(self, inp: In) -> None:
        self._inp = inp
        self._ahead = b""

    def whole(self) -> bytes | None:
        """All of the input when it is small and ends now; None otherwise, and then nothing of it is lost."""
        if self._inp.terminal:
            return None
        deadline = time.monotonic() + PATIENCE
        while len(self._ahead) <= CARRIED:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self._inp.fileno()], [], [], left)[0]:
                return None
            piece = self._inp.read()
            if not piece:
                return self._ahead
            self._ahead += piece
        return None

    def pieces(self, wake: int) -> Iterator[bytes]:
        """The input from its beginning, piece by piece; ends early when the descriptor `wake` can be read."""
        if self._ahead:
            yield self._ahead
            self._ahead = b""
        while wake not in (ready := select.select([self._inp.fileno(), wake], [], [])[0]):
            piece = self._inp.read() if ready else b""
            if not piece:
                return
            yield piece


@contextmanager
def feeding(env: Env, record: ContainerRecord, feed: Feed) -> Iterator[None]:
    """While this lasts, a thread passes `feed` on to the run. Raises what kept it from doing so, after the run."""
    feeder = _Feeder(env.twin(), record, feed)
    feeder.start()
    try:
        yield
    finally:
        feeder.stop()
    if feeder.failed is not None:
        raise feeder.failed


class _Feeder:
    def __init__(self, env: Env, record: ContainerRecord, feed: Feed) -> None:
        self._env, self._record, self._feed = env, record, feed
        self._wake_read, self._wake_write = os.pipe()
        self._thread = threading.Thread(target=self._work, name="azdock-stdin", daemon=True)
        self._over = threading.Event()
        self.failed: AzdockError | None = None

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """The run has ended: what it has not read by now, nobody reads."""
        self._over.set()
        os.write(self._wake_write, b"x")
        self._thread.join(2)
        if not self._thread.is_alive():
            os.close(self._wake_read)
            os.close(self._wake_write)

    def _work(self) -> None:
        try:
            self._copy(self._env.lifecycle().stdin(self._record))
        except AzdockError as failed:
            # A run that ends takes the connection along, a moment before its end is known here.
            if not self._over.wait(END_SECONDS):
                self._give_up(failed)

    def _copy(self, channel: ExecChannel) -> None:
        end = _End(channel)
        try:
            for piece in self._feed.pieces(self._wake_read):
                channel.write(piece)
            if not self._over.is_set():
                channel.close_input()
                end.join()
        finally:
            channel.close()
        if end.failed is not None:
            raise end.failed
        if channel.exit_code == NO_INPUT:
            raise AzdockError(end.text)

    def _give_up(self, failed: AzdockError) -> None:
        """Without input the run would wait for ever."""
        failed.code = 125
        self.failed = failed
        try:
            self._env.lifecycle().stop(self._record.ident.id, None)
        except AzdockError as also:
            self._env.err.line(describe(also))


class _End(threading.Thread):
    """Reads what a channel into standard input has to say, until it ends."""

    def __init__(self, channel: ExecChannel) -> None:
        super().__init__(name="azdock-stdin-end", daemon=True)
        self._channel, self._said = channel, b""
        self.failed: AzdockError | None = None
        self.start()

    @property
    def text(self) -> str:
        """What was said, as one sentence."""
        return self._said.decode(errors="replace").strip().removeprefix("azdock: ")

    def run(self) -> None:
        try:
            while (got := self._channel.read()) is not None:
                self._said += got[1]
        except AzdockError as failed:
            self.failed = failed
