"""One container of an app's replica: started again whenever it ends, later and later when it keeps ending.

Source: kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle (restarts with exponential back-off: at once, 10 s,
then doubled up to 5 minutes; CrashLoopBackOff, ImagePullBackOff)
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from azdock.emulator import appfacts
from azdock.emulator.appfacts import CRASHING, MOUNTING, PULLING_BACK, ContainerFacts
from azdock.emulator.approbes import Connect, platform_probes, probes_of
from azdock.emulator.appwatch import Subject, Watch
from azdock.emulator.folders import remove_tree
from azdock.emulator.launch import (
    FAILURES,
    MOUNT_FAILURE,
    PULL_FAILURE,
    Launch,
    exit_code,
    failure,
    tell_end,
    tell_exit,
)
from azdock.emulator.logbook import Source
from azdock.emulator.runtimes.base import Container

Document = dict[str, Any]
LONGEST = 30  # back-offs are at most so many times the first
FORGIVEN = 60  # a container that ran so many first back-offs has not crashed before
STEADY = 5  # one that ran so many is not called crashing any more
PULL_BACKOFF = 10.0  # seconds; not hurried, a registry counts how often it is asked
READY, RESTING = "Running", "Waiting"


class AppContainer:
    """Runs one container of a replica until `ending` is set, an init container until it has succeeded.

    `changed` is called whenever something of its facts has changed, `grace` tells the seconds from SIGTERM until
    SIGKILL, `connect` reaches a port of the replica. In its methods, `port` tells the ingress' target port: 0 without
    one, and for a container that the platform does not probe.
    """

    def __init__(
        self,
        launch: Launch,
        one: Document,
        source: Source,
        ending: asyncio.Event,
        changed: Callable[[], None],
        grace: Callable[[], float],
        connect: Connect,
    ) -> None:
        self.name: str = one["name"]
        self.container: Container | None = None
        self.restarts = 0
        self.ready = self.started = False
        self.began_ns = 0
        self._launch, self._one, self._source = launch, one, source
        self._world = launch.world
        self._ending, self._changed, self._grace, self._connect = ending, changed, grace, connect
        self._id = ""
        self._state, self._reason, self._code = RESTING, "ContainerCreating", -1
        self._tries = self._crashes = self._pulls = 0
        self._began = 0.0
        self._probed = False  # this instance was ended by a probe
        self._unproven = False  # one was, and none has passed its probe since

    async def keep(self, scratch: Path, port: Callable[[], int]) -> None:
        """Start it, and again whenever it has ended, until the replica ends. `scratch` is its folder on disk."""
        while not self._ending.is_set():
            await self._once(scratch, port)
            if not self._ending.is_set():
                await self._back_off()

    async def initialise(self, scratch: Path) -> bool:
        """Run it, again after failures, until it succeeds; False when the replica ended before that."""
        while not self._ending.is_set():
            await self._once(scratch, None)
            if self._state == "Terminated" and self._code == 0:
                return True
            if not self._ending.is_set():
                await self._back_off()
        return False

    def await_initial(self) -> None:
        """It waits for the init containers."""
        self._reason = "PodInitializing"

    async def _once(self, scratch: Path, port: Callable[[], int] | None) -> None:
        self._tries += 1
        self._turn(RESTING, "PullingImage" if not self._id else "ContainerCreating")
        place = scratch / str(self._tries)
        try:
            container = await self._launch.start(self._one, self._source, place)
        except FAILURES as failed:
            self._failed(failed)
            return
        self.container, self._id = container, container.id
        self.began_ns, self._began = self._world.clock.now_ns(), time.monotonic()
        self._pulls = 0
        self._turn(READY)
        late = self._ending.is_set()  # the end came while the container was being made: nobody has told it
        killing = asyncio.ensure_future(self._kill(container)) if late else None
        await self._watched(container, port)
        if killing is not None:
            killing.cancel()
        await asyncio.to_thread(remove_tree, place)

    async def _watched(self, container: Container, port: Callable[[], int] | None) -> None:
        """Wait for the container's end, which its probes may bring about."""
        self._probed = False
        watching = asyncio.create_task(self._watch(container, port)) if port is not None else None
        ended = await container.wait()
        if watching is not None:
            watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watching
        self._launch.ended(self.name)
        self.container, self._code = None, exit_code(ended)
        self.ready = self.started = False
        if time.monotonic() - self._began > FORGIVEN * self._world.behaviour.crash_backoff:
            self._crashes = 0
        stopping = self._ending.is_set()
        if not stopping and (port is not None or ended.code):
            self._crashes += 1
        self._world.logbook.ended(self._source, waiting=not stopping)
        if stopping or self._probed:
            tell_end(self._world, self._source, "", "ManuallyStopped" if stopping else "ProbeFailure")
        else:
            tell_exit(self._world, self._source, ended)
        why = "OOMKilled" if ended.oom else "Error" if ended.code else "Completed"
        self._turn("Terminated", why)

    async def _watch(self, container: Container, port: Callable[[], int]) -> None:
        """Make its probes; when they fail, SIGTERM and in the end SIGKILL."""
        probes = platform_probes() | probes_of(self._one)
        subject = Subject(
            self.name, self._connect, port, lambda: self._world.behaviour.probe_pace, self._warn,
            self._has_started, self._is_alive, self._is_ready,
        )  # fmt: skip
        await Watch(self._world.clock, probes, subject).run()
        self._probed = self._unproven = True
        self._changed()
        await self._kill(container)

    async def _kill(self, container: Container) -> None:
        await container.signal(signal.SIGTERM)
        await self._world.clock.sleep(self._grace())
        await container.signal(signal.SIGKILL)

    def _warn(self, reason: str, message: str) -> None:
        self._world.logbook.event(self._source, reason, "Warning", message)

    def _has_started(self) -> None:
        self.started = True
        self._changed()

    def _is_alive(self) -> None:
        self._unproven = False

    def _is_ready(self, ready: bool) -> None:
        self.ready = ready
        self._changed()

    def _failed(self, failed: Exception) -> None:
        """It could not even be started."""
        told = failure(self._world, self._source, failed, waiting=True)
        self._code = told.code
        if told.reason == PULL_FAILURE:
            self._pulls += 1
            self._turn(RESTING, PULLING_BACK)
        elif told.reason == MOUNT_FAILURE:
            self._pulls += 1
            self._turn(RESTING, MOUNTING)
        else:
            self._crashes += 1
            self._turn("Terminated", "ContainerCannotRun")

    async def _back_off(self) -> None:
        first, times = self._world.behaviour.crash_backoff, self._crashes - 1
        if self._state == RESTING:
            first, times = max(PULL_BACKOFF, first) if self._reason == PULLING_BACK else first, self._pulls
        seconds = first * min(2 ** (times - 1), LONGEST) if times > 0 else 0
        if seconds and self._state != RESTING:
            self._turn(RESTING, CRASHING)
        await self._world.clock.wait(self._ending, seconds)
        self.restarts += self._reason not in (PULLING_BACK, MOUNTING) and not self._ending.is_set()

    def _turn(self, state: str, reason: str = "") -> None:
        self._state, self._reason = state, reason
        self._changed()

    @property
    def crashing(self) -> bool:
        """Whether it has ended again and again, or a probe has ended it, and it has not run steadily since."""
        steady = self._world.behaviour.crash_backoff * STEADY
        runs = self._state == READY and time.monotonic() - self._began > steady
        return self._unproven or (self._crashes > 1 and not runs)

    @property
    def pending(self) -> str:
        """Why it cannot be started; "" when that is not so."""
        return self._reason if self._state == RESTING and self._reason in (PULLING_BACK, MOUNTING) else ""

    def facts(self, initial: bool) -> ContainerFacts:
        """What Azure shows of it."""
        details = {
            READY: lambda: appfacts.running(self.began_ns),
            RESTING: lambda: appfacts.waiting(self._reason),
        }.get(self._state, lambda: appfacts.ended(self._reason, self._code))()
        done = initial and self._state == "Terminated" and self._code == 0
        return ContainerFacts(
            self.name, self._id, self.ready or done, self.started, self.restarts, self._state, details,
            bool(self._id), initial,
        )  # fmt: skip


def first_trouble(containers: Sequence[AppContainer]) -> tuple[str, str]:
    """The name of the first container that crashes, and why the first that cannot be started cannot."""
    crashing = next((one.name for one in containers if one.crashing), "")
    return crashing, next((one.pending for one in containers if one.pending), "")
