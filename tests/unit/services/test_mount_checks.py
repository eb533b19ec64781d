"""Mounts that cannot be."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from azdock.docker.mounts import Mount, parse_mount, parse_tmpfs, parse_volume
from azdock.errors import AzdockError, DaemonError, Unsupported
from azdock.services.mount_checks import check


def refused(*mounts: Mount) -> AzdockError:
    with pytest.raises(AzdockError) as found:
        check(mounts)
    return found.value


@pytest.mark.parametrize(
    ("mount", "words"),
    [
        (
            parse_volume("xx:yy"),
            "invalid volume specification: 'xx:yy': invalid mount config for type \"volume\": invalid mount path: 'yy' "
            "mount path must be absolute",
        ),
        (
            parse_mount("src=xx,dst=yy"),
            "invalid mount config for type \"volume\": invalid mount path: 'yy' mount path must be absolute",
        ),
        (
            parse_volume("xx:/"),
            "invalid volume specification: 'xx:/': invalid mount config for type \"volume\": invalid specification: "
            "destination can't be '/'",
        ),
        (parse_mount("type=bind,dst=/x"), 'invalid mount config for type "bind": field Source must not be empty'),
        (
            parse_mount("type=bind,src=/no/such,dst=/x"),
            'invalid mount config for type "bind": bind source path does not exist: /no/such',
        ),
        (
            parse_mount("type=bind,src=a/b,dst=/x"),
            "invalid mount config for type \"bind\": invalid mount path: 'a/b' mount path must be absolute",
        ),
        (
            parse_mount("type=tmpfs,src=a,dst=/x"),
            'invalid mount config for type "tmpfs": field Source must not be specified',
        ),
        (parse_tmpfs("xx"), "invalid mount path: 'xx' mount path must be absolute"),
        (parse_tmpfs("/x:foo=1"), 'invalid tmpfs option ["foo" "1"]'),
        (parse_mount("type=foo,dst=/x"), 'invalid mount config for type "foo": mount type unknown'),
        (
            parse_volume("~/x:/y"),
            'create ~/x: "~/x" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" '
            "are allowed. If you intended to pass a host directory, use absolute path",
        ),
        (
            parse_mount("src=vv,dst=/y,volume-driver=foo"),
            'create vv: error looking up volume plugin foo: plugin "foo" not found',
        ),
    ],
)
def test_in_docker_s_words(mount: Mount, words: str) -> None:
    """What no engine takes is refused as docker's does."""
    found = refused(mount)
    assert isinstance(found, DaemonError)
    assert found.message == words


@pytest.mark.parametrize(
    ("mount", "words"),
    [
        (parse_volume("/var/run/docker.sock:/var/run/docker.sock"), "no engine on Azure"),
        (parse_volume("/:/host:ro"), "belongs to this machine"),
        (parse_volume("/proc:/host/proc"), "belongs to this machine"),
        (parse_volume("/sys/fs/cgroup:/c"), "belongs to this machine"),
        (parse_volume("/dev/null:/n"), "belongs to this machine"),
        (parse_volume("/no/such:/x"), "no such file or directory"),
        (parse_mount("type=image,src=busybox,dst=/x"), "Azure mounts no images"),
        (parse_tmpfs("/x:ro"), "no read-only EmptyDir"),
    ],
)
def test_what_azure_cannot(mount: Mount, words: str) -> None:
    """A flag, a reason, and what to do instead; docker's exit code for a refusal."""
    found = refused(mount)
    assert isinstance(found, Unsupported)
    assert found.message.startswith("--") and words in found.message
    assert found.hint and found.code == 125


def test_neither_file_nor_folder(tmp_path: Path) -> None:
    """A socket or a pipe cannot be uploaded."""
    server = socket.socket(socket.AF_UNIX)
    server.bind(f"{tmp_path}/s")
    server.close()
    assert "neither a file nor a folder" in refused(parse_volume(f"{tmp_path}/s:/s")).message


def test_twice() -> None:
    """Two mounts on one place, however it is written."""
    assert refused(parse_volume("aa:/x"), parse_tmpfs("/x/")).message == "Duplicate mount point: /x"


def test_good(tmp_path: Path) -> None:
    """Volumes, folders, files and tmpfs pass."""
    (tmp_path / "f").write_text("x")
    check(
        (
            parse_volume("data:/a:ro"),
            parse_volume("/b"),
            parse_volume(f"{tmp_path}:/c"),
            parse_volume(f"{tmp_path}/f:/d"),
            parse_tmpfs("/e:size=1m"),
            parse_mount("dst=/f,volume-opt=o=nobrl,volume-driver=nfs"),
        )
    )
