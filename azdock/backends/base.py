"""What every backend promises, the gaps it declares, and the registry of backends by name."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, Protocol, cast, runtime_checkable

from azdock.docker.channels import DETACHED, Attachment, ExecChannel, ExecRequest, LogQuery, LogReader
from azdock.docker.record import ContainerRecord, Handle, Status
from azdock.docker.spec import ContainerSpec, ImageFacts
from azdock.settings import Settings

if TYPE_CHECKING:
    from azdock.docker.explanation import Explanation
    from azdock.docker.network import Network
    from azdock.docker.usage import Usage
    from azdock.docker.volume import Volume

NO_FACTS = ImageFacts()


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

    def notices(self, spec: ContainerSpec, image: ImageFacts = NO_FACTS) -> list[str]:
        """Sentences for stderr about what is rounded or replaced (CPU and memory pairs), or left out of the image."""

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

        One that has checks or ports runs when it is ready. One that Azure cannot get there is "created" with an
        `error`: no such image, a check that fails, a port that nothing listens on. A program that could not be invoked
        gives state "created" with exit_code 126 or 127 and Azure's text in `error`.
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

    def replicas(self, record: ContainerRecord) -> Sequence[str]:
        """The names of the replicas that run now; () for a container that never has more than one."""

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


class VolumeItem(Protocol):
    """A file or folder of a volume: `path` from the volume's root ("" is the root), `modified` in Unix nanoseconds."""

    @property
    def path(self) -> str: ...
    @property
    def folder(self) -> bool: ...
    @property
    def size(self) -> int: ...
    @property
    def modified(self) -> int: ...


class VolumeFiles(Protocol):
    """The files of one volume, reached without a container; every method may be called from several threads."""

    def stat(self, path: str) -> VolumeItem | None:
        """What is at a path; None for nothing."""

    def entries(self, path: str) -> Sequence[VolumeItem]:
        """What is in a folder, by name."""

    def walk(self, path: str) -> Iterator[VolumeItem]:
        """Everything below a folder, a folder before what is in it."""

    def make_folder(self, path: str) -> None:
        """Make a folder whose parent exists; one that is there already is no error."""

    def write(self, path: str, source: BinaryIO, size: int, modified: int) -> None:
        """Make or replace a file by the next `size` bytes of `source`."""

    def read(self, path: str) -> Iterator[bytes]:
        """The content of a file, piece by piece."""

    def close(self) -> None:
        """Drop the connections."""


class VolumeStore(Protocol):
    """What exists on Azure as volumes. Every method raises AzdockError subclasses only."""

    def all(self) -> list[Volume]:
        """Every volume, by name."""

    def get(self, name: str) -> Volume:
        """One volume. Raises NotFound in docker's words."""

    def create(self, volume: Volume) -> Volume:
        """Make a volume; with its mountpoint then."""

    def link(self, volume: Volume, network: str, *, read_only: bool, again: bool = False) -> None:
        """Let the containers of a network ("" for the context's own) mount a volume; `again` writes anew what is there
        already, as after a change of keys."""

    def remove(self, volume: Volume) -> None:
        """Delete a volume with its files; one that is gone is no error."""

    def files(self, volume: Volume) -> VolumeFiles:
        """The way to a volume's files. Raises Unsupported for a volume that only containers can reach."""

    def close(self) -> None:
        """Drop the connections."""


class NetworkStore(Protocol):
    """What exists on Azure as networks. Every method raises AzdockError subclasses only."""

    def all(self) -> list[Network]:
        """Every network, the context's own first."""

    def create(self, network: Network) -> Network:
        """Make a network; takes minutes on Azure. Raises QuotaExceeded and the like."""

    def remove(self, network: Network) -> None:
        """Delete a network; one that is gone is no error."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of backend: `module` has a `connect(settings: Settings) -> Backend` function. `stays_up` says that Azure
    runs a container of this kind that ends again; `by_request` that each run is a request, several of which may go on
    side by side."""

    module: str
    stays_up: bool = False
    by_request: bool = False


BACKENDS: Mapping[str, Kind] = {
    "job": Kind("azdock.backends.aca_job"),
    "app": Kind("azdock.backends.aca_app", stays_up=True),
    "function": Kind("azdock.backends.function", by_request=True),
}


def connect(name: str, settings: Settings) -> Backend:
    """The backend called `name` for the context in `settings`; its module is imported only now."""
    module = importlib.import_module(BACKENDS[name].module)
    return cast(Backend, module.connect(settings))


def connect_images(settings: Settings) -> ImageStore:
    """The image store of the context. Raises Unsupported when the context is not the embedded Azure."""
    module = importlib.import_module("azdock.backends.embedded_images")
    return cast(ImageStore, module.connect(settings))


def connect_volumes(settings: Settings) -> VolumeStore:
    """The volumes of the context."""
    module = importlib.import_module("azdock.backends.volumes")
    return cast(VolumeStore, module.connect(settings))


def connect_networks(settings: Settings) -> NetworkStore:
    """The networks of the context."""
    module = importlib.import_module("azdock.backends.networks")
    return cast(NetworkStore, module.connect(settings))


def names() -> Sequence[str]:
    """The registered backends, in the order in which they are asked."""
    return tuple(BACKENDS)
