"""Pulling: from a real registry, and from small servers that do what a real one rarely does."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from azdock.emulator.runtimes import registry
from azdock.emulator.runtimes.base import ImageError
from azdock.emulator.runtimes.images import Images
from tests.support.registry import Answer, Serve, docker_registry, push, serving
from tests.unit.emulator.runtimes.tars import MACHINE, config, entry, index, layer, manifest, sha

LAYER = layer(entry("hello", data=b"hi"))
CONFIG = config(LAYER, Cmd=["sh"])
PACKED = gzip.compress(LAYER, mtime=0)
MANIFEST = manifest(CONFIG, [PACKED])


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start a server that answers by a script; gives its host:port."""
    with serving() as start:
        yield start


def content(path: str) -> Answer:
    """What a registry that holds the test image as x:v1 answers."""
    known = {f"/v2/x/blobs/{sha(data)}": data for data in (CONFIG, PACKED)} | {"/v2/x/manifests/v1": MANIFEST}
    return (200, {}, known[path]) if path in known else (404, {}, b"")


def pull(tmp_path: Path, name: str, auth: tuple[str, str] | None = None, how: str = "missing") -> str:
    """Pull into a store of its own; the image's id."""
    store = Images(tmp_path / "images", lambda *_: False)
    image = asyncio.run(store.resolve(name, auth, how))
    assert (image.layers[0] / "hello").read_bytes() == b"hi"
    return image.id


def code_of(tmp_path: Path, name: str, auth: tuple[str, str] | None = None) -> str:
    """The code with which a pull fails."""
    with pytest.raises(ImageError) as caught:
        pull(tmp_path, name, auth)
    return caught.value.code


@pytest.fixture
def real(tmp_path: Path) -> Iterator[str]:
    """Debian's docker-registry on a free port; gives host:port."""
    with docker_registry(tmp_path) as host:
        yield host


@pytest.mark.registry
def test_real_registry(tmp_path: Path, real: str) -> None:
    """A real registry's image arrives by tag, by digest and through an index; unknown names have their codes."""
    many = index(**{MACHINE: MANIFEST})
    push(real, CONFIG, PACKED, v1=MANIFEST, many=many)
    for number, name in enumerate(("x:v1", f"x@{sha(MANIFEST)}", "x:many")):
        assert pull(tmp_path / str(number), f"{real}/{name}") == sha(CONFIG)
    assert code_of(tmp_path, f"{real}/x:none") == "MANIFEST_UNKNOWN"
    assert code_of(tmp_path, f"{real}/nosuch:v1") in ("MANIFEST_UNKNOWN", "NAME_UNKNOWN")


@pytest.mark.registry
def test_always(tmp_path: Path, real: str) -> None:
    """pull=always takes what the tag names now."""
    push(real, CONFIG, PACKED, v1=MANIFEST)
    assert pull(tmp_path, f"{real}/x:v1") == sha(CONFIG)
    newer = config(LAYER, Cmd=["other"])
    push(real, newer, v1=manifest(newer, [PACKED]))
    assert pull(tmp_path, f"{real}/x:v1") == sha(CONFIG)
    assert pull(tmp_path, f"{real}/x:v1", how="always") == sha(newer)


BASIC = "Basic bWU6cHc="


def test_basic(tmp_path: Path, serve: Serve) -> None:
    """A Basic challenge is answered with the given credentials; without or with wrong ones: UNAUTHORIZED."""

    def script(path: str, given: str) -> Answer:
        return content(path) if given == BASIC else (401, {"WWW-Authenticate": 'Basic realm="r"'}, b"")

    host = serve(script)
    assert pull(tmp_path, f"{host}/x:v1", ("me", "pw")) == sha(CONFIG)
    assert code_of(tmp_path / "no", f"{host}/x:v1") == "UNAUTHORIZED"
    assert code_of(tmp_path / "no", f"{host}/x:v1", ("me", "bad")) == "UNAUTHORIZED"


def test_bearer(tmp_path: Path, serve: Serve) -> None:
    """A Bearer challenge leads to the token server, with its scope, anonymously or with credentials."""
    asked: list[tuple[str, str]] = []

    def tokens(path: str, given: str) -> Answer:
        asked.append((path, given))
        return 200, {}, b'{"access_token": "t"}'

    realm = f"http://{serve(tokens)}/token"

    def script(path: str, given: str) -> Answer:
        challenge = f'Bearer realm="{realm}",service="s",scope="repository:x:pull"'
        return content(path) if given == "Bearer t" else (401, {"WWW-Authenticate": challenge}, b"")

    host = serve(script)
    for number, auth in enumerate((None, ("me", "pw"))):
        assert pull(tmp_path / str(number), f"{host}/x:v1", auth) == sha(CONFIG)
    query = "/token?scope=repository%3Ax%3Apull&service=s"
    assert asked == [(query, ""), (query, BASIC)]


def test_redirect_keeps_the_secret(tmp_path: Path, serve: Serve) -> None:
    """A blob is fetched from where the registry redirects to, without its Authorization."""
    seen: list[str] = []

    def storage(path: str, given: str) -> Answer:
        seen.append(given)
        return content(path)

    other = serve(storage)

    def script(path: str, given: str) -> Answer:
        if not given:
            return 401, {"WWW-Authenticate": "Basic"}, b""
        return (307, {"Location": f"http://{other}{path}"}, b"") if "/blobs/" in path else content(path)

    assert pull(tmp_path, f"{serve(script)}/x:v1", ("me", "pw")) == sha(CONFIG)
    assert seen == ["", ""]


def test_blob_that_lies(tmp_path: Path, serve: Serve) -> None:
    """A blob with another content is refused."""
    host = serve(lambda path, _: (200, {}, b"{}") if "/blobs/" in path else content(path))
    assert code_of(tmp_path, f"{host}/x:v1") == "DIGEST_INVALID"


@pytest.mark.parametrize(
    ("status", "code", "requests"),
    [(403, "DENIED", 1), (404, "NAME_UNKNOWN", 1), (429, "TOOMANYREQUESTS", 3), (503, "UNREACHABLE", 3)],
)
def test_refusals(
    tmp_path: Path,
    serve: Serve,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    code: str,
    requests: int,
) -> None:
    """A registry's refusal keeps its code and message; only what may pass is tried again, and not for ever."""
    monkeypatch.setattr(registry, "PAUSE", 0.01)
    paths: list[str] = []

    def script(path: str, _given: str) -> Answer:
        paths.append(path)
        return status, {}, json.dumps({"errors": [{"code": code, "message": "its words"}]}).encode()

    host = serve(script)
    with pytest.raises(ImageError, match="its words") as caught:
        pull(tmp_path, f"{host}/x:v1")
    assert (caught.value.code, len(paths)) == (code, requests)


def test_nobody_there(tmp_path: Path) -> None:
    """A registry that does not answer is UNREACHABLE, at once."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        assert code_of(tmp_path, f"127.0.0.1:{probe.getsockname()[1]}/x:v1") == "UNREACHABLE"
