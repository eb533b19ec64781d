"""Images in files: docker save archives and OCI layouts."""

from __future__ import annotations

import gzip
import json
import tarfile
from pathlib import Path

import pytest

from azdock.emulator.runtimes import archive
from azdock.emulator.runtimes.base import ImageError
from tests.unit.emulator.runtimes.tars import MACHINE, config, entry, index, layer, manifest, saved, sha

LAYER = layer(entry("hello", data=b"hi"))
CONFIG = config(LAYER, Cmd=["sh"])
PACKED = gzip.compress(LAYER, mtime=0)


def layout(path: Path, top: bytes, *blobs: bytes, name: str = "docker.io/library/x:v1") -> Path:
    """An OCI image layout whose index names `top`."""
    (path / "blobs/sha256").mkdir(parents=True)
    for blob in (top, *blobs):
        (path / "blobs/sha256" / sha(blob)[7:]).write_bytes(blob)
    item = {"digest": sha(top), "size": len(top), "annotations": {"org.opencontainers.image.ref.name": name}}
    (path / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [item]}))
    return path


def test_docker_save(tmp_path: Path) -> None:
    """A docker save archive gives its images, their names and their layers."""
    with archive.opened(saved(tmp_path / "a.tar", CONFIG, [LAYER], ["x:v1", "y:v2"])) as images:
        (image,) = images
        assert (image.config, image.references) == (CONFIG, ("x:v1", "y:v2"))
        with image.layers[0].open() as stream:
            assert stream.read() == LAYER


@pytest.mark.parametrize("as_tar", [False, True], ids=["folder", "tar"])
@pytest.mark.parametrize("indexed", [False, True], ids=["manifest", "index"])
def test_layout(tmp_path: Path, as_tar: bool, indexed: bool) -> None:
    """An OCI layout gives the image for this machine, from a folder or a tar, through an index or without."""
    plain = manifest(CONFIG, [PACKED])
    top = index(other=b"{}", **{MACHINE: plain}) if indexed else plain
    path = layout(tmp_path / "oci", top, plain, CONFIG, PACKED)
    if as_tar:
        with tarfile.open(tmp_path / "oci.tar", "w") as tar:
            tar.add(path, ".")
        path = tmp_path / "oci.tar"
    with archive.opened(path) as images:
        (image,) = images
        assert (image.config, image.manifest, image.digest) == (CONFIG, plain, sha(top))
        assert image.references == ("docker.io/library/x:v1",)
        with image.layers[0].open() as stream:
            assert stream.read() == PACKED


def test_tag_alone_names_nothing(tmp_path: Path) -> None:
    """A layout whose annotation is a mere tag has an image without references."""
    path = layout(tmp_path / "oci", manifest(CONFIG, [PACKED]), CONFIG, PACKED, name="latest")
    with archive.opened(path) as images:
        assert [image.references for image in images] == [()]


def test_blob_that_lies(tmp_path: Path) -> None:
    """A configuration that does not have its digest is refused."""
    path = layout(tmp_path / "oci", manifest(CONFIG, [PACKED]), CONFIG, PACKED)
    (path / "blobs/sha256" / sha(CONFIG)[7:]).write_bytes(b"{}")
    with pytest.raises(ImageError) as caught, archive.opened(path):
        pass
    assert caught.value.code == "DIGEST_INVALID"


def test_other_machine_only(tmp_path: Path) -> None:
    """An index without an image for this machine is refused in docker's words."""
    path = layout(tmp_path / "oci", index(other=b"{}"))
    with pytest.raises(ImageError, match="no matching manifest for linux/") as caught, archive.opened(path):
        pass
    assert caught.value.code == "MANIFEST_UNKNOWN"


@pytest.mark.parametrize(
    "files",
    [
        {"hello": b"hi"},
        {"manifest.json": b"junk"},
        {"manifest.json": b'[{"Config": "c"}]'},
        {"manifest.json": b"[1]"},
        {"manifest.json": b'[{"Config": "../../etc/passwd", "Layers": []}]'},
        {"index.json": b"{}"},
        {"index.json": b'{"manifests": [{"digest": "sha256:../../x", "annotations": {}}]}'},
    ],
)
def test_no_image_archive(tmp_path: Path, files: dict[str, bytes]) -> None:
    """What is no image archive, or points outside of it, is refused, as a tar and as a folder."""
    (tmp_path / "a.tar").write_bytes(layer(*(entry(name, data=data) for name, data in files.items())))
    (tmp_path / "folder").mkdir()
    for name, data in files.items():
        (tmp_path / "folder" / name).write_bytes(data)
    for path in (tmp_path / "a.tar", tmp_path / "folder"):
        with pytest.raises(ImageError) as caught, archive.opened(path):
            pass
        assert caught.value.code in ("MANIFEST_INVALID", "DIGEST_INVALID")


def test_no_file(tmp_path: Path) -> None:
    """A missing file and one that is no tar have codes of their own."""
    (tmp_path / "junk").write_bytes(b"junk")
    for name, code in (("none", "NOT_FOUND"), ("junk", "MANIFEST_INVALID")):
        with pytest.raises(ImageError) as caught, archive.opened(tmp_path / name):
            pass
        assert caught.value.code == code
