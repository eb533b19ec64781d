"""The flags of run and create, and what docker's client makes of them before it talks to an engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from azdock.cli.flags import UNSET, flag
from azdock.commands import checks
from azdock.docker.spec import EMPTY


@dataclass(frozen=True, eq=False, repr=False)  # a hundred fields: slots and comparison would cost 8 ms
class CreateFlags:
    """Every flag of `docker create`, and azdock's own: --backend, --health-via, --liveness-probe, --method, --plan,
    --readiness-probe, --route, --scale, --shim, --startup-probe, --timeout, --workload-profile, --yes."""

    add_host: tuple[str, ...] = flag("list", "Add a name and address to /etc/hosts (NAME:IP)", check=checks.add_host)
    annotation: tuple[str, ...] = flag("map", "Add an annotation for the OCI runtime")
    attach: tuple[str, ...] = flag("list", "Show STDIN, STDOUT or STDERR of the container", "a", check=checks.attach)
    backend: str = flag("string", "Kind of Azure resource that runs the container (job, app, function)")
    blkio_weight: int | None = flag("uint16", "Share of block I/O, 10 to 1000", shows="0")
    blkio_weight_device: tuple[str, ...] = flag("list", "Share of block I/O of a device", check=checks.device_rate)
    cap_add: tuple[str, ...] = flag("list", "Add a Linux capability")
    cap_drop: tuple[str, ...] = flag("list", "Drop a Linux capability")
    cgroup_parent: str = flag("string", "Parent cgroup of the container")
    cgroupns: str = flag("string", "Cgroup namespace: host or private")
    cidfile: str = flag("string", "Write the container's ID to a file")
    cpu_count: int | None = flag("int", "CPU count (Windows)", hidden=True)
    cpu_percent: int | None = flag("int", "CPU percent (Windows)", hidden=True)
    cpu_period: int | None = flag("int", "Period of the CFS scheduler, microseconds")
    cpu_quota: int | None = flag("int", "Quota of the CFS scheduler, microseconds")
    cpu_rt_period: int | None = flag("int", "Real-time period, microseconds")
    cpu_rt_runtime: int | None = flag("int", "Real-time runtime, microseconds")
    cpu_shares: int | None = flag("int", "Relative weight of the CPU", "c")
    cpus: int | None = flag("decimal", "Number of CPUs")
    cpuset_cpus: str = flag("string", "CPUs the container may use (0-3, 0,1)")
    cpuset_mems: str = flag("string", "Memory nodes the container may use (0-3, 0,1)")
    device: tuple[str, ...] = flag("list", "Give the container a device of the host")
    device_cgroup_rule: tuple[str, ...] = flag("list", "Add a rule to the allowed devices")
    device_read_bps: tuple[str, ...] = flag("list", "Limit reading from a device, bytes/s", check=checks.device_rate)
    device_read_iops: tuple[str, ...] = flag("list", "Limit reading from a device, I/O per s", check=checks.device_rate)
    device_write_bps: tuple[str, ...] = flag("list", "Limit writing to a device, bytes/s", check=checks.device_rate)
    device_write_iops: tuple[str, ...] = flag("list", "Limit writing to a device, I/O per s", check=checks.device_rate)
    disable_content_trust: bool = flag("bool", "Skip the check of image signatures", default=True)
    dns: tuple[str, ...] = flag("list", "Set DNS servers", check=checks.ip_address)
    dns_opt: tuple[str, ...] = flag("list", "Set DNS options", hidden=True)
    dns_option: tuple[str, ...] = flag("list", "Set DNS options")
    dns_search: tuple[str, ...] = flag("list", "Set DNS search domains")
    domainname: str = flag("string", "NIS domain name of the container")
    entrypoint: str | None = flag("string", "Replace the image's ENTRYPOINT", default=UNSET)
    env: tuple[str, ...] = flag(
        "list", "Set an environment variable (NAME=VALUE, or NAME to pass ours on)", "e", check=checks.env
    )
    env_file: tuple[str, ...] = flag("list", "Read environment variables from a file")
    expose: tuple[str, ...] = flag("list", "Say that a port or range listens")
    gpus: tuple[str, ...] = flag("gpu-request", "Give the container GPUs")
    group_add: tuple[str, ...] = flag("list", "Add a group to join")
    health_cmd: str = flag("string", "Command that checks the container's health")
    health_interval: float | None = flag("duration", "Time between two health checks", shows="0s")
    health_retries: int | None = flag("int", "Failures in a row that mean unhealthy")
    health_start_interval: float | None = flag("duration", "Time between two checks during the start", shows="0s")
    health_start_period: float | None = flag("duration", "Time the container may take to start", shows="0s")
    health_timeout: float | None = flag("duration", "Time one health check may take", shows="0s")
    health_via: str = flag(
        "string", "Who checks: Azure by a probe, or azdock by exec whenever it looks (probe, exec)", check=checks.via,
        shows="probe",
    )  # fmt: skip
    help: bool = flag("bool", "Print usage")
    hostname: str = flag("string", "Host name of the container", "h")
    init: bool = flag("bool", "Run an init that forwards signals and reaps processes")
    interactive: bool = flag("bool", "Keep STDIN open even if not attached", "i")
    io_maxbandwidth: int | None = flag("bytes", "I/O bandwidth (Windows)", hidden=True)
    io_maxiops: int | None = flag("uint", "I/O operations (Windows)", hidden=True)
    ip: str = flag("string", "IPv4 address of the container")
    ip6: str = flag("string", "IPv6 address of the container")
    ipc: str = flag("string", "IPC mode")
    isolation: str = flag("string", "Isolation technology")
    kernel_memory: int | None = flag("bytes", "Kernel memory limit")
    label: tuple[str, ...] = flag("list", "Set a label (NAME=VALUE)", "l", check=checks.label)
    label_file: tuple[str, ...] = flag("list", "Read labels from a file")
    link: tuple[str, ...] = flag("list", "Link to another container", check=checks.link)
    link_local_ip: tuple[str, ...] = flag("list", "Link-local addresses of the container")
    liveness_probe: str = flag(
        "string", "Check whose failure restarts the container (as --readiness-probe)", check=checks.probe
    )
    log_driver: str = flag("string", "Log driver of the container")
    log_opt: tuple[str, ...] = flag("list", "Options of the log driver")
    mac_address: str = flag("string", "MAC address of the container")
    memory: int | None = flag("bytes", "Memory limit (512m, 1g)", "m")
    memory_reservation: int | None = flag("bytes", "Soft memory limit")
    memory_swap: int | None = flag("bytes", "Limit of memory and swap together; -1 for no limit", check=checks.swap)
    memory_swappiness: int = flag("int", "Tendency to swap, 0 to 100", default=-1)
    method: str = flag("string", "HTTP method of a function's invocations", check=checks.method)
    mount: tuple[Any, ...] = flag("mount", "Attach a file system", check=checks.mount)
    name: str = flag("string", "Name of the container")
    net: tuple[str, ...] = flag("network", "Connect to a network", hidden=True)
    net_alias: tuple[str, ...] = flag("list", "Name of the container in its network", hidden=True)
    network: tuple[str, ...] = flag("network", "Connect to a network")
    network_alias: tuple[str, ...] = flag("list", "Name of the container in its network")
    no_healthcheck: bool = flag("bool", "Ignore the image's HEALTHCHECK")
    oom_kill_disable: bool = flag("bool", "Do not kill processes when memory is used up")
    oom_score_adj: int | None = flag("int", "Preference for killing when memory is used up")
    pid: str = flag("string", "PID namespace")
    pids_limit: int | None = flag("int", "Limit of processes; -1 for none")
    plan: str = flag("string", "App Service plan of a function: a size (EP1, B1, ...), or the name of one that exists")
    platform: str = flag("string", "Platform of the image")
    privileged: bool = flag("bool", "Give all capabilities and devices of the host")
    publish: tuple[str, ...] = flag("list", "Publish a port (HOST:CONTAINER, /tcp or /http2 behind it)", "p")
    publish_all: bool = flag("bool", "Publish all exposed ports", "P")
    pull: str = flag("string", 'Pull the image first ("always", "missing", "never")', default="missing")
    quiet: bool = flag("bool", "Show no pull progress", "q")
    readiness_probe: str = flag(
        "string", "Check before the container gets requests (http:PORT/PATH or tcp:PORT, then ,period=S,failures=N)",
        check=checks.probe,
    )  # fmt: skip
    read_only: bool = flag("bool", "Mount the container's root file system read-only")
    restart: str = flag("string", "What to do when the container ends", default="no")
    rm: bool = flag("bool", "Remove the container when it has ended")
    route: str = flag("string", "Path that a function's invocations ask for (api/NAME)", check=checks.route)
    runtime: str = flag("string", "OCI runtime")
    scale: tuple[int, int] | None = flag(
        "string", "Replicas of a container that stays up (N, or LEAST..MOST)", default=UNSET, check=checks.scale
    )
    security_opt: tuple[str, ...] = flag("list", "Security options")
    shim: str = flag(
        "string", "Wrap the command so that stderr, end and exit code are told from the log (auto, never, always)",
        check=checks.shim, shows="auto",
    )  # fmt: skip
    shm_size: int | None = flag("bytes", "Size of /dev/shm")
    startup_probe: str = flag("string", "Check that ends the start (as --readiness-probe)", check=checks.probe)
    stop_signal: str = flag("string", "Signal that stops the container")
    stop_timeout: int | None = flag("int", "Seconds to wait before the container is killed")
    storage_opt: tuple[str, ...] = flag("list", "Storage driver options")
    sysctl: tuple[str, ...] = flag("map", "Kernel parameters of the container")
    timeout: float | None = flag(
        "duration", "Time a run may take on Azure (90, 30m, 2h)", check=checks.seconds, shows="30m"
    )
    tmpfs: tuple[str, ...] = flag("list", "Mount an empty folder that ends with the run")
    tty: bool = flag("bool", "Give the container a terminal", "t")
    ulimit: tuple[str, ...] = flag("ulimit", "Ulimits of the container", check=checks.ulimit, shows="[]")
    use_api_socket: bool = flag("bool", "Give the container the engine's socket")
    user: str = flag("string", "User (and group) to run as (NAME|UID[:GROUP|GID])", "u")
    userns: str = flag("string", "User namespace")
    uts: str = flag("string", "UTS namespace")
    volume: tuple[str, ...] = flag("list", "Mount a volume (NAME:/path), or a snapshot of a folder (./dir:/path)", "v")
    volume_driver: str = flag("string", "Driver of volumes without one (local, nfs)")
    volumes_from: tuple[str, ...] = flag("list", "Mount the volumes of another container")
    workdir: str = flag("string", "Working directory in the container", "w")
    workload_profile: str = flag("string", "Workload profile of the environment to run in")
    yes: bool = flag("bool", "Do not ask before something is created that costs money by the hour")
    given: Mapping[str, str] = field(default_factory=lambda: EMPTY)


@dataclass(frozen=True, eq=False, repr=False)  # a hundred fields: slots and comparison would cost 8 ms
class RunFlags(CreateFlags):
    """The flags of `docker run`: those of create, and the ones about being attached."""

    data: str | None = flag("string", "Body of a function's invocation (@FILE: a file, -: our input)", default=UNSET)
    detach: bool = flag("bool", "Run in the background and print the container's ID", "d")
    detach_keys: str = flag("string", "Keys that detach from the container")
    header: tuple[tuple[str, str], ...] = flag(
        "list", "Header of a function's invocation (NAME: VALUE)", check=checks.header
    )
    sync_back: bool = flag("bool", "Bring mounted local folders home as the run has left them")
    sig_proxy: bool = flag("bool", "Pass signals on to the container", default=True)
    wait: str = flag(
        "string", "What a run in the background waits for (running, healthy, none)", default="running",
        check=checks.until,
    )  # fmt: skip
