"""What only some backends can do, beyond Backend: the services ask whether one can before anything is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from azdock.docker.channels import LogReader
from azdock.docker.record import ContainerRecord
from azdock.docker.spec import EMPTY, ContainerSpec


@runtime_checkable
class Answers(Protocol):
    """Its runs answer whoever began them, apart from what is printed into the log."""

    def answer(self, record: ContainerRecord) -> LogReader:
        """What the run `record.seen.run`, which this process began with Attachment.output, answers; it ends with the
        run, and Ending.exit_code is the run's."""


@runtime_checkable
class Prices(Protocol):
    """Creating a container may create something that costs money by the hour."""

    def price(self, spec: ContainerSpec) -> str:
        """What would be created and its price class in one sentence; "" when nothing new would be."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A deployment slot of a function app beside production; `address` is "https://name"."""

    name: str
    state: str  # Azure's word: Running, Stopped
    image: str
    address: str


@runtime_checkable
class Slotted(Protocol):
    """Deployment slots. Methods raise Unsupported where the plan has none, NotFound for a slot that is not there."""

    def slots(self, record: ContainerRecord) -> Sequence[Slot]:
        """The slots beside production, by name."""

    def deploy(self, record: ContainerRecord, slot: str, spec: ContainerSpec) -> None:
        """Make the slot what `spec` says; it is created when it is not there."""

    def swap(self, record: ContainerRecord, slot: str) -> None:
        """Exchange a slot with production; waits for the end of it."""

    def remove_slot(self, record: ContainerRecord, slot: str) -> None:
        """Delete a slot."""


@dataclass(frozen=True, slots=True)
class Trigger:
    """What makes one function run. `kind` is Azure's word (httpTrigger, timerTrigger, queueTrigger, serviceBusTrigger,
    eventGridTrigger, ...), `source` in a few words what it listens to (a route, a schedule, a queue), `settings` the
    binding's own texts (schedule, queueName, connection, ...)."""

    function: str
    kind: str
    source: str
    disabled: bool = False
    settings: Mapping[str, str] = field(default_factory=lambda: EMPTY)


@dataclass(frozen=True, slots=True)
class TriggerWish:
    """A trigger to be set: `kind` as in Trigger; `source` a schedule, a queue's name, or the ARM id of an event source;
    `connection` the account or namespace that holds the queue, "" for what the app has."""

    function: str
    kind: str
    source: str
    connection: str = ""


@runtime_checkable
class Triggered(Protocol):
    """Triggers of a function app. Methods raise Unsupported for what only the image can say."""

    def triggers(self, record: ContainerRecord) -> Sequence[Trigger]:
        """The triggers of every function of the app, by function."""

    def add_trigger(self, record: ContainerRecord, wish: TriggerWish) -> None:
        """Let a function of the image be triggered: enable it, set what its binding leaves open, subscribe."""

    def remove_trigger(self, record: ContainerRecord, function: str) -> None:
        """Let a function be triggered no more: disable it, or take its event subscription away."""
