"""Watching one running container of an app: its probes decide whether it has started, is ready, and may live on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from azdock.emulator.approbes import LIVENESS, READINESS, SPOKEN, STARTUP, Connect, Probe, look
from azdock.emulator.clock import Clock

SHORTEST = 0.01  # seconds between two looks, whatever the pace
TELL_EVERY = 1.0  # seconds between two entries of the system log about one failing probe


@dataclass(frozen=True, slots=True)
class Subject:
    """The container that is watched. `port` is the ingress' target port now (0: none), on which the platform's own
    probes look; `pace` the share of delays and periods that really passes; `tell` writes a warning (reason, message).
    """

    name: str
    connect: Connect
    port: Callable[[], int]
    pace: Callable[[], float]
    tell: Callable[[str, str], None]
    started: Callable[[], None]
    alive: Callable[[], None]  # its liveness is proven, or nobody asked for that
    ready: Callable[[bool], None]


class Watch:
    """Runs the probes of one instance of a container. `run` returns when a probe demands that it is ended."""

    def __init__(self, clock: Clock, probes: Mapping[str, Probe], subject: Subject) -> None:
        self._clock, self._probes, self._subject = clock, probes, subject
        self._told: dict[str, float] = {}

    async def run(self) -> None:
        """Watch until the container is to be ended; forever when it never is. Cancelled when it ends by itself."""
        if not await self._start():
            self._give_up("startup")
            return
        self._subject.started()
        keeping = asyncio.create_task(self._readiness())
        try:
            await self._liveness()
        finally:
            keeping.cancel()
        self._give_up("liveness")

    def _give_up(self, kind: str) -> None:
        self._subject.tell("ProbeFailure", f"Container {self._subject.name} failed {kind} probe, will be restarted")

    async def _start(self) -> bool:
        """Whether the startup probe succeeds before its time is over. Its time is never shortened: a program that is
        slow to start must not be killed because the emulator is in a hurry."""
        probe = self._probes.get(STARTUP)
        if probe is None or self._idle(probe):
            return True
        began, failed = time.monotonic(), 0
        await self._rest(self._delay(probe))
        while True:
            if await self._look(probe):
                return True
            failed += 1
            late = time.monotonic() - began >= probe.delay + probe.period * (probe.failures - 1)
            if failed >= probe.failures and (late or self._subject.pace() >= 1):
                return False
            await self._rest(probe.period)

    async def _readiness(self) -> None:
        probe = self._probes.get(READINESS)
        if probe is None:
            self._subject.ready(True)
            return
        await self._rest(0 if self._idle(probe) else self._delay(probe))
        good = bad = 0
        ready = False
        while True:
            succeeded = await self._look(probe)
            good, bad = (good + 1, 0) if succeeded else (0, bad + 1)
            if not ready and good >= probe.successes:
                ready = True
                self._subject.ready(True)
            elif ready and bad >= probe.failures:
                ready = False
                words = f"Readiness Probe reached failure threshold {probe.failures}, changing status to Failure."
                self._subject.tell("ProbeFailed", words)
                self._subject.tell("ProbeFailed", f"Container {self._subject.name} failed readiness probe")
                self._subject.ready(False)
            await self._rest(probe.period)

    async def _liveness(self) -> None:
        """Returns when the container has failed too often."""
        probe = self._probes.get(LIVENESS)
        if probe is None:
            self._subject.alive()
            await asyncio.Event().wait()
            return
        await self._rest(probe.delay)
        bad = 0
        while bad < probe.failures:
            bad = 0 if await self._look(probe) else bad + 1
            if not bad:
                self._subject.alive()
            if bad < probe.failures:
                await self._rest(probe.period)

    async def _rest(self, seconds: float) -> None:
        await self._clock.sleep(max(seconds * self._subject.pace(), SHORTEST) if seconds else 0)

    def _delay(self, probe: Probe) -> float:
        """Seconds until the first look; the platform's own probes do not wait where the emulator is in a hurry."""
        return 0 if probe.own and self._subject.pace() < 1 else probe.delay

    def _idle(self, probe: Probe) -> bool:
        """Whether it is one of the platform's own, and there is no ingress to look after."""
        return probe.own and not self._subject.port()

    async def _look(self, probe: Probe) -> bool:
        if self._idle(probe):
            return True
        outcome = await look(replace(probe, port=self._subject.port()) if probe.own else probe, self._subject.connect)
        now = time.monotonic()
        if outcome and now - self._told.get(probe.kind, -TELL_EVERY) >= TELL_EVERY:
            self._told[probe.kind] = now
            self._subject.tell("ProbeFailed", f"Probe of {SPOKEN[probe.kind]} failed with {outcome}")
        return not outcome
