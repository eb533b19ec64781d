"""What Container Apps Jobs cannot honour of `docker run`, as data.

SOURCE: azure-rest-api-specs, Microsoft.App/ContainerApps stable/2026-07-01: the fields that a job's container has, and
the many that it does not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from azdock.backends import network_gaps
from azdock.backends.base import Gap
from azdock.docker.spec import ContainerSpec

SUPPORTED: frozenset[str] = frozenset(
    (
        "backend",
        "cidfile",
        "cpus",
        "detach",
        "detach-keys",
        "disable-content-trust",
        "entrypoint",
        "env",
        "env-file",
        "help",
        "init",
        "interactive",
        "label",
        "label-file",
        "memory",
        "name",
        "no-healthcheck",
        "pull",
        "quiet",
        "rm",
        "shim",
        "mount",
        "sig-proxy",
        "sync-back",
        "timeout",
        "tmpfs",
        "volume",
        "volume-driver",
        "wait",
        "workdir",
        "workload-profile",
        "yes",
    )
)

_NO_FIELD = "Azure Container Apps have no such setting"
_NO_NETWORK = "Azure gives the containers of an environment their addresses and names"
_NO_CGROUP = "Azure decides how CPU and I/O are shared"
_NO_TERMINAL = "a job's command has no terminal"
_NO_SHARING = "a volume on Azure belongs to no container"
_NO_PORT = "Container Apps Jobs have no ports"
_NO_PROBE = "Container Apps Jobs have no health checks"
_WINDOWS = "it exists for Windows containers only"
_APP = "a job's container does not stay up"
_USE_APP = "use --backend app"


WITHOUT = "leave it away, or run what needs it with docker itself"
# What to do instead, where the reason is shared by several flags.
ALTERNATIVES: Mapping[str, str] = {
    "add-host": "reach other containers by their names: --network NAME",
    "link": "containers of one --network reach one another by name",
    "network-alias": "the container's own name is its name in the network: --name NAME",
    "net-alias": "the container's own name is its name in the network: --name NAME",
    "hostname": "other containers reach it by --name NAME",
    "privileged": "use a virtual machine, or docker itself",
    "read-only": "mount what may be written with --tmpfs or -v, and run as an ordinary user (USER in the image)",
    "cap-add": "run what needs it on docker",
    "cap-drop": "set USER in the image to an ordinary user",
    "device": "use --workload-profile with a GPU profile for GPUs",
    "shm-size": "mount --tmpfs and let the program use that",
    "ulimit": "set it in the image: sh -c 'ulimit -n N && exec COMMAND'",
    "sysctl": "set it in the program",
    "security-opt": "set USER in the image to an ordinary user",
}


def _refuse(reason: str, names: str, alternative: str = "") -> dict[str, Gap]:
    return {name: Gap(name, "refuse", reason, ALTERNATIVES.get(name, alternative or WITHOUT)) for name in names.split()}


def _warn(reason: str, names: str) -> dict[str, Gap]:
    return {name: Gap(name, "warn", reason) for name in names.split()}


GAPS: Mapping[str, Gap] = {
    **_refuse(_NO_PORT, "publish publish-all", _USE_APP),
    **_refuse(_NO_SHARING, "volumes-from", "name the volumes: -v NAME:/path"),
    **_refuse("Azure Container Apps take the user from the image", "user", "set USER in the image"),
    **_refuse("Azure gives every replica its own host name", "hostname domainname"),
    **_refuse(
        _NO_NETWORK,
        "add-host dns dns-opt dns-option dns-search ip ip6 link link-local-ip mac-address net-alias network-alias",
    ),
    **_refuse(
        "Azure Container Apps allow no change of a container's privileges",
        "cap-add cap-drop device device-cgroup-rule group-add privileged read-only security-opt userns use-api-socket",
    ),
    **_refuse(
        _NO_FIELD,
        "cgroup-parent cgroupns ipc kernel-memory oom-kill-disable oom-score-adj pid pids-limit runtime shm-size "
        "storage-opt sysctl ulimit uts",
    ),
    **_refuse(
        "CPU is limited with --cpus only",
        "cpu-period cpu-quota cpu-rt-period cpu-rt-runtime cpuset-cpus cpuset-mems",
        "use --cpus",
    ),
    **_refuse(_NO_CGROUP, "device-read-bps device-read-iops device-write-bps device-write-iops"),
    **_refuse(
        _NO_PROBE,
        "health-cmd health-interval health-retries health-start-interval health-start-period health-timeout health-via "
        "liveness-probe readiness-probe startup-probe",
        _USE_APP,
    ),
    **_refuse("only a function is asked by requests", "data header method route", "use --backend function"),
    **_refuse("only a function runs on a plan", "plan", "use --backend function, or --workload-profile"),
    **_refuse("a job runs one container at a time", "scale", _USE_APP),
    **_refuse("GPUs come with a workload profile", "gpus", "use --workload-profile with a GPU profile"),
    **_refuse(_WINDOWS, "cpu-count cpu-percent io-maxbandwidth io-maxiops"),
    **_refuse("Azure sends SIGTERM", "stop-signal", "handle SIGTERM in the image"),
    **_warn("annotations reach no runtime on Azure", "annotation"),
    **_warn(_NO_CGROUP, "blkio-weight blkio-weight-device cpu-shares"),
    **_warn("containers of one environment reach no port of a job", "expose"),
    **_warn("logs go where the environment sends them", "log-driver log-opt"),
    **_warn("Azure reserves all the memory of the limit", "memory-reservation"),
    **_warn("Azure Container Apps have no swap", "memory-swap memory-swappiness"),
    **_warn("a job's container has 30 seconds to end", "stop-timeout"),
}


def _restart(spec: ContainerSpec) -> Gap | None:
    if spec.restart.name in ("always", "unless-stopped"):
        return Gap("restart", "refuse", _APP, f"{_USE_APP}, or --restart on-failure:N")
    if spec.restart.name == "on-failure" and spec.restart.maximum_retry_count == 0:
        return Gap("restart", "refuse", "a job's retries are counted", f"{_USE_APP}, or --restart on-failure:N")
    return None


def _tty(spec: ContainerSpec) -> Gap | None:
    if spec.session:
        return Gap("tty", "refuse", _NO_TERMINAL, f"{_USE_APP}, or start it with -d and use `azdock exec -it`")
    return Gap("tty", "warn", "nobody is on the other side of a terminal in the background")


def _platform(spec: ContainerSpec) -> Gap | None:
    if spec.asked["platform"] in ("", "linux", "linux/amd64"):
        return None
    return Gap("platform", "refuse", "Azure Container Apps run linux/amd64 only")


def _isolation(spec: ContainerSpec) -> Gap | None:
    if spec.asked["isolation"] in ("", "default"):
        return None
    return Gap("isolation", "refuse", _WINDOWS)


def _attach(spec: ContainerSpec) -> Gap | None:
    if "stdin" in spec.attach and not spec.stdin_open:
        return Gap("attach", "refuse", "the standard input of a container without -i is closed", "give -i, too")
    return None


BY_VALUE: Mapping[str, Callable[[ContainerSpec], Gap | None]] = {
    "attach": _attach,
    "isolation": _isolation,
    "net": network_gaps.gap,
    "network": network_gaps.gap,
    "platform": _platform,
    "restart": _restart,
    "tty": _tty,
}
_OFF = frozenset({"false", "0", "f", "F", "FALSE", "False"})
_SWITCHES = frozenset(
    {"init", "interactive", "oom-kill-disable", "privileged", "publish-all", "read-only", "tty", "use-api-socket"}
)


def gaps(spec: ContainerSpec) -> list[Gap]:
    """The gaps of a spec, refusals first; a switch that was turned off is none."""
    return sorted(judged(spec, GAPS, BY_VALUE, SUPPORTED), key=lambda gap: gap.action != "refuse")


def judged(
    spec: ContainerSpec,
    table: Mapping[str, Gap],
    by_value: Mapping[str, Callable[[ContainerSpec], Gap | None]],
    supported: frozenset[str],
) -> list[Gap]:
    """The gaps of a spec by a backend's tables: a flag that no table knows is one, too."""
    found = []
    for name, text in spec.asked.items():
        judge = by_value.get(name)
        gap = judge(spec) if judge else table.get(name)
        if name in _SWITCHES and text in _OFF:
            continue
        if gap is None and judge is None and name not in supported:
            gap = Gap(name, "refuse", "azdock does not know how to do this on Azure")
        if gap is not None:
            found.append(gap)
    return found
