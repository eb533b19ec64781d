"""An image's configuration from a registry: scripted ones, and a real one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from azdock import errors
from azdock.azure.registry import ImageConfig, Repository, Target, digest_of
from azdock.azure.registrycalls import Calls
from azdock.azure.registrycredentials import Credential
from azdock.azure.web import client, httpx
from tests.support.registry import Answer, Serve, docker_registry, push, serving
from tests.unit.azure.azures import Script, answer
from tests.unit.emulator.runtimes.tars import config, index, manifest, sha

FACTS = {
    "Entrypoint": ["/entry"], "Cmd": ["a", "b"], "Env": ["PATH=/bin", "X="], "WorkingDir": "/w", "User": "1:2",
    "Labels": {"k": "v"}, "ExposedPorts": {"80/tcp": {}, "53/udp": {}}, "Volumes": {"/data": {}},
    "Healthcheck": {"Test": ["CMD-SHELL", "true"], "Interval": 5_000_000_000, "Retries": 2, "Timeout": 0},
}  # fmt: skip
CONFIG = config(**FACTS)
MANIFEST = manifest(CONFIG, [])
EXPECTED = ImageConfig(
    sha(CONFIG), ("/entry",), ("a", "b"), ("PATH=/bin", "X="), "/w", "1:2", {"k": "v"}, ("53/udp", "80/tcp"),
    ("/data",), ("CMD-SHELL", "true"), {"Interval": 5_000_000_000, "Retries": 2},
)  # fmt: skip
BASIC = "Basic bWU6cHc="


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start a server that answers by a script; gives its host:port."""
    with serving() as start:
        yield start


@pytest.fixture
def real(tmp_path: Path) -> Iterator[str]:
    """Debian's docker-registry; gives host:port."""
    with docker_registry(tmp_path) as host:
        yield host


def content(path: str, top: bytes = MANIFEST, *others: bytes, blob: bytes = CONFIG) -> Answer:
    """What a registry that holds an image as x:v1 answers."""
    known = {f"/v2/x/manifests/{sha(one)}": one for one in (top, *others)}
    known |= {"/v2/x/manifests/v1": top, f"/v2/x/blobs/{sha(CONFIG)}": blob}
    return (200, {}, known[path]) if path in known else (404, {}, b"")


def read(host: str, tag: str = "v1", *credentials: Credential, path: str = "x") -> ImageConfig:
    """An image's configuration; `tag` may be a digest."""
    target = Target(host, path, digest=tag) if ":" in tag else Target(host, path, tag)
    with client(f"http://{host}") as http:
        repository = Repository(target, Calls(http), iter(credentials))
        digest, data = repository.top()
        assert digest == digest_of(data)
        return repository.config(data)


@pytest.mark.registry
def test_real_registry(real: str) -> None:
    """A real registry's image is read by tag, by digest and through an index; what is not there is NoSuchImage."""
    other = config(Cmd=["arm"])
    many = index(arm64=manifest(other, []), amd64=MANIFEST)
    push(real, CONFIG, other, v1=MANIFEST, arm=manifest(other, []), many=many)
    for name in ("v1", sha(MANIFEST), "many", sha(many)):
        assert read(real, name) == EXPECTED
    for path, tag in (("x", "none"), ("nosuch", "v1")):
        with pytest.raises(errors.NoSuchImage, match="unknown"):
            read(real, tag, path=path)


def test_accept(serve: Serve) -> None:
    """Manifests are asked for in OCI's and docker's form, alone and as indexes; the Hub by its own host."""
    script = Script(answer(json={}))
    http = client("", httpx.MockTransport(script))
    Repository(Target("docker.io", "library/busybox", "latest"), Calls(http), iter(())).top()
    asked = script.asked[0]
    assert str(asked.url) == "https://registry-1.docker.io/v2/library/busybox/manifests/latest"
    assert asked.headers["Accept"].count("application/vnd.oci.") == 2
    assert asked.headers["Accept"].count("application/vnd.docker.distribution.manifest.") == 2


