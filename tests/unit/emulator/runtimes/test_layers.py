"""Layers: every rule of unpacking, and every attack."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import stat
import tarfile
from pathlib import Path

import pytest

from azdock.emulator.runtimes import layers
from azdock.emulator.runtimes.base import ImageError
from tests.unit.emulator.runtimes.tars import entry, layer, sha

DIR, SYM, LNK = tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE


def apply(tmp_path: Path, *blobs: bytes) -> Path:
    """Unpack layers one over the other; the topmost tree."""
    below = None
    for number, blob in enumerate(blobs):
        target = tmp_path / f"tree{number}"
        layers.unpack(io.BytesIO(blob), target, below, sha(blob))
        below = target
    assert below is not None
    return below


def names(tree: Path) -> list[str]:
    """All paths in a tree."""
    return sorted(str(path.relative_to(tree)) for path in tree.rglob("*"))


BASE = layer(entry("d", DIR), entry("d/a", data=b"a"), entry("d/b", data=b"b"), entry("f", data=b"f"))


@pytest.mark.parametrize(
    ("above", "expected"),
    [
        pytest.param([entry("d/.wh.a")], ["d", "d/b", "f"], id="whiteout"),
        pytest.param([entry(".wh.d")], ["f"], id="whiteout of a folder"),
        pytest.param([entry(".wh.none")], ["d", "d/a", "d/b", "f"], id="whiteout of nothing"),
        pytest.param([entry("d", DIR), entry("d/.wh..wh..opq"), entry("d/c")], ["d", "d/c", "f"], id="opaque"),
        pytest.param([entry("d/c"), entry("d/.wh..wh..opq")], ["d", "d/c", "f"], id="opaque after its content"),
        pytest.param([entry("d/a", data=b"x"), entry("d/.wh.a")], ["d", "d/a", "d/b", "f"], id="own file"),
        pytest.param([entry(".wh..wh.plnk")], ["d", "d/a", "d/b", "f"], id="aufs housekeeping"),
        pytest.param([entry("d", data=b"x")], ["d", "f"], id="file replaces folder"),
        pytest.param([entry("f", DIR), entry("f/x")], ["d", "d/a", "d/b", "f", "f/x"], id="folder replaces file"),
        pytest.param([entry("d", SYM, linkname="f")], ["d", "f"], id="symlink replaces folder"),
        pytest.param([entry("n/m/x"), entry("n", DIR)], ["d", "d/a", "d/b", "f", "n", "n/m", "n/m/x"], id="later"),
        pytest.param([entry("/abs")], ["abs", "d", "d/a", "d/b", "f"], id="absolute is relative"),
        pytest.param([entry("./d/../g")], ["d", "d/a", "d/b", "f", "g"], id="dots that stay inside"),
        pytest.param([entry("./", DIR)], ["d", "d/a", "d/b", "f"], id="the root itself"),
    ],
)
def test_layer_over_layer(tmp_path: Path, above: list[tuple[tarfile.TarInfo, bytes]], expected: list[str]) -> None:
    """A layer changes the tree below as the image specification says, and leaves that tree as it was."""
    assert names(apply(tmp_path, BASE, layer(*above))) == expected
    assert names(tmp_path / "tree0") == ["d", "d/a", "d/b", "f"]
    assert (tmp_path / "tree0/d/a").read_bytes() == b"a"


@pytest.mark.parametrize(
    "entries",
    [
        pytest.param([entry("../x")], id="parent"),
        pytest.param([entry("a/../../x")], id="parent in the middle"),
        pytest.param([entry("/../x")], id="parent of the root"),
        pytest.param([entry("x", LNK, linkname="../secret")], id="hard link outside"),
        pytest.param([entry("x", LNK, linkname="/etc/passwd")], id="hard link to the host"),
        pytest.param([entry("s", SYM, linkname="OUT"), entry("s/x")], id="absolute symlink"),
        pytest.param([entry("s", SYM, linkname="../.."), entry("s/x")], id="relative symlink"),
        pytest.param([entry("s", SYM, linkname="../.."), entry("x", LNK, linkname="s/secret")], id="by symlink"),
        pytest.param([entry("s", SYM, linkname="s"), entry("s/x")], id="symlink to itself"),
        pytest.param([entry("s", SYM, linkname="../.."), entry("s/.wh.secret")], id="whiteout by symlink"),
        pytest.param([entry(".wh...")], id="whiteout of the parent"),
        pytest.param([entry("d/.wh..")], id="whiteout of the folder itself"),
        pytest.param([entry("../.wh.secret")], id="whiteout outside"),
        pytest.param([entry("n", tarfile.CHRTYPE, devmajor=1, devminor=3)], id="character device"),
        pytest.param([entry("n", tarfile.BLKTYPE)], id="block device"),
        pytest.param([entry("n", tarfile.FIFOTYPE)], id="fifo"),
        pytest.param([entry("a\0b", pax_headers={"path": "a\0b"})], id="zero byte"),
        pytest.param([entry("", data=b"x")], id="file in place of the root"),
    ],
)
def test_attack(tmp_path: Path, entries: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    """A hostile layer is refused, leaves nothing behind and touches nothing outside."""
    (tmp_path / "secret").write_text("s")
    outside = tmp_path / "outside"
    outside.mkdir()
    for info, _ in entries:
        info.linkname = info.linkname.replace("OUT", str(outside))
    blob = layer(*entries)
    with pytest.raises(ImageError) as caught:
        layers.unpack(io.BytesIO(blob), tmp_path / "tree", None, sha(blob))
    assert caught.value.code == "LAYER_INVALID"
    assert names(tmp_path) == ["outside", "secret"]


def test_size_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A layer that claims more than the limit is refused before it is written."""
    info, _ = entry("big")
    info.size = 1 << 60
    for blob in (info.tobuf(tarfile.GNU_FORMAT), layer(entry("x", data=b"1234"), entry("y", data=b"5678"))):
        with pytest.raises(ImageError, match="larger than"):
            layers.unpack(io.BytesIO(blob), tmp_path / "tree", None, sha(blob))
        monkeypatch.setattr(layers, "MAX_LAYER_BYTES", 7)
    assert names(tmp_path) == []


