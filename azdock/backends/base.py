"""What every backend promises, the gaps it declares, and the registry of backends by name."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol, cast, runtime_checkable

from azdock.docker.channels import DETACHED, Attachment, ExecChannel, ExecRequest, LogQuery, LogReader
from azdock.docker.record import ContainerRecord, Handle, Status
from azdock.docker.spec import ContainerSpec, ImageFacts
from azdock.settings import Settings

if TYPE_CHECKING:
    from azdock.docker.explanation import Explanation
    from azdock.docker.usage import Usage


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

    def needs(self, spec: ContainerSpec, image: ImageFacts) -> list[Gap]:
        """Further gaps, which show only once the image's facts are known."""

    def notices(self, spec: ContainerSpec) -> list[str]:
        """Sentences for stderr about what is rounded or replaced (CPU and memory pairs)."""

    def image(self, reference: str, pull: str) -> ImageFacts:
        """Facts of an image; `pull` is docker's policy (always, missing, never).

        Raises NoSuchImage when Azure would refuse it. An image that only a registry with other credentials can
        describe gives ImageFacts() with an empty id.
        """

    def create(self, record: ContainerRecord) -> Handle:
        """Create the Azure resource for a record whose handle is empty; returns its handle."""

    def start(self, record: ContainerRecord, attachment: Attachment = DETACHED) -> Status:
        """Begin a new run; returns once Azure has accepted it, with `run` set.

        Whoever attaches to its stdin opens stdin().
        """

    def unwrapped(self, record: ContainerRecord) -> Handle | None:
        """The handle of a resource made anew without azdock's wrapping of the command, when the run `record.seen` could
        not be invoked only because of that wrapping; None otherwise."""

    def session(self, record: ContainerRecord, size: tuple[int, int]) -> ExecChannel:
        """Run the command of a `spec.session` container in the container that waits for it, with a terminal of `size`
        (rows, columns) if spec.tty, with our input if spec.stdin_open. The container's run ends with it. Raises
        Conflict when its session is under way or over, Unsupported on a backend without sessions."""

    def update(self, record: ContainerRecord, spec: ContainerSpec) -> Status:
        """Write what differs in `spec` (resources, restart, env, image, scale) onto the resource; the status as it is
        then, with a new `run` where the change replaces the container."""

    def stdin(self, record: ContainerRecord) -> ExecChannel:
        """A channel into the standard input of the run's command. Raises AzdockError when there is no way."""

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

    def logs(self, record: ContainerRecord, query: LogQuery) -> LogReader:
        """The lines asked for, in time order; with `follow` it ends when the run has ended."""

    def trace(self, query: str) -> ContainerRecord | None:
        """A container that exists no more, by its name or the beginning of its id, as long as lines of it are kept:
        good for logs() only. None without any."""

    def exec(self, record: ContainerRecord, request: ExecRequest) -> ExecChannel:
        """Run a command in the running container."""

    def raw(self, record: ContainerRecord) -> dict[str, Any]:
        """Azure's own JSON of the resource, secrets removed."""


@runtime_checkable
class Connected(Protocol):
    """An ability beside Backend: it keeps connections for exec()."""

    def connected(self, record: ContainerRecord) -> bool:
        """Whether a connection into the record's run lives, over which a command can be run at once."""

    def close(self) -> None:
        """Drop the connections."""


class Measures(Protocol):
    """An ability beside Backend: what Azure itself measures of a container."""

    def granted(self, record: ContainerRecord) -> int:
        """The bytes of memory that the container was given."""

    def usage(self, record: ContainerRecord) -> Usage:
        """The newest values Azure has of the run `record.seen.run`, with their age; what it has not is None."""


class Explains(Protocol):
    """An ability beside Backend: why a container is as it is."""

    def explain(self, record: ContainerRecord) -> Explanation:
        """The cause, the evidence that Azure gives, and what to do next."""

    def first_line(self, record: ContainerRecord, status: Status) -> str:
        """The cause of a failed run in one sentence, from `status` alone: Azure is not asked. "" when the program
        failed by itself, or did not fail."""


class ImageStore(Protocol):
    """The store behind `images`, `load` and `rmi`; only the embedded Azure has one."""

    def images(self) -> list[Image]:
        """Every image in the store, newest first."""

    def load(self, path: str) -> list[str]:
        """Import a `docker save` archive or OCI layout from a file; returns the references loaded."""

    def remove(self, reference: str, force: bool) -> list[tuple[str, str]]:
        """Untag or delete; returns ("Untagged"|"Deleted", text) pairs. Raises NoSuchImage, Conflict."""


# name -> module with a `connect(settings: Settings) -> Backend` function
BACKENDS: Mapping[str, str] = {"job": "azdock.backends.aca_job", "app": "azdock.backends.aca_app"}


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
