"""What azdock remembers of a container, and the states Docker knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from azdock.docker.ports import Endpoint
from azdock.docker.spec import ContainerSpec, ImageFacts

State = Literal["created", "running", "paused", "restarting", "removing", "exited", "dead"]
TERMINAL: frozenset[str] = frozenset({"exited", "dead"})

Handle = Mapping[str, str]  # opaque to everybody but the backend that made it


@dataclass(frozen=True, slots=True)
class Ident:
    """A container's id (64 hex digits) and its name (without the leading slash)."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Status:
    """The state of a container's latest run; times are aware datetimes in UTC.

    `run` names the run (an execution, a revision, an invocation); "" when it never started. `exit_known` is False when
    Azure did not tell the code and `exit_code` is the documented fallback. `reason` and `error` are Azure's own words.
    `health` is "" without checks, else starting, healthy or unhealthy; a container of which Azure waits for the first
    good check is "created" and "starting" ("unhealthy" once Azure has waited long enough): it has a process, but serves
    nothing. `serving` says that a function app answers requests, with `instances` of them (0: not told) and the
    deployment `slots` beside production, whatever became of its latest run.
    """

    state: State = "created"
    run: str = ""
    exit_code: int = 0
    exit_known: bool = True
    started_at: datetime | None = None
    finished_at: datetime | None = None
    oom_killed: bool = False
    restarts: int = 0
    reason: str = ""
    error: str = ""
    health: str = ""
    endpoints: tuple[Endpoint, ...] = ()
    serving: bool = False
    instances: int = 0
    slots: tuple[str, ...] = ()

    @property
    def alive(self) -> bool:
        """True while there is a process to run commands in."""
        return self.state == "running" or (self.state == "created" and self.health in ("starting", "unhealthy"))

    @property
    def reachable(self) -> bool:
        """True while there is something that commands and requests reach, and that can be stopped."""
        return self.alive or self.serving

    @property
    def terminal(self) -> bool:
        """True when this run has ended for good."""
        return self.state in TERMINAL

    @property
    def over(self) -> bool:
        """True for a run that has ended, also one whose program could not be invoked, which docker leaves "created"."""
        return self.terminal or (self.state == "created" and self.exit_code != 0)

    @property
    def settled(self) -> bool:
        """True when nothing of this status can change by itself, so that nobody needs to be asked again."""
        return self.over and not self.serving


@dataclass(frozen=True, slots=True)
class ContainerRecord:
    """A container that exists. `seen` is the last status azdock saw; `created` is an aware datetime in UTC."""

    ident: Ident
    spec: ContainerSpec
    created: datetime
    backend: str
    handle: Handle
    image: ImageFacts = field(default_factory=ImageFacts)
    seen: Status = field(default_factory=Status)

    @property
    def argv(self) -> tuple[str, ...]:
        """The command line the container runs, by Docker's rules for ENTRYPOINT and CMD."""
        return command_line(self.spec, self.image)


def command_line(spec: ContainerSpec, image: ImageFacts) -> tuple[str, ...]:
    """What a container of this spec runs, by Docker's rules for ENTRYPOINT and CMD."""
    entrypoint = image.entrypoint if spec.entrypoint is None else spec.entrypoint
    # Docker drops the image's CMD as soon as the user replaces ENTRYPOINT or gives arguments.
    command = spec.command or (image.command if spec.entrypoint is None else ())
    return (*entrypoint, *command)
