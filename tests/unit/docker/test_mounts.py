"""-v and --mount."""

from __future__ import annotations

from dataclasses import replace

import pytest

from azdock.docker.mounts import BIND as GIVEN
from azdock.docker.mounts import Mount, check_tmpfs, parse_mount, parse_tmpfs, parse_volume
from azdock.docker.values import BadValue


@pytest.mark.parametrize(
    ("text", "mount"),
    [
        ("/a", Mount(target="/a")),
        (":", Mount(target=":")),
        ("data:/b", Mount(source="data", target="/b")),
        ("/a:/b", Mount("bind", "/a", "/b")),
        ("./a:/b:ro", Mount("bind", "./a", "/b", True)),
        ("~/a:/b:ro,rw", Mount("bind", "~/a", "/b")),
        ("data:/b:nocopy,foo", Mount("volume", "data", "/b", options={"volume-nocopy": "true"})),
        ("a:/b", Mount(target="a:/b")),
        ("c:/x:/y", Mount("bind", "c:/x", "/y")),
        ("a::/b", Mount("bind", "a:", "/b")),
    ],
)
def test_volume(text: str, mount: Mount) -> None:
    """-v is split at its colons; a single letter before one is a drive, as docker has it on every system."""
    found = parse_volume(text)
    assert replace(found, options={key: value for key, value in found.options.items() if key != GIVEN}) == mount
    assert found.options[GIVEN] == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "invalid empty volume spec"),
        (":/b", "invalid spec: :/b: empty section between colons"),
        ("/a:", "invalid spec: /a:: empty section between colons"),
        ("/a:/b:", "invalid spec: /a:/b:: empty section between colons"),
        (":a:b", "invalid spec: :a:b: empty section between colons"),
        ("/a:/b:ro:x", "invalid spec: /a:/b:ro:x: too many colons"),
    ],
)
def test_volume_refused(text: str, message: str) -> None:
    """A malformed -v is refused in the words of docker's client."""
    with pytest.raises(BadValue) as bad:
        parse_volume(text)
    assert str(bad.value) == message


def test_tmpfs() -> None:
    """--tmpfs keeps its size and mode; what it was given as is kept for inspect."""
    found = parse_tmpfs("/run:rw,noexec,size=64m,mode=1777")
    assert found.target == "/run"
    assert found.options == {GIVEN: "/run:rw,noexec,size=64m,mode=1777", "tmpfs-size": "64m", "tmpfs-mode": "1777"}
    assert parse_tmpfs("/x:ro").read_only
    for good in ("/x", "/x:", "/x:ro,nosuid,uid=5", "/x:size=1m,mode=7"):
        check_tmpfs(good)
    for bad, words in (("foo=1", '["foo" "1"]'), ("rw,foo", '["foo"]')):
        with pytest.raises(BadValue) as refused:
            check_tmpfs(f"/x:{bad}")
        assert str(refused.value) == f"invalid tmpfs option {words}"


def test_several_volume_options() -> None:
    """Every volume-opt and volume-label of a --mount is kept, a line each."""
    found = parse_mount("src=v,dst=/x,volume-opt=type=nfs,volume-opt=o=nconnect=4,volume-label=a=b")
    assert found.options == {"volume-opt": "type=nfs\no=nconnect=4", "volume-label": "a=b"}


@pytest.mark.parametrize(
    ("text", "mount"),
    [
        ("target=/x", Mount(target="/x")),
        ("TYPE=BIND,src=/a,dst=/x,ro=1", Mount("bind", "/a", "/x", True)),
        ("type=bind,source=/a,destination=/x,readonly", Mount("bind", "/a", "/x", True)),
        ('type=bind,"src=/a,b",dst=/x', Mount("bind", "/a,b", "/x")),
        ("type=tmpfs,dst=/x,tmpfs-size=1k", Mount("tmpfs", "", "/x", options={"tmpfs-size": "1k"})),
        ("dst=/x,bind-recursive=enabled", Mount(target="/x", options={"bind-recursive": "enabled"})),
        ("dst=/x,volume-nocopy", Mount(target="/x", options={"volume-nocopy": "true"})),
        ("type=foo,target=/x", Mount("foo", "", "/x")),
    ],
)
def test_mount(text: str, mount: Mount) -> None:
    """--mount is a CSV list of keys in any case, with their short forms."""
    assert parse_mount(text) == mount


BIND = "type=bind,src=/a,dst=/x"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "EOF"),
        ("foo", "invalid field 'foo' must be a key=value pair"),
        (f"{BIND},", "invalid field '' must be a key=value pair"),
        ("type=bind", "target is required"),
        ("type=,dst=/x", "type is required"),
        (f"{BIND},readonly=foo", "invalid value for readonly: foo"),
        (f"{BIND},RO=x", "invalid value for ro: x"),
        (f"{BIND},foo=bar", "unexpected key 'foo' in 'foo=bar'"),
        ("FOO=bar,dst=/x", "unexpected key 'foo' in 'FOO=bar'"),
        (" type=bind,dst=/x", "unexpected key ' type' in ' type=bind'"),
        ("type=tmpfs,dst=/x,tmpfs-size=x", "invalid value for tmpfs-size: x"),
        ("type=tmpfs,dst=/x,tmpfs-size=-1", "invalid value for tmpfs-size: -1"),
        ("type=tmpfs,dst=/x,tmpfs-mode=999", "invalid value for tmpfs-mode: 999"),
        ("volume-nocopy=,dst=/x", "invalid value for volume-nocopy: "),
        (f"{BIND},volume-nocopy", "cannot mix 'volume-*' options with mount type 'bind'"),
        ("dst=/x,bind-propagation=shared", "cannot mix 'bind-*' options with mount type 'volume'"),
        ("type=volume,dst=/x,tmpfs-mode=1,bind-nonrecursive", "cannot mix 'bind-*' options with mount type 'volume'"),
        (f"{BIND},tmpfs-size=3", "cannot mix 'tmpfs-*' options with mount type 'bind'"),
        (f"{BIND},image-subpath=a", "cannot mix 'image-*' options with mount type 'bind'"),
        (f"{BIND},bind-nonrecursive=zz", "invalid value for bind-nonrecursive: zz"),
        (
            f"{BIND},bind-recursive=zz",
            'invalid value for bind-recursive: zz (must be "enabled", "disabled", "writable", or "readonly")',
        ),
        (
            f"{BIND},bind-recursive=writable",
            "option 'bind-recursive=writable' requires 'readonly' to be specified in conjunction",
        ),
        (
            f"{BIND},bind-recursive=readonly,readonly",
            "option 'bind-recursive=readonly' requires 'bind-propagation=rprivate' to be specified in conjunction",
        ),
        ('type=bind,src="/a",dst=/x', 'parse error on line 1, column 15: bare " in non-quoted-field'),
        ('type=bind,"src=/a"x,dst=/x', 'parse error on line 1, column 18: extraneous or missing " in quoted-field'),
        ('type=bind,"src=/a', 'parse error on line 1, column 18: extraneous or missing " in quoted-field'),
    ],
)
def test_mount_refused(text: str, message: str) -> None:
    """A malformed --mount is refused in the words of docker's client."""
    with pytest.raises(BadValue) as bad:
        parse_mount(text)
    assert str(bad.value) == message