def test_header_that_eats_memory(tmp_path: Path) -> None:
    """A long name of a terabyte is refused, not read."""
    info, _ = entry("long", tarfile.GNUTYPE_LONGNAME)
    info.size = 1 << 40
    blob = info.tobuf(tarfile.GNU_FORMAT)
    with pytest.raises(ImageError, match="unreasonable"):
        layers.unpack(io.BytesIO(blob), tmp_path / "tree", None, sha(blob))


def test_writes_through_inner_symlinks(tmp_path: Path) -> None:
    """A symlinked folder of the image is followed as inside a container, absolute targets too."""
    base = layer(entry("run", DIR), entry("var", DIR), entry("var/run", SYM, linkname="/run"))
    tree = apply(tmp_path, base, layer(entry("var/run/x", data=b"x")))
    assert (tree / "run/x").read_bytes() == b"x"
    assert (tree / "var/run").is_symlink()


def test_links(tmp_path: Path) -> None:
    """Hard links reach files of this layer and of earlier ones; replacing one name leaves the other."""
    above = [entry("g", LNK, linkname="f"), entry("h", data=b"h"), entry("i", LNK, linkname="/h")]
    tree = apply(tmp_path, BASE, layer(*above), layer(entry("f", data=b"new")))
    assert [(tree / name).read_bytes() for name in "fghi"] == [b"new", b"f", b"h", b"h"]
    assert (tree / "h").samefile(tree / "i")


def test_modes_times_and_owners(tmp_path: Path) -> None:
    """Modes with setuid and sticky and times are kept; owners by root only, silently."""
    tree = apply(
        tmp_path,
        layer(
            entry("t", DIR, mode=0o1777, mtime=1000),
            entry("t/su", data=b"x", mode=0o4755, mtime=2000, uid=123, gid=456),
            entry("ro", DIR, mode=0o555, mtime=3000),
            entry("ro/none", mode=0),
            entry("link", SYM, linkname="/nowhere", uid=7, mtime=5),
        ),
        layer(entry("other")),
    )
    facts = {name: (tree / name).lstat() for name in ("t", "t/su", "ro", "ro/none", "link")}
    assert [stat.S_IMODE(facts[name].st_mode) for name in ("t", "t/su", "ro")] == [0o1777, 0o4755, 0o555]
    assert [facts[name].st_mtime for name in ("t", "t/su", "ro", "link")] == [1000, 2000, 3000, 5]
    owned = [(facts["t/su"].st_uid, facts["t/su"].st_gid), facts["link"].st_uid, stat.S_IMODE(facts["ro/none"].st_mode)]
    me = (os.getuid(), os.getgid())
    assert owned == ([(123, 456), 7, 0] if os.geteuid() == 0 else [me, me[0], 0o400])


@pytest.mark.parametrize("format", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT], ids=["pax", "gnu"])
def test_long_names(tmp_path: Path, format: int) -> None:
    """Names and link targets longer than a header's fields arrive whole, letters beyond ASCII too."""
    long = "ü" * 60 + "/" + "x" * 120
    tree = apply(tmp_path, layer(entry(long, data=b"1"), entry("l", SYM, linkname="y" * 200), format=format))
    assert (tree / long).read_bytes() == b"1"
    assert str((tree / "l").readlink()) == "y" * 200


def test_sparse(tmp_path: Path) -> None:
    """A sparse file has its holes back."""
    info, _ = entry("s", size=8)
    info.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "s"}
    info.pax_headers["GNU.sparse.realsize"] = "2000"
    data = b"1\n1000\n4\n".ljust(512, b"\0") + b"data"
    info.size = len(data)
    tree = apply(tmp_path, layer((info, data)))
    assert (tree / "s").read_bytes() == b"\0" * 1000 + b"data" + b"\0" * 996


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, bytes], ids=["gz", "bz2", "xz", "tar"])
def test_compressions(tmp_path: Path, pack: layers.Callable[[bytes], bytes]) -> None:
    """A layer is unpacked whatever it is packed with, and both its digests are compared."""
    packed = pack(BASE)
    layers.unpack(io.BytesIO(packed), tmp_path / "good", None, sha(BASE), sha(packed))
    for diff_id, digest in ((sha(b"other"), sha(packed)), (sha(BASE), sha(b"other"))):
        with pytest.raises(ImageError) as caught:
            layers.unpack(io.BytesIO(packed), tmp_path / "bad", None, diff_id, digest)
        assert caught.value.code == "DIGEST_INVALID"
    assert [path.name for path in tmp_path.iterdir()] == ["good"]


@pytest.mark.parametrize("blob", [b"\x28\xb5\x2f\xfd" + b"x", gzip.compress(BASE)[:-20], b"junk" * 300, BASE[:700]])
def test_broken(tmp_path: Path, blob: bytes) -> None:
    """zstd (where no library is there), cut off and meaningless layers are refused, and nothing stays."""
    with pytest.raises(ImageError):
        layers.unpack(io.BytesIO(blob), tmp_path / "tree", None, sha(BASE))
    assert names(tmp_path) == []


def test_chain_ids() -> None:
    """The lowest chain id is the diff_id; others hash their parent and their own diff_id."""
    assert layers.chain_ids(["a", "b"]) == ["a", sha(b"a b")]
