"""A real shell on a real terminal, standing where the exec socket stands: what Azure has on the far side, here."""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import threading
import time
from pathlib import Path
from queue import Queue

from azdock.docker.channels import Stream

SHELLS = ("busybox", "dash", "bash")


def folder_of(shell: str, where: Path) -> Path | None:
    """A folder whose `sh` is that shell (with busybox, whose every program is busybox); None when it is not here."""
    program = shutil.which(shell)
    if program is None:
        return None
    where.mkdir()
    words = ["sh"]
    if shell == "busybox":
        words = subprocess.run([program, "--list"], capture_output=True, text=True, check=True).stdout.split()
    for word in words:
        (where / word).symlink_to(program)
    return where


class ExecTerminal:
    """`sh -c script` on a pseudo-terminal, read and typed as through exec."""

    def __init__(self, script: str, environ: dict[str, str]) -> None:
        self._typed: Queue[bytes | None] = Queue()  # a network between here and there takes much at once
        self.hung_up = False
        self._code: int | None = None
        self.pid, self.master = os.forkpty()
        if self.pid == 0:
            for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
                signal.signal(number, signal.SIG_DFL)
            try:
                os.chdir("/")
                os.execvpe("sh", ["sh", "-c", script], environ)
            finally:
                os._exit(127)

        self._typist = threading.Thread(target=self._type, name="typist", daemon=True)
        self._typist.start()

    def _type(self) -> None:
        while (data := self._typed.get()) is not None:
            try:
                while data:
                    data = data[os.write(self.master, data) :]
            except OSError:
                return  # hung up

    @property
    def alive(self) -> bool:
        """Whether the shell still runs."""
        return not self.hung_up and self._code is None

    @property
    def exit_code(self) -> int | None:
        """The shell's code once it has ended."""
        return self._code

    def read(self, timeout: float | None = None) -> tuple[Stream, bytes] | None:
        """The terminal's output; None when the shell has ended."""
        if self.hung_up:
            return None
        readable, _, _ = select.select([self.master], [], [], 20 if timeout is None else timeout)
        if not readable:
            raise TimeoutError if timeout is not None else AssertionError("the far side is silent")
        try:
            data = os.read(self.master, 65536)
        except OSError:
            data = b""
        if data:
            return "out", data
        self._reap()
        return None

    def write(self, data: bytes) -> None:
        """Type."""
        self._typed.put(data)

    def resize(self, rows: int, cols: int) -> None:
        """Nothing looks at it."""

    def close(self) -> None:
        """Hang up."""
        if not self.hung_up:
            self.hung_up = True
            self._typed.put(None)
            os.close(self.master)
            self._reap()

    def _reap(self) -> None:
        end = time.monotonic() + 5
        while self._code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._code = os.waitstatus_to_exitcode(status) % 256
            elif time.monotonic() > end:
                os.kill(self.pid, signal.SIGKILL)
            else:
                time.sleep(0.005)
