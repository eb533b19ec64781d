"""What the emulator's services share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from azdock.emulator.apprunner import AppRunner
    from azdock.emulator.auth import Auth
    from azdock.emulator.clock import Clock
    from azdock.emulator.functionsexport import Requests
    from azdock.emulator.ingress import Ingress
    from azdock.emulator.jobrunner import JobRun
    from azdock.emulator.logbook import Logbook
    from azdock.emulator.metrics import Metrics
    from azdock.emulator.operations import Operation
    from azdock.emulator.runtimes.base import Container, Runtime
    from azdock.emulator.store import Store

# learn.microsoft.com has no such ids: they are the emulator's own, fixed so that scripts can rely on them
SUBSCRIPTION = "00000000-0000-0000-0000-00000000a2d0"
TENANT = "00000000-0000-0000-0000-000000000001"
WORKSPACE = "00000000-0000-0000-0000-0000000010a5"
RESOURCE_GROUP = "azdock"
ENVIRONMENT = "azdock-env"
LOCATION = "westeurope"


@dataclass(slots=True)
class Behaviour:
    """How slow and how nasty this Azure is. Times are seconds. Changed through the control route while running."""

    provisioning: float = 0.0  # PUT, PATCH, DELETE of a resource until it has succeeded
    environment_provisioning: float = 0.0
    replica_delay: float = 0.0  # start until the replica is listed
    container_delay: float = 0.0  # replica listed until its container runs and has endpoints
    replica_linger: float = 5.0  # end of the run until the replica is no longer listed
    grace: float = 3.0  # SIGTERM until SIGKILL when an execution is stopped; an app has a share of its own
    crash_backoff: float = 0.2  # first wait between two restarts of a container that crashes; doubles up to 30 times
    deploy_deadline: float = 3.0  # a revision that is not ready by then has failed, though it may still become ready
    probe_pace: float = 0.05  # share of the delays and periods of probes that really passes
    scale_pace: float = 0.02  # the same for the cooldown and the polling interval of scaling
    drain: float = 0.3  # a replica gets no new requests until SIGTERM
    log_delay: float = 0.0  # a line is written until Log Analytics shows it
    log_loss: float = 0.0  # share of lines Log Analytics never shows, 0..1
    log_shuffle: bool = False  # rows of one millisecond come in any order, as nobody promises another
    log_table_delay: float = 0.0  # first line until the table exists (SEM0100 before)
    log_destination: str = ""  # where the default environment sends logs: log-analytics, azure-monitor, none; "": as is
    keep_alive: float = 60.0  # silence until the log stream says so
    stream_close_after: int = 4  # keep-alives in a row until the server ends the stream
    stream_cut: float = 0.0  # end every log stream after so many seconds; 0: never
    stream_break: int = 0  # drop the connection of a log stream in the middle of its n-th record; 0: never
    full_tag: bool = True  # "F " in front of log stream payload
    exec_limit: int = 0  # exec connections per container and window until 429; 0: no limit
    exec_window: float = 60.0
    exec_retry_after: int = 600
    exec_idle: float = 0.0  # drop an exec connection when its client sends nothing for so long; 0: never
    ingress_timeout: float = 240.0  # seconds a request through the ingress may take
    metric_sample: float = 5.0  # between two looks at what the processes use
    metric_delay: float = 0.0  # a look until Azure Monitor shows it
    throttle: int = 0  # answer the next n ARM calls with 429
    throttle_retry_after: float = 1.0
    fail_operations: int = 0  # let the next n long-running operations end in Failed
    fail_code: str = "ContainerAppOperationError"
    page_size: int = 0  # items per page of a list; 0: all


REALISTIC = {
    "provisioning": 6.0,
    "environment_provisioning": 180.0,
    "replica_delay": 2.0,
    "container_delay": 3.0,
    "replica_linger": 15.0,
    "grace": 30.0,
    "crash_backoff": 10.0,
    "deploy_deadline": 600.0,
    "probe_pace": 1.0,
    "scale_pace": 1.0,
    "drain": 5.0,
    "log_delay": 120.0,
    "log_table_delay": 300.0,
    "exec_limit": 10,
    "metric_sample": 15.0,
    "metric_delay": 60.0,
}
# Replicas gone at once, streams that end all the time, and logs that come late: what a dependable client copes with.
NASTY = {"replica_linger": 0.0, "stream_cut": 2.0, "log_delay": 60.0}
MANNERS: dict[str, dict[str, float]] = {"fast": {}, "realistic": REALISTIC, "nasty": NASTY}


@dataclass(slots=True)
class Streams:
    """A replica's running container as exec and logstream find it, by replica name then container name."""

    containers: dict[str, dict[str, Container]] = field(default_factory=dict)


def _metrics() -> Metrics:
    from azdock.emulator.metrics import Metrics

    return Metrics()


@dataclass(slots=True)
class World:
    """One per emulator process; handed to every service's `routes(world)`."""

    home: Path  # ~/.azdock/emulator
    store: Store
    clock: Clock
    auth: Auth
    runtime: Runtime
    logbook: Logbook
    behaviour: Behaviour
    running: Streams = field(default_factory=Streams)
    runs: dict[str, JobRun] = field(default_factory=dict)  # executions under way, by name
    apps: dict[str, AppRunner] = field(default_factory=dict)  # by lower-case id; those that were asked to run
    exporters: dict[str, Requests] = field(default_factory=dict)  # telemetry of function hosts, by container id
    operations: dict[str, Operation] = field(default_factory=dict)  # long-running operations, by name
    metrics: Metrics = field(default_factory=_metrics)
    sizes: dict[str, int] = field(default_factory=dict)  # bytes of images by id
    counters: Counter[str] = field(default_factory=Counter)  # requests by kind, see app.py
    stop: Callable[[], None] = lambda: None  # ends the server; set by it
    facts: dict[str, Any] = field(default_factory=dict)  # what `emulator status` tells
    ingress: Ingress = field(init=False)

    def __post_init__(self) -> None:
        from azdock.emulator.ingress import Ingress

        self.ingress = Ingress(self)
