"""A record in the shape that docker inspect prints."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from azdock.docker import inspect_network, mount_views
from azdock.docker.record import ContainerRecord
from azdock.docker.template_values import NIL, NilList, NilMap, Struct

ZERO_TIME = "0001-01-01T00:00:00Z"
_GO_NAMES = {
    "Id": "ID",
    "NanoCpus": "NanoCPUs",
    "CpuShares": "CPUShares",
    "CpuPeriod": "CPUPeriod",
    "CpuQuota": "CPUQuota",
    "CpuRealtimePeriod": "CPURealtimePeriod",
    "CpuRealtimeRuntime": "CPURealtimeRuntime",
    "CpuCount": "CPUCount",
    "CpuPercent": "CPUPercent",
    "Dns": "DNS",
    "DnsOptions": "DNSOptions",
    "DnsSearch": "DNSSearch",
}
# what is a map in Go; every other JSON object is a struct
_MAPS = frozenset(
    {"Labels", "PortBindings", "Ports", "Networks", "Data", "Config.Config", "ExposedPorts", "Volumes", "Tmpfs"}
)
# a null that is a pointer in Go, not a list
_POINTERS = frozenset({"MemorySwappiness", "PidsLimit", "Healthcheck", "Health", "IPAMConfig", "GraphDriver"})
# what docker hides from every container that is not privileged (SOURCE: moby, oci/defaults.go)
_MASKED = (
    *("/proc/asound", "/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list"),
    *("/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware"),
)
_READ_ONLY = ("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger")
# what docker's JSON leaves out when it is an empty text
_GO_EMPTY = {"Mounts": ("Name", "Driver")}
_GO_ONLY = {"State": ("Health",), "Config": ("Healthcheck", "ExposedPorts")}


def docker_time(moment: datetime | None) -> str:
    """RFC 3339 in UTC with as many decimals as needed, as Go prints it; None is Go's zero time."""
    if moment is None:
        return ZERO_TIME
    text = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f").rstrip("0").rstrip(".")
    return f"{text}Z"


def container_json(record: ContainerRecord, now: datetime) -> dict[str, Any]:  # noqa: ARG001
    """The JSON object of `docker inspect` with all of docker's keys in docker's order; times are in UTC.

    What Azure has no counterpart for is what docker prints when nothing was asked for. `now` is not before any time
    in the record.
    """
    argv = record.argv
    return {
        "Id": record.ident.id,
        "Created": docker_time(record.created),
        "Path": argv[0] if argv else "",
        "Args": list(argv[1:]),
        "State": _state(record),
        "Image": record.image.id,
        "ResolvConfPath": "",
        "HostnamePath": "",
        "HostsPath": "",
        "LogPath": "",
        "Name": f"/{record.ident.name}",
        "RestartCount": record.seen.restarts,
        "Driver": "",
        "Platform": "linux",
        "MountLabel": "",
        "ProcessLabel": "",
        "AppArmorProfile": "",
        "ExecIDs": None,
        "HostConfig": _host_config(record),
        "GraphDriver": {"Data": None, "Name": ""},
        "Mounts": mount_views.mounts(record),
        "Config": _config(record),
        "NetworkSettings": _network_settings(record),
    }


def _state(record: ContainerRecord) -> dict[str, Any]:
    seen = record.seen
    return {
        "Status": seen.state,
        "Running": seen.state in ("running", "paused", "restarting"),
        "Paused": seen.state == "paused",
        "Restarting": seen.state == "restarting",
        "OOMKilled": seen.oom_killed,
        "Dead": seen.state == "dead",
        "Pid": 0,
        "ExitCode": seen.exit_code,
        "Error": seen.error,
        "StartedAt": docker_time(seen.started_at),
        "FinishedAt": docker_time(seen.finished_at),
        **inspect_network.health_state(record),
    }


def _config(record: ContainerRecord) -> dict[str, Any]:
    spec, image = record.spec, record.image
    entrypoint = list(image.entrypoint) or None if spec.entrypoint is None else list(spec.entrypoint) or None
    command = list(spec.command) or (list(image.command) if spec.entrypoint is None else [])
    return {
        "Hostname": spec.hostname or record.ident.id[:12],
        "Domainname": "",
        "User": spec.user or image.user,
        "AttachStdin": "stdin" in spec.attach,
        "AttachStdout": "stdout" in spec.attach,
        "AttachStderr": "stderr" in spec.attach,
        **inspect_network.exposed_ports(record),
        "Tty": spec.tty,
        "OpenStdin": spec.stdin_open,
        "StdinOnce": spec.stdin_open and "stdin" in spec.attach,
        "Env": [*spec.env, *(one for one in image.env if not _sets(spec.env, one))],
        "Cmd": command or None,
        **inspect_network.healthcheck(record),
        "Image": spec.image,
        "Volumes": mount_views.config_volumes(record),
        "WorkingDir": spec.workdir or image.workdir,
        "Entrypoint": entrypoint,
        "OnBuild": None,
        "Labels": dict(sorted({**image.labels, **spec.labels}.items())),
        **({"StopSignal": spec.stop_signal} if spec.stop_signal else {}),
        **({"StopTimeout": spec.stop_timeout} if spec.stop_timeout is not None else {}),
    }