def test_index_of_indexes(serve: Serve) -> None:
    """An index in an index is followed, entries that are no images are passed over, and there is an end to it."""
    inner = index(amd64=MANIFEST)
    outer = json.loads(index(unknown=b"{}", amd64=inner))
    outer["manifests"] += ["nonsense", {"digest": "sha256:0"}]
    top = json.dumps(outer).encode()
    assert read(serve(lambda path, _: content(path, top, inner, MANIFEST))) == EXPECTED
    deeper = index(amd64=index(amd64=top))
    with pytest.raises(errors.AzdockError, match="index of indexes"):
        read(serve(lambda path, _: content(path, deeper, index(amd64=top), top, inner, MANIFEST)))


def test_other_platform(serve: Serve) -> None:
    """An index without an image for Azure's machines is an error, not another machine's image."""
    top = index(arm64=MANIFEST)
    with pytest.raises(errors.AzdockError, match="linux/amd64"):
        read(serve(lambda path, _: content(path, top, MANIFEST)))


def test_basic(serve: Serve) -> None:
    """Credentials are sent when the registry asks for them, and refused ones are Forbidden."""
    host = serve(lambda path, given: content(path) if given == BASIC else (401, {"WWW-Authenticate": "Basic"}, b""))
    assert read(host, "v1", Credential("me", "pw")) == EXPECTED
    assert read(host, "v1", Credential("me", "old"), Credential("me", "pw")) == EXPECTED
    for credentials in ((), (Credential(),), (Credential("me", "bad"),)):
        with pytest.raises(errors.Forbidden):
            read(host, "v1", *credentials)


def test_open_registry_is_told_nothing(serve: Serve) -> None:
    """Without a challenge no credential is even looked for."""

    def nobody() -> Iterator[Credential]:
        raise AssertionError("asked for a credential")
        yield

    host = serve(lambda path, _: content(path))
    with client(f"http://{host}") as http:
        assert Repository(Target(host, "x", "v1"), Calls(http), nobody()).top()[1] == MANIFEST


def test_bearer(serve: Serve) -> None:
    """A token is asked for once and serves the manifest and the configuration."""
    asked: list[tuple[str, str]] = []

    def tokens(path: str, given: str) -> Answer:
        asked.append((path, given))
        return 200, {}, b'{"token": "t"}'

    realm = f"http://{serve(tokens)}/token"

    def script(path: str, given: str) -> Answer:
        challenge = f'Bearer realm="{realm}",service="s"'
        return content(path) if given == "Bearer t" else (401, {"WWW-Authenticate": challenge}, b"")

    assert read(serve(script), "v1", Credential("me", "pw")) == EXPECTED
    assert asked == [("/token?scope=repository%3Ax%3Apull&service=s", BASIC)]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_keeps_the_secret(serve: Serve, status: int) -> None:
    """A configuration is fetched from where the registry redirects to, without its Authorization."""
    seen: list[str] = []

    def storage(path: str, given: str) -> Answer:
        seen.append(given)
        return content(path)

    other = serve(storage)

    def script(path: str, given: str) -> Answer:
        if given != BASIC:
            return 401, {"WWW-Authenticate": "Basic"}, b""
        return (status, {"Location": f"http://{other}{path}"}, b"") if "/blobs/" in path else content(path)

    assert read(serve(script), "v1", Credential("me", "pw")) == EXPECTED
    assert seen == [""]


def test_storage_that_asks_for_credentials(serve: Serve) -> None:
    """Another host's challenge is not answered: it would get the registry's password."""
    other = serve(lambda *_: (401, {"WWW-Authenticate": "Basic"}, b""))
    host = serve(lambda path, _: (307, {"Location": f"http://{other}{path}"}, b""))
    with pytest.raises(errors.Forbidden):
        read(host, "v1", Credential("me", "pw"))


@pytest.mark.parametrize("location", ["/again", "", "http://x.io/", "file:///etc/passwd", "https://["])
def test_bad_redirects(serve: Serve, location: str) -> None:
    """Going in circles, or to where a registry has no business to send us, ends in an error."""
    host = serve(lambda *_: (307, {"Location": location}, b""))
    with pytest.raises(errors.AzdockError, match="redirects"):
        read(host)


