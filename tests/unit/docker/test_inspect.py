"""The JSON of docker inspect."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from azdock.docker.inspect import container_json, docker_time
from azdock.docker.record import ContainerRecord, Ident, Status
from azdock.docker.spec import ContainerSpec, ImageFacts, Resources, Restart

RECORDED = json.loads((Path(__file__).parent / "data" / "inspect.json").read_text())["document"]
NOON = datetime(2024, 1, 1, 12, tzinfo=UTC)
PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
RECORD = ContainerRecord(
    Ident("1" * 64, "webs-1"),
    ContainerSpec("busybox", ("sleep", "600"), labels={"com.x.my-key_b": "2", "a": "1"}, attach=()),
    NOON,
    "job",
    {},
    ImageFacts(id="sha256:" + "2" * 64, command=("sh",), env=(PATH,)),
    Status("running", started_at=NOON),
)
# what Azure has no counterpart for, or what differs from run to run
ELSEWHERE = {
    *("Created", "State", "ResolvConfPath", "HostnamePath", "HostsPath", "LogPath"),
    *("Driver", "GraphDriver", "NetworkSettings"),
}


def document(**changes: Any) -> dict[str, Any]:
    """The JSON of RECORD with another spec."""
    return container_json(replace(RECORD, spec=replace(RECORD.spec, **changes)), NOON)


def test_like_docker() -> None:
    """A plain container's document equals docker's, order included, except for what belongs to one machine."""
    ours, theirs = container_json(RECORD, NOON), RECORDED
    assert list(ours) == list(theirs)
    for key in theirs.keys() - ELSEWHERE - {"HostConfig"}:
        assert json.dumps(ours[key]) == json.dumps(theirs[key]), key
    for key in ("State", "NetworkSettings"):
        assert list(ours[key]) == list(theirs[key])


def test_host_config_like_docker() -> None:
    """HostConfig equals docker's in values and order; the control group is what docker has with cgroup v2."""
    expected = RECORDED["HostConfig"] | {"CgroupnsMode": "private"}
    assert json.dumps(document()["HostConfig"]) == json.dumps(expected)


@pytest.mark.parametrize(
    ("changes", "path", "value"),
    [
        ({"resources": Resources(500000000, 67108864, 33554432)}, "HostConfig.NanoCpus", 500000000),
        ({"resources": Resources(0, 67108864)}, "HostConfig.MemorySwap", 134217728),
        ({"restart": Restart("on-failure", 3)}, "HostConfig.RestartPolicy.MaximumRetryCount", 3),
        ({"auto_remove": True}, "HostConfig.AutoRemove", True),
        ({"env": ("Z=1", "Z=3", "PATH=zz")}, "Config.Env", ["Z=1", "Z=3", "PATH=zz"]),
        ({"env": ("X=1",)}, "Config.Env", ["X=1", PATH]),
        ({"entrypoint": ()}, "Config.Entrypoint", None),
        ({"entrypoint": ("sh",), "command": ()}, "Config.Cmd", None),
        ({"command": ()}, "Config.Cmd", ["sh"]),
        ({"entrypoint": ("sh",)}, "Path", "sh"),
        ({"hostname": "hh"}, "Config.Hostname", "hh"),
        ({"stop_signal": "SIGINT"}, "Config.StopSignal", "SIGINT"),
        ({"stop_timeout": 0}, "Config.StopTimeout", 0),
        ({"stdin_open": True, "attach": ("stdin",)}, "Config.StdinOnce", True),
        ({"labels": {}}, "Config.Labels", {}),
    ],
)
def test_wishes_are_shown(changes: dict[str, Any], path: str, value: object) -> None:
    """What was asked for is where docker shows it."""
    found: Any = document(**changes)
    for key in path.split("."):
        found = found[key]
    assert found == value


def test_state() -> None:
    """An ended run shows its code, its times and Azure's words."""
    seen = Status("exited", exit_code=3, started_at=NOON, finished_at=NOON, oom_killed=True, error="why", restarts=2)
    found = container_json(replace(RECORD, seen=seen), NOON)
    assert found["State"]["Status"] == "exited"
    assert (found["State"]["Running"], found["State"]["ExitCode"], found["State"]["OOMKilled"]) == (False, 3, True)
    assert (found["State"]["Error"], found["RestartCount"]) == ("why", 2)


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (None, "0001-01-01T00:00:00Z"),
        (NOON, "2024-01-01T12:00:00Z"),
        (NOON.replace(microsecond=120000), "2024-01-01T12:00:00.12Z"),
    ],
)
def test_docker_time(moment: datetime | None, text: str) -> None:
    """Times are Go's RFC 3339, without trailing zeros."""
    assert docker_time(moment) == text