def _sets(env: tuple[str, ...], item: str) -> bool:
    return any(one.partition("=")[0] == item.partition("=")[0] for one in env)


def _host_config(record: ContainerRecord) -> dict[str, Any]:
    spec = record.spec
    weights: dict[str, list[Any]] = {
        f"Blkio{name}": []
        for name in ("WeightDevice", "DeviceReadBps", "DeviceWriteBps", "DeviceReadIOps", "DeviceWriteIOps")
    }
    return {
        **mount_views.host_config(record),
        "ContainerIDFile": "",
        "LogConfig": {"Type": "json-file", "Config": {}},
        "NetworkMode": spec.network or "default",
        "PortBindings": inspect_network.port_bindings(record),
        "RestartPolicy": {"Name": spec.restart.name, "MaximumRetryCount": spec.restart.maximum_retry_count},
        "AutoRemove": spec.auto_remove,
        "VolumeDriver": "",
        **dict.fromkeys(("VolumesFrom", "CapAdd", "CapDrop")),
        "CgroupnsMode": "private",  # docker's default with cgroup v2, which Azure's nodes have
        "Dns": [],
        "DnsOptions": [],
        "DnsSearch": [],
        **dict.fromkeys(("ExtraHosts", "GroupAdd")),
        "IpcMode": "private",
        "Cgroup": "",
        "Links": None,
        "OomScoreAdj": 0,
        "PidMode": "",
        "Privileged": False,
        "PublishAllPorts": spec.publish_all,
        "ReadonlyRootfs": False,
        "SecurityOpt": None,
        "UTSMode": "",
        "UsernsMode": "",
        "ShmSize": 67108864,
        "Runtime": "runc",
        "ConsoleSize": [0, 0],
        "Isolation": "",
        "CpuShares": 0,
        "Memory": spec.resources.memory,
        "NanoCpus": spec.resources.nano_cpus,
        "CgroupParent": "",
        "BlkioWeight": 0,
        **weights,
        **dict.fromkeys(("CpuPeriod", "CpuQuota", "CpuRealtimePeriod", "CpuRealtimeRuntime"), 0),
        "CpusetCpus": "",
        "CpusetMems": "",
        "Devices": [],
        **dict.fromkeys(("DeviceCgroupRules", "DeviceRequests")),
        **dict.fromkeys(("KernelMemory", "KernelMemoryTCP"), 0),
        "MemoryReservation": spec.resources.memory_reservation,
        # docker allows as much swap as memory when only the memory is limited
        "MemorySwap": spec.resources.memory * 2,
        "MemorySwappiness": None,
        "OomKillDisable": False,
        "PidsLimit": None,
        "Ulimits": [],
        **dict.fromkeys(("CpuCount", "CpuPercent", "IOMaximumIOps", "IOMaximumBandwidth"), 0),
        "MaskedPaths": list(_MASKED),
        "ReadonlyPaths": list(_READ_ONLY),
    }


def _network_settings(record: ContainerRecord) -> dict[str, Any]:
    seen = inspect_network.network_settings(record)
    return {
        "Bridge": "",
        "SandboxID": "",
        "HairpinMode": False,
        "LinkLocalIPv6Address": "",
        "LinkLocalIPv6PrefixLen": 0,
        "Ports": seen["Ports"],
        "SandboxKey": "",
        "SecondaryIPAddresses": None,
        "SecondaryIPv6Addresses": None,
        "EndpointID": "",
        "Gateway": "",
        "GlobalIPv6Address": "",
        "GlobalIPv6PrefixLen": 0,
        "IPAddress": "",
        "IPPrefixLen": 0,
        "IPv6Gateway": "",
        "MacAddress": "",
        "Networks": seen["Networks"],
    }


def go_view(document: dict[str, Any], type_name: str = "types.ContainerJSON") -> Struct:
    """The Go struct behind an inspect document, for Template.render(..., json_fallback=True): Go's field names, nil
    lists and pointers. `type_name` is the Go type to name in errors."""
    return _struct(document, "", type_name)


def _struct(document: dict[str, Any], name: str, type_name: str) -> Struct:
    fields = {_GO_NAMES.get(key, key): _go(value, key, name) for key, value in document.items()}
    fields |= {missing: "" for missing in _GO_EMPTY.get(name, ()) if missing not in fields}
    fields |= {missing: _go(None, missing, name) for missing in _GO_ONLY.get(name, ()) if missing not in fields}
    return Struct(type_name, fields, document=document)


def _go(value: Any, key: str, parent: str) -> Any:
    mapped = key in _MAPS or (parent == "LogConfig" and key == "Config")
    if value is None:
        return NIL if key in _POINTERS else NilMap() if mapped else NilList()
    if isinstance(value, list):
        return [_go(one, key, parent) if isinstance(one, dict) else one for one in value]
    if not isinstance(value, dict):
        return value
    if mapped:
        return {one: _go(item, one, key) for one, item in value.items()}
    return _struct(value, key, f"container.{key}")
