"""The image store: what goes in comes out, under its names, once."""

from __future__ import annotations

import asyncio
import json
import shutil
import time
from pathlib import Path

import pytest

from azdock.emulator.runtimes import reference
from azdock.emulator.runtimes.base import ImageError
from azdock.emulator.runtimes.images import Images
from tests.unit.emulator.runtimes.tars import config, entry, layer, saved, sha

BASE = layer(entry("hello", data=b"hi"), entry("gone"))
TOP = layer(entry(".wh.gone"), entry("new", data=b"n"))
CONFIG = config(BASE, TOP, Cmd=["sh"], Env=["A=1"], User="7", WorkingDir="/w", Labels={"l": "v"}, Entrypoint=["e"])


def no_engine(_reference: str, _target: Path) -> bool:
    """A machine without a Docker engine."""
    return False


@pytest.fixture
def store(tmp_path: Path) -> Images:
    """An empty store that asks no engine."""
    return Images(tmp_path / "images", no_engine)


def load(store: Images, tmp_path: Path, *tags: str) -> list[str]:
    """Load the test image under these tags."""
    return asyncio.run(store.load(saved(tmp_path / "a.tar", CONFIG, [BASE, TOP], list(tags))))


def test_load_and_resolve(store: Images, tmp_path: Path) -> None:
    """A loaded image is found under each form of its name and by its id, ready to run, also by a new instance."""
    assert load(store, tmp_path, "busybox:latest", "localhost:5000/x:v1") == ["busybox:latest", "localhost:5000/x:v1"]
    for store_ in (store, Images(tmp_path / "images", no_engine)):
        for name in (
            "busybox",
            "docker.io/library/busybox:latest",
            "localhost:5000/x:v1",
            sha(CONFIG),
            sha(CONFIG)[7:19],
        ):
            image = asyncio.run(store_.resolve(name, pull="never"))
            assert (image.reference, image.id) == (name, sha(CONFIG))
        facts = image.config
        assert (facts.entrypoint, facts.command, facts.env) == (("e",), ("sh",), ("A=1",))
        assert (facts.workdir, facts.user, facts.labels) == ("/w", "7", {"l": "v"})
        assert [sorted(path.name for path in folder.iterdir()) for folder in image.layers] == [["hello", "new"]]
        (row,) = asyncio.run(store_.images())
        expected = {"id": sha(CONFIG), "digests": [], "size": 3, "created": 1704067200, "labels": {"l": "v"}}
        assert row == {**expected, "tags": ["busybox:latest", "localhost:5000/x:v1"]}


def test_resolve_is_quick(store: Images, tmp_path: Path) -> None:
    """What is stored resolves in less than 2 ms, as every run waits for it."""
    load(store, tmp_path, "x:v1")

    async def measure() -> float:
        begin = time.perf_counter()
        for _ in range(100):
            await store.resolve("x:v1")
        return (time.perf_counter() - begin) / 100

    assert asyncio.run(measure()) < 0.002


def test_without_name(store: Images, tmp_path: Path) -> None:
    """An archive without tags gives the image's id."""
    assert load(store, tmp_path) == [sha(CONFIG)]


def test_many_at_once(store: Images, tmp_path: Path) -> None:
    """Loads and resolves of many tasks at once leave one image with all names."""
    paths = [saved(tmp_path / f"{n}.tar", CONFIG, [BASE, TOP], [f"x:v{n}"]) for n in range(8)]

    async def all_of_them() -> None:
        await asyncio.gather(*(store.load(path) for path in paths))

    asyncio.run(all_of_them())
    (row,) = asyncio.run(store.images())
    assert sorted(row["tags"]) == [f"x:v{n}" for n in range(8)]
    assert json.loads((tmp_path / "images/index.json").read_bytes())["schema"] == 1


def test_remove(store: Images, tmp_path: Path) -> None:
    """Tags go one by one; the image and its layers go with the last."""
    load(store, tmp_path, "x:v1", "x:v2")
    with pytest.raises(ImageError, match="must be forced") as caught:
        asyncio.run(store.remove(sha(CONFIG), False))
    assert caught.value.code == "CONFLICT"
    assert asyncio.run(store.remove("x:v1", False)) == [("Untagged", "x:v1")]
    expected = [("Untagged", "x:v2"), ("Deleted", sha(CONFIG))]
    assert asyncio.run(store.remove(sha(CONFIG)[7:19], False)) == expected
    assert [list((tmp_path / "images" / part).iterdir()) for part in ("layers", "blobs/sha256")] == [[], []]
    with pytest.raises(ImageError, match="No such image: x:v1") as caught:
        asyncio.run(store.remove("x:v1", True))
    assert caught.value.code == "NOT_FOUND"


