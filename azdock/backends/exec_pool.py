"""The exec connections of one azdock process: commands to one run of a container share one, as Azure allows few."""

from __future__ import annotations

import threading
from collections.abc import Callable

from azdock.azure import progress
from azdock.backends import exec_command, exec_frames
from azdock.backends.exec_session import NoAgent, Session, Socket
from azdock.docker.channels import ExecChannel, ExecRequest
from azdock.errors import Unsupported

# (job, run, command, size) -> the socket of a command that begins
Connect = Callable[[str, str, str, tuple[int, int]], Socket]
SIZE = (24, 80)


class ExecPool:
    """Sessions by job and run: one that is free is used again, a second command at the same time opens another."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._lock = threading.Lock()
        self._free: dict[tuple[str, str], list[Session]] = {}
        self._all: list[tuple[Session, tuple[str, str]]] = []
        self._lacking: dict[tuple[str, str], str] = {}

    def open(self, job: str, run: str, request: ExecRequest) -> ExecChannel:
        """Begin a command without a terminal. Raises what the connection raises, Unsupported for an image without a
        shell when the command needs one."""
        place = (job, run)
        if place not in self._lacking:
            try:
                return self._session(place).channel(request, lambda session: self._back(place, session))
            except NoAgent as lacking:
                self._lacking[place] = lacking.message
                if not exec_command.needs_shell(request):
                    progress.warn(f"{lacking.message}: stdout and stderr of the command arrive as one")
        return self._direct(place, request)

    def alive(self, job: str, run: str) -> bool:
        """Whether a connection to the run lives, or is known to be of no use."""
        with self._lock:
            return (job, run) in self._lacking or any(
                place == (job, run) and one.socket.alive for one, place in self._all
            )

    def close(self) -> None:
        """Hang up everywhere."""
        with self._lock:
            sessions, self._all, self._free = self._all, [], {}
        for session, _ in sessions:
            session.close()

    def _session(self, place: tuple[str, str]) -> Session:
        while True:
            with self._lock:
                free = self._free.get(place)
                session = free.pop() if free else None
            if session is None:
                break
            if session.usable:
                return session
            self._forget(session)
        command = exec_command.shell_string(exec_frames.boot(exec_frames.new_token()))
        session = Session(self._connect(*place, command, SIZE))
        with self._lock:
            self._all.append((session, place))
        return session

    def _back(self, place: tuple[str, str], session: Session) -> None:
        with self._lock:
            self._free.setdefault(place, []).append(session)

    def _forget(self, session: Session) -> None:
        session.close()
        with self._lock:
            self._all = [kept for kept in self._all if kept[0] is not session]

    def _direct(self, place: tuple[str, str], request: ExecRequest) -> ExecChannel:
        """The program itself on Azure's terminal."""
        from azdock.backends.exec_channel import DirectChannel

        if reason := exec_command.needs_shell(request):
            raise Unsupported(f"{reason}: {self._lacking[place]}, and azdock can do that only through a shell")
        return DirectChannel(self._connect(*place, " ".join(request.command), request.size))