def test_something_else(serve: Serve) -> None:
    """What does not have its digest is not believed: neither a manifest nor a configuration."""
    host = serve(lambda path, _: content(path, blob=b"{}"))
    with pytest.raises(errors.AzdockError, match="something else"):
        read(host)
    for digest in ("sha256:" + "0" * 64, "md5:" + "0" * 32):
        host = serve(lambda path, _: (200, {}, MANIFEST))
        with pytest.raises(errors.AzdockError, match="something else"):
            read(host, digest)


def with_config(**changes: Any) -> bytes:
    """The manifest with another `config`."""
    body = json.loads(MANIFEST)
    return json.dumps({**body, "config": {**body["config"], **changes}}).encode()


@pytest.mark.parametrize(
    "top",
    [
        b"not JSON", b"[]", b"{}", b'{"schemaVersion": 1, "fsLayers": []}', b'{"config": "x"}', b'{"manifests": {}}',
        with_config(digest=None), with_config(mediaType="application/vnd.cncf.helm.config.v1+json"),
    ],
)  # fmt: skip
def test_no_image(serve: Serve, top: bytes) -> None:
    """A manifest of another kind, or none at all, is an AzdockError."""
    with pytest.raises(errors.AzdockError, match=r"manifest|image"):
        read(serve(lambda path, _: content(path, top)))


@pytest.mark.parametrize(
    "facts",
    [
        {"Entrypoint": "sh"}, {"Cmd": [1]}, {"Env": {"A": "b"}}, {"WorkingDir": ["/"]}, {"User": 0.5},
        {"Labels": {"a": 1}}, {"Labels": ["a"]}, {"ExposedPorts": ["80"]}, {"Volumes": "x"}, {"Healthcheck": ["true"]},
        {"Healthcheck": {"Test": "true"}},
    ],
)  # fmt: skip
def test_bad_configuration(serve: Serve, facts: dict[str, Any]) -> None:
    """A configuration that breaks the standard is an AzdockError: a wrong command would be worse than none."""
    bad = config(**facts)
    known = {"/v2/x/manifests/v1": manifest(bad, []), f"/v2/x/blobs/{sha(bad)}": bad}
    with pytest.raises(errors.AzdockError, match=r"of the image (is|are) no"):
        read(serve(lambda path, _: (200, {}, known[path])))


@pytest.mark.parametrize("body", [{"config": None}, {}, {"config": {"Entrypoint": None, "Labels": None}}])
def test_empty_configuration(serve: Serve, body: dict[str, Any]) -> None:
    """An image that says nothing has empty facts, but it has an id."""
    bare = json.dumps(body).encode()
    known = {"/v2/x/manifests/v1": manifest(bare, []), f"/v2/x/blobs/{sha(bare)}": bare}
    assert read(serve(lambda path, _: (200, {}, known[path]))) == ImageConfig(sha(bare))


def test_huge_labels(serve: Serve) -> None:
    """Labels that no resource could carry are left out; the others stay, in their order."""
    facts = {"z": "1", "io.buildpacks.lifecycle.metadata": "x" * 50_000, "a": "2"}
    bare = config(Labels=facts)
    known = {"/v2/x/manifests/v1": manifest(bare, []), f"/v2/x/blobs/{sha(bare)}": bare}
    assert list(read(serve(lambda path, _: (200, {}, known[path]))).labels.items()) == [("z", "1"), ("a", "2")]


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (404, b'{"errors":[{"code":"MANIFEST_UNKNOWN","message":"its words"}]}', errors.NoSuchImage, "its words"),
        (401, b'{"errors":[{"code":"UNAUTHORIZED","message":"its words"}]}', errors.Forbidden, "its words"),
        (403, b"<html>", errors.Forbidden, "403"),
        (429, b'{"errors":[]}', errors.AzureFailure, "429"),
        (503, b"", errors.AzureFailure, "503"),
    ],
)
def test_refusals(serve: Serve, status: int, body: bytes, kind: type[errors.AzdockError], words: str) -> None:
    """What does not exist, what is not told to us, and what failed are different errors."""
    with pytest.raises(kind, match=words) as caught:
        read(serve(lambda *_: (status, {}, body)))
    assert type(caught.value) is kind
