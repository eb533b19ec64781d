"""The embedded image store's calls."""

from __future__ import annotations

from pathlib import Path

import pytest

from azdock.azure.images import EmbeddedImages
from azdock.errors import AzdockError, AzureFailure, Conflict, NoSuchImage
from tests.unit.azure.azures import Script, answer, cloud, refusal


def images(home: Path, *answers: object) -> tuple[EmbeddedImages, Script]:
    script = Script(*answers)  # type: ignore[arg-type]
    return EmbeddedImages(cloud(home, script)), script


def test_list(tmp_path: Path) -> None:
    """The store's images as they are told."""
    calls, script = images(tmp_path, answer(json={"value": [{"id": "1"}]}))
    assert calls.all() == [{"id": "1"}]
    assert script.asked[0].url.path == "/_azdock/images"
    calls.close()


def test_describe(tmp_path: Path) -> None:
    """A reference travels whole, with docker's pull policy."""
    calls, script = images(tmp_path, answer(json={"id": "sha256:1"}))
    assert calls.describe("reg:5000/a/b@sha256:0&x", "always") == {"id": "sha256:1"}
    assert dict(script.asked[0].url.params) == {"reference": "reg:5000/a/b@sha256:0&x", "pull": "always"}


def test_refusals(tmp_path: Path) -> None:
    """A missing image and one in use are docker's errors, without Azure's code in the sentence."""
    calls, _ = images(tmp_path, refusal(404, "NOT_FOUND", "No such image: x"))
    with pytest.raises(NoSuchImage, match=r"^No such image: x$"):
        calls.describe("x", "never")
    calls, _ = images(tmp_path, refusal(409, "CONFLICT", "conflict: in use"))
    with pytest.raises(Conflict, match=r"^conflict: in use$"):
        calls.remove("x", False)
    calls, _ = images(tmp_path, refusal(400, "INVALID_ARCHIVE", "bad"))
    with pytest.raises(AzureFailure, match="INVALID_ARCHIVE"):
        calls.remove("x", True)


def test_remove(tmp_path: Path) -> None:
    """What was untagged and deleted, in order."""
    calls, script = images(tmp_path, answer(json={"changes": [["Untagged", "a"], ["Deleted", "b"]]}))
    assert calls.remove("a", True) == [("Untagged", "a"), ("Deleted", "b")]
    assert script.asked[0].url.params["force"] == "true"


def test_load(tmp_path: Path) -> None:
    """An archive is sent whole after the token was tried, and once more from its beginning if it is refused."""
    archive = tmp_path / "a.tar"
    archive.write_bytes(b"x" * 300_000)
    calls, script = images(tmp_path, answer(), refusal(401, "Expired"), answer(json={"references": ["a:latest"]}))
    assert calls.load(str(archive)) == ["a:latest"]
    assert [len(body) for body in script.bodies] == [0, 300_000, 300_000]
    assert script.tokens == ["t1", "t1", "t2"]


def test_unreadable_archive(tmp_path: Path) -> None:
    """Docker's sentence for a file that cannot be opened; nothing is asked."""
    calls, script = images(tmp_path)
    with pytest.raises(AzdockError, match="no such file or directory"):
        calls.load(str(tmp_path / "none"))
    with pytest.raises(AzdockError, match="is a directory"):
        calls.load(str(tmp_path))
    assert script.asked == []
