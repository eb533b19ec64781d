"""What every backend promises, the gaps it declares, and the registry of backends by name."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, cast

from azdock.docker.channels import ExecChannel, ExecRequest, LogLine, LogQuery
from azdock.docker.record import ContainerRecord, Handle, Status
from azdock.docker.spec import ContainerSpec, ImageFacts
from azdock.settings import Settings


@dataclass(frozen=True, slots=True)
class Gap:
    """A flag this backend cannot honour: refused before anything is created, or accepted with one warning."""

    flag: str  # long name without dashes
    action: Literal["refuse", "warn"]
    reason: str  # one clause, no full stop: "Container Apps Jobs have no ports"
    alternative: str = ""  # one clause: "use --backend app"


@dataclass(frozen=True, slots=True)
class Image:
    """One image of the embedded store; `tags` are full references, `size` is bytes, `created` Unix seconds."""

    id: str
    tags: tuple[str, ...]
    size: int
    created: float
    digests: tuple[str, ...] = ()
    labels: Mapping[str, str] | None = None


class Backend(Protocol):
    """Docker's life cycle on one kind of Azure resource. Every method raises AzdockError subclasses only."""

    name: str

    def gaps(self, spec: ContainerSpec) -> list[Gap]:
        """The flags of `spec.asked` this backend cannot honour, and wishes that only their values make impossible."""

    def notices(self, spec: ContainerSpec) -> list[str]:
        """Sentences for stderr about what is rounded or replaced (CPU and memory pairs)."""

    def image(self, reference: str, pull: str) -> ImageFacts:
        """Facts of an image; `pull` is docker's policy (always, missing, never).

        Raises NoSuchImage when Azure would refuse it. An image that only a registry with other credentials can
        describe gives ImageFacts() with an empty id.
        """

    def create(self, record: ContainerRecord) -> Handle:
        """Create the Azure resource for a record whose handle is empty; returns its handle."""

    def start(self, record: ContainerRecord) -> Status:
        """Begin a new run; returns once Azure has accepted it, with `run` set."""

    def started(self, record: ContainerRecord) -> Status:
        """Block until the container of the run `record.seen.run` runs, or its run has ended; returns that status.

        A program that could not be invoked gives state "created" with exit_code 126 or 127 and Azure's text in `error`.
        """

    def stop(self, record: ContainerRecord, grace: float | None) -> Status:
        """End the current run politely and return its final status. `grace` is seconds, None the platform's own."""

    def kill(self, record: ContainerRecord, signal: str) -> None:
        """Send a signal (as typed: KILL, SIGTERM, 9). Raises Unsupported for one that cannot be delivered."""

    def remove(self, record: ContainerRecord) -> None:
        """Delete the Azure resource; one that is already gone is no error."""

    def rename(self, record: ContainerRecord, name: str) -> None:
        """Write the new name onto the resource."""

    def inventory(self, known: Mapping[str, Status]) -> list[ContainerRecord]:
        """Every container azdock owns here, with a fresh `seen`: one list call plus one call per container that is
        not known to be terminal, in parallel. `known` maps container id to the last status seen."""

    def status(self, record: ContainerRecord) -> Status:
        """Ask Azure for the current status. Raises NotFound when the resource is gone."""

    def wait(self, record: ContainerRecord, run: str) -> Status:
        """Block until `run` has ended for good; returns its final status."""

    def logs(self, record: ContainerRecord, query: LogQuery) -> Iterator[LogLine]:
        """The lines asked for, in time order; with `follow` it ends when the run has ended."""

    def exec(self, record: ContainerRecord, request: ExecRequest) -> ExecChannel:
        """Run a command in the running container."""

    def raw(self, record: ContainerRecord) -> dict[str, Any]:
        """Azure's own JSON of the resource, secrets removed."""


class ImageStore(Protocol):
    """The store behind `images`, `load` and `rmi`; only the embedded Azure has one."""

    def images(self) -> list[Image]:
        """Every image in the store, newest first."""

    def load(self, path: str) -> list[str]:
        """Import a `docker save` archive or OCI layout from a file; returns the references loaded."""

    def remove(self, reference: str, force: bool) -> list[tuple[str, str]]:
        """Untag or delete; returns ("Untagged"|"Deleted", text) pairs. Raises NoSuchImage, Conflict."""


# name -> module with a `connect(settings: Settings) -> Backend` function
BACKENDS: Mapping[str, str] = {"job": "azdock.backends.aca_job"}


def connect(name: str, settings: Settings) -> Backend:
    """The backend called `name` for the context in `settings`; its module is imported only now."""
    module = importlib.import_module(BACKENDS[name])
    return cast(Backend, module.connect(settings))


def connect_images(settings: Settings) -> ImageStore:
    """The image store of the context. Raises Unsupported when the context is not the embedded Azure."""
    module = importlib.import_module("azdock.backends.embedded_images")
    return cast(ImageStore, module.connect(settings))


def names() -> Sequence[str]:
    """The registered backends, in the order in which they are asked."""
    return tuple(BACKENDS)
