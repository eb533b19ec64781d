"""Where a function app runs: on Container Apps, or on a plan of its own. Both behind one protocol."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from azdock.backends.base import Gap
from azdock.docker.channels import ExecChannel, ExecRequest, LogQuery, LogReader
from azdock.docker.record import ContainerRecord, Handle, Status
from azdock.docker.spec import EMPTY, ContainerSpec

if TYPE_CHECKING:
    from azdock.docker.explanation import Explanation
    from azdock.docker.usage import Usage

Json = dict[str, Any]
HOSTING = "hosting"  # key of a handle: ACA or PLAN
ACA, PLAN = "aca", "plan"
APP = "app"  # the same: the name of the container app, or of the site
RUN = "run"  # the same, of an app that starts with its creation: its first run
# The front end of a plan, and the ingress of an environment, answer after so many seconds whatever the function does.
# SOURCE: azure-docs, azure-functions/functions-scale.md (time-outs); container-apps/ingress-overview.md
FRONT_END_SECONDS = {PLAN: 230.0, ACA: 240.0}


@dataclass(frozen=True, slots=True)
class Function:
    """One function of an app, as the host in the image tells: `trigger` is its trigger binding's type (httpTrigger,
    timerTrigger, ...), `settings` that binding's own texts. Of an HTTP function `route` is the whole path without a
    leading slash ("api/echo"), `methods` are lower case (() is any), `auth` is anonymous, function or admin."""

    name: str
    trigger: str
    route: str = ""
    methods: tuple[str, ...] = ()
    auth: str = ""
    settings: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    disabled: bool = False


@dataclass(frozen=True, slots=True)
class Hosted:
    """A function app as Azure shows it just now. `address` is its public "https://name" ("" for none), `trouble` in
    Azure's words why it cannot serve; `instances` 0 is "not told"."""

    stopped: bool
    tags: Mapping[str, str]
    address: str = ""
    trouble: str = ""
    instances: int = 0
    slots: tuple[str, ...] = ()


class Hosting(Protocol):
    """One way to host function apps. Every method raises AzdockError subclasses only; `slot` "" is production."""

    name: str  # ACA or PLAN

    # ---- life cycle
    def gaps(self, spec: ContainerSpec) -> list[Gap]:
        """What this hosting cannot honour beyond what no function app can."""

    def create(self, record: ContainerRecord) -> Handle:
        """Make the app: serving if spec.at_once, else stopped. Nothing is left behind by a failure."""

    def all(self) -> list[Json]:
        """Every app of azdock's in the group, as Azure's JSON."""

    def get(self, record: ContainerRecord) -> Json:
        """The record's app. Raises NotFound."""

    def record_of(self, app: Json) -> ContainerRecord:
        """The record of an app of azdock's, without a status. Raises KeyError or ValueError for damaged tags."""

    def hosted(self, app: Json) -> Hosted:
        """How the app is. Asks for its instances or replicas when it is not stopped."""

    def turn_on(self, record: ContainerRecord) -> None:
        """Start a stopped app."""

    def turn_off(self, record: ContainerRecord, grace: float | None) -> None:
        """Stop the app: its next request is refused, and what is in flight has `grace` seconds (None: Azure's own)."""

    def restart(self, record: ContainerRecord) -> None:
        """Replace the app's processes: what is in flight is lost."""

    def remove(self, record: ContainerRecord) -> None:
        """Delete the app and what azdock made for it alone; one that is gone is no error."""

    def tag(self, record: ContainerRecord, tags: Mapping[str, str]) -> None:
        """Set tags on the app; other tags stay. A tag whose value is "" is emptied."""

    def update(self, record: ContainerRecord, spec: ContainerSpec) -> None:
        """Write what differs in `spec` onto the app."""

    def settings(self, record: ContainerRecord, changes: Mapping[str, str | None]) -> None:
        """Set app settings (environment variables); None takes one away. The app restarts."""

    # ---- requests
    def url(self, record: ContainerRecord, slot: str = "") -> str:
        """Where requests go: "https://name", or, in the embedded Azure, the address on this machine."""

    def functions(self, record: ContainerRecord, slot: str = "") -> list[Function] | None:
        """The functions of the app; None when nothing in the image answers for a Functions host."""

    def key(self, record: ContainerRecord, function: str, auth: str, slot: str = "") -> str:
        """A key that lets requests to a function in ("" for any; auth "admin" needs the master key). Never stored,
        never printed. Raises AzdockError when the app has no keys."""

    # ---- insight
    def logs(self, record: ContainerRecord, query: LogQuery) -> LogReader:
        """What the app prints; with `follow` until it is stopped or removed."""

    def exec(self, record: ContainerRecord, request: ExecRequest) -> ExecChannel:
        """A command in the app's container. Raises Unsupported where the hosting has no way in."""

    def replicas(self, record: ContainerRecord) -> list[str]:
        """The names of the instances that run now; [] for an app that never has more than one."""

    def granted(self, record: ContainerRecord) -> int:
        """Bytes of memory of one instance."""

    def usage(self, record: ContainerRecord) -> Usage:
        """The newest values Azure has, with their age."""

    def explain(self, record: ContainerRecord, status: Status) -> Explanation:
        """Why the app is as it is."""

    def close(self) -> None:
        """Drop the connections."""
