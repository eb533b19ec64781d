"""azdock inspect."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from azdock.backends.base import Image
from azdock.docker.health import Health, Probe
from azdock.docker.ports import Endpoint
from azdock.docker.record import Status
from azdock.docker.spec import ContainerSpec, ImageFacts
from azdock.errors import NoSuchImage
from tests.support.fakes import ID, NOON, Channel, Services, World, azdock, record

IMAGE = Image("sha256:" + "a" * 64, ("busybox:latest",), 2_000_000, NOON.timestamp())


FULL = ImageFacts(
    exposed=("53/udp", "80/tcp"), volumes=("/data",), health=("CMD-SHELL", "true"), health_settings={"Interval": 5}
)


def world() -> World:
    made = World(Services(records={"web": record()}))

    def inspect(reference: str) -> tuple[Image, ImageFacts]:
        if reference != "busybox":
            raise NoSuchImage(f"No such image: {reference}:latest")
        return IMAGE, ImageFacts(id=IMAGE.id, command=("sh",))

    made.store_.inspect = inspect  # type: ignore[attr-defined]
    return made


def test_container() -> None:
    """docker's shape, and Azure's facts beside it."""
    (found,) = json.loads(azdock("inspect", "web", world=world()).out)
    assert (found["Id"], found["Name"], found["Azure"]["Backend"]) == (ID, "/web", "job")


@pytest.mark.parametrize(
    ("argv", "out", "err", "code"),
    [
        (("-f", "{{.Name}}", "web"), "/web\n", "", 0),
        (("-f", "{{.Os}} {{json .Config.Cmd}}", "busybox"), 'linux ["sh"]\n', "", 0),
        (("--type", "image", "-f", "{{.Os}}", "busybox"), "linux\n", "", 0),
        (("--type", "container", "-f", "{{.Name}}", "web"), "/web\n", "", 0),
        (("--azure", "-f", "{{.name}}", "web"), "job-1\n", "", 0),
        (("x",), "[]\n", "Error: No such object: x\n", 1),
        (("-f", "{{.Id}}", "x"), "\n", "Error: No such object: x\n", 1),
        (("x", "y"), "[]\n", "Error: No such object: x\nError: No such object: y\n", 1),
        (("-f", "{{.Name}}", "web", "x", "web"), "/web\n/web\n", "Error: No such object: x\n", 1),
        (("--type", "image", "web"), "[]\n",
         "Error response from Azure: no such image: web: No such image: web:latest\n", 1),
        (("--type", "bogus", "web"), "",
         'unknown type: "bogus": must be one of "config", "container", "image", "network", "node", "plugin", "secret", '
         '"service", "task", "volume"\n', 1),
        (("-f", "{{.Name", "web"), "", "template parsing error: template: :1: unclosed action\n", 64),
        (("-f", "{{.Nope}}", "web"), "\n",
         'template parsing error: template: :1:2: executing "" at <.Nope>: map has no entry for key "Nope"\n', 1),
    ],
)  # fmt: skip
def test_inspect(argv: tuple[str, ...], out: str, err: str, code: int) -> None:
    """Output first, then the failures, in docker's words."""
    result = azdock("inspect", *argv, world=world())
    assert (result.out, result.err, result.code) == (out, err, code)


def test_nouns() -> None:
    """`container inspect` and `image inspect` look for one kind only."""
    result = azdock("container", "inspect", "x", world=world())
    assert (result.out, result.err) == ("[]\n", "Error response from Azure: No such container: x\n")
    assert azdock("image", "inspect", "-f", "{{.Os}}", "busybox", world=world()).out == "linux\n"


def test_image_facts() -> None:
    """What an image exposes, keeps and checks stands in its Config as docker writes it, and only when it has any."""
    made = world()
    made.store_.inspect = lambda _name: (IMAGE, FULL)  # type: ignore[attr-defined]
    (found,) = json.loads(azdock("inspect", "--type", "image", "busybox", world=made).out)
    config = found["Config"]
    assert config["ExposedPorts"] == {"53/udp": {}, "80/tcp": {}}
    assert config["Volumes"] == {"/data": {}}
    assert config["Healthcheck"] == {"Test": ["CMD-SHELL", "true"], "Interval": 5}
    (bare,) = json.loads(azdock("inspect", "--type", "image", "busybox", world=world()).out)
    assert not {"ExposedPorts", "Volumes", "Healthcheck"} & set(bare["Config"])


def test_azure() -> None:
    """What is Azure's stands at the end: the resource, its revision, and where its ports are reached."""
    endpoint = Endpoint(80, "tcp", "https://web.x.io")
    seen = Status("running", run="web--1#2", endpoints=(endpoint,))
    made = World(Services(records={"web": replace(record("web", seen=seen), backend="app", handle={"app": "web"})}))
    (shown,) = json.loads(azdock("inspect", "web", world=made).out)
    assert list(shown)[-1] == "Azure"
    azure = shown["Azure"]
    assert (azure["Kind"], azure["Name"], azure["Revision"]) == ("Microsoft.App/containerApps", "web", "web--1")
    assert azure["Fqdn"] == "web.x.io"
    assert azure["Endpoints"] == [{"Port": "80/tcp", "Address": "https://web.x.io", "External": True}]


def test_a_check_through_exec() -> None:
    """A check that azdock does itself is done when somebody looks, and its output is in the log."""
    check = Probe("exec", command=("CMD-SHELL", "pg_isready"))
    spec = ContainerSpec("db", health=Health(check=check))
    made = Services(records={"db": record("db", spec=spec)}, channel=Channel([("out", b"no")], 1))
    (shown,) = json.loads(azdock("inspect", "db", world=World(made)).out)
    health = shown["State"]["Health"]
    assert (health["Status"], health["FailingStreak"]) == ("unhealthy", 1)
    assert (health["Log"][0]["ExitCode"], health["Log"][0]["Output"]) == (1, "no")
    listed = azdock("inspect", "--type", "container", "-f", "{{.State.Health.Status}}", "db", world=World(made))
    assert listed.out == "unhealthy\n"