def test_shared_layer_survives(store: Images, tmp_path: Path) -> None:
    """Removing an image leaves the layers that another one needs."""
    load(store, tmp_path, "x")
    asyncio.run(store.load(saved(tmp_path / "b.tar", config(BASE), [BASE], ["base"])))
    asyncio.run(store.remove("x", False))
    image = asyncio.run(store.resolve("base"))
    assert (image.layers[0] / "hello").read_bytes() == b"hi"


def test_engine_is_asked(tmp_path: Path) -> None:
    """What the store lacks is taken from the engine, once, with pull missing and never."""
    asked = []
    made = saved(tmp_path / "a.tar", CONFIG, [BASE, TOP], [])

    def save(name: str, target: Path) -> bool:
        asked.append(name)
        shutil.copy(made, target)
        return True

    store = Images(tmp_path / "images", save)
    for pull in ("never", "missing"):
        assert asyncio.run(store.resolve("alpine", pull=pull)).id == sha(CONFIG)
    assert asked == ["alpine:latest"]


@pytest.mark.engine
def test_real_engine(tmp_path: Path) -> None:
    """An image of a real Docker engine is taken from there; one that it lacks is not."""
    docker = pytest.importorskip("docker")
    try:
        client = docker.from_env(timeout=10)
    except docker.errors.DockerException as error:
        pytest.skip(f"no Docker engine: {error}")
    try:
        client.api.import_image_from_data(BASE, "azdock-test-store", "v1")
        store = Images(tmp_path / "images")
        image = asyncio.run(store.resolve("azdock-test-store:v1", pull="never"))
        assert (image.layers[0] / "hello").read_bytes() == b"hi"
        with pytest.raises(ImageError, match="No such image"):
            asyncio.run(store.resolve("azdock-test-store:none", pull="never"))
    finally:
        client.api.remove_image("azdock-test-store:v1", force=True)
        client.close()


def test_broken_index(store: Images, tmp_path: Path) -> None:
    """An index that cannot be read is an error that names the file, never an empty store."""
    (tmp_path / "images/index.json").write_text("{")
    with pytest.raises(ImageError, match=r"index\.json cannot be read") as caught:
        Images(tmp_path / "images", no_engine)
    assert caught.value.code == "STORE_INVALID"


@pytest.mark.parametrize("name", ["nosuch", "sha256:" + "0" * 64])
def test_never(store: Images, name: str) -> None:
    """pull=never asks no registry; an id is in the store or nowhere."""
    with pytest.raises(ImageError, match="No such image") as caught:
        asyncio.run(store.resolve(name, pull="never"))
    assert caught.value.code == "MANIFEST_UNKNOWN"


def test_hostile_archive_leaves_nothing(store: Images, tmp_path: Path) -> None:
    """A refused archive does not change the store."""
    evil = layer(entry("../x"))
    with pytest.raises(ImageError):
        asyncio.run(store.load(saved(tmp_path / "a.tar", config(evil), [evil], ["x"])))
    assert asyncio.run(store.images()) == []
    assert list((tmp_path / "images/layers").iterdir()) == []


def test_layers_that_do_not_match(store: Images, tmp_path: Path) -> None:
    """A configuration about other layers is refused."""
    for layers, code in (([BASE], "MANIFEST_INVALID"), ([TOP, BASE], "DIGEST_INVALID")):
        with pytest.raises(ImageError) as caught:
            asyncio.run(store.load(saved(tmp_path / "a.tar", CONFIG, layers, ["x"])))
        assert caught.value.code == code


@pytest.mark.parametrize(
    ("text", "normal", "familiar"),
    [
        ("busybox", "docker.io/library/busybox:latest", "busybox:latest"),
        ("me/x:v1", "docker.io/me/x:v1", "me/x:v1"),
        ("localhost/x", "localhost/x:latest", "localhost/x:latest"),
        ("localhost:5000/a/b:v1", "localhost:5000/a/b:v1", "localhost:5000/a/b:v1"),
        ("r.azurecr.io/x", "r.azurecr.io/x:latest", "r.azurecr.io/x:latest"),
        ("x:v1@sha256:" + "a" * 64, "docker.io/library/x@sha256:" + "a" * 64, "x@sha256:" + "a" * 64),
    ],
)
def test_references(text: str, normal: str, familiar: str) -> None:
    """Docker's short names are made whole and back."""
    parsed = reference.parse(text)
    assert (parsed.normal, parsed.familiar) == (normal, familiar)


@pytest.mark.parametrize("text", ["", "UPPER", "x:", "x@sha256:1", "a b", "x/../y", "-x", "http://h/x"])
def test_bad_reference(text: str) -> None:
    """What docker refuses as a reference is refused."""
    with pytest.raises(ImageError, match="invalid reference format"):
        reference.parse(text)
