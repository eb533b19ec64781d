"""The detach keys of somebody who only watches: typed on a terminal, they end the watching and nothing else."""

from __future__ import annotations

import os
import select
import signal
import termios
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from azdock.cli.env import Env
from azdock.cli.terminal import Detached, KeyWatch

# Wakes the main thread out of a blocking read; nothing else uses it here.
WAKE = signal.SIGURG


@contextmanager
def leaving(env: Env, keys: bytes) -> Iterator[None]:
    """While this lasts, `keys` raise Detached in the main thread. The terminal shows nothing of what is typed; Ctrl-C
    and its like still are signals."""
    if not (keys and env.inp.terminal) or threading.current_thread() is not threading.main_thread():
        yield
        return
    descriptor = env.inp.fileno()
    before = termios.tcgetattr(descriptor)
    handler = signal.signal(WAKE, _leave)
    read, write = os.pipe()
    thread = threading.Thread(target=_watch, args=(env, KeyWatch(keys), read), name="azdock-keys", daemon=True)
    try:
        quiet = list(before)
        quiet[0] &= ~termios.IXON  # else ctrl-q would be the terminal's own
        quiet[3] &= ~(termios.ICANON | termios.ECHO | termios.IEXTEN)
        termios.tcsetattr(descriptor, termios.TCSANOW, quiet)
        thread.start()
        yield
    finally:
        os.write(write, b"x")
        thread.join(2)
        signal.signal(WAKE, handler)
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
        os.close(write)
        os.close(read)


def _leave(_number: int, _frame: FrameType | None) -> None:
    raise Detached


def _watch(env: Env, watch: KeyWatch, wake: int) -> None:
    while True:
        ready, _, _ = select.select([env.inp.fileno(), wake], [], [])
        if wake in ready or not (typed := env.inp.read()):
            return
        try:
            watch.feed(typed)
        except Detached:
            signal.pthread_kill(threading.main_thread().ident or 0, WAKE)
            return
