"""Mounts in inspect and ps."""

from __future__ import annotations

from dataclasses import replace

from azdock.docker import mount_views
from azdock.docker.filters import parse as parse_filters
from azdock.docker.inspect import container_json, go_view
from azdock.docker.mounts import ANONYMOUS, SNAPSHOT_OF, Mount, parse_mount, parse_tmpfs, parse_volume
from azdock.docker.record import ContainerRecord
from azdock.docker.spec import ContainerSpec, ImageFacts
from azdock.docker.template import Template
from azdock.output.containers import container_row
from tests.support.fakes import NOON, record

LOCAL = {"volume-driver": "local"}


def made(mount: Mount, source: str = "", **extra: str) -> Mount:
    """A mount whose volume exists."""
    return replace(mount, type="volume", source=source or mount.source, options={**mount.options, **LOCAL, **extra})


def container(*mounts: Mount, volumes: tuple[str, ...] = ()) -> ContainerRecord:
    return replace(record("web", spec=ContainerSpec(image="i", mounts=mounts)), image=ImageFacts(volumes=volumes))


ALL = container(
    made(parse_volume("data:/d:ro")),
    made(parse_volume("/a"), "f" * 64, **{ANONYMOUS: "true"}),
    made(parse_volume("/home/me/x:/x"), "e" * 64, **{ANONYMOUS: "true", SNAPSHOT_OF: "/home/me/x"}),
    made(parse_mount("src=data,dst=/m,readonly")),
    made(Mount(target="/image"), "c" * 64, **{ANONYMOUS: "true"}),
    parse_tmpfs("/t:size=1m"),
    parse_mount("type=tmpfs,dst=/u"),
    volumes=("/image",),
)


def test_inspect() -> None:
    """Each mount is where docker has it, in docker's shape."""
    document = container_json(ALL, NOON)
    assert document["Mounts"][0] == {
        "Type": "volume",
        "Name": "data",
        "Source": "",
        "Destination": "/d",
        "Driver": "local",
        "Mode": "ro",
        "RW": False,
        "Propagation": "",
    }
    assert document["Mounts"][2] == {
        "Type": "bind",
        "Source": "/home/me/x",
        "Destination": "/x",
        "Mode": "",
        "RW": True,
        "Propagation": "rprivate",
    }
    assert [one["Destination"] for one in document["Mounts"]] == ["/d", "/a", "/x", "/m", "/image", "/u"]
    host = document["HostConfig"]
    assert host["Binds"] == ["data:/d:ro", "/home/me/x:/x"]
    assert host["Tmpfs"] == {"/t": "size=1m"}
    assert host["Mounts"] == [
        {"Type": "volume", "Source": "data", "Target": "/m", "ReadOnly": True},
        {"Type": "tmpfs", "Target": "/u"},
    ]
    assert document["Config"]["Volumes"] == {"/a": {}, "/image": {}}


def test_without() -> None:
    """A container without mounts looks as before."""
    document = container_json(container(), NOON)
    assert (document["Mounts"], document["Config"]["Volumes"]) == ([], None)
    assert document["HostConfig"]["Binds"] is None
    assert not {"Mounts", "Tmpfs"} & document["HostConfig"].keys()


def test_templates() -> None:
    """A template may ask every mount for its name, also one that has none."""
    view = go_view(container_json(ALL, NOON))
    text = Template("{{range .Mounts}}[{{.Type}} {{.Name}}]{{end}}").render(view, json_fallback=True)
    assert text.startswith("[volume data]") and "[bind ]" in text


def test_ps() -> None:
    """ps names the volumes, shortened, and the local folders; its filter finds them by name, path and mount point."""
    fields = container_row(ALL, NOON).fields
    assert fields["Mounts"] == f"data,{'f' * 14}…,/home/me/x,data,{'c' * 14}…"
    assert fields["LocalVolumes"] == "4"
    assert container_row(container(), NOON).fields["Mounts"] == ""
    for value, found in (("data", True), ("/x", True), ("/home/me/x", True), ("e" * 64, False), ("dat", False)):
        assert parse_filters([f"volume={value}"]).matches(ALL, [ALL]) == found
    assert mount_views.has_volume(ALL, "/t")
