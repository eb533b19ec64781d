"""Image references."""

from __future__ import annotations

import pytest

from azdock.docker import image
from azdock.docker.values import BadValue

DIGEST = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize(
    ("text", "familiar", "normal"),
    [
        ("a", "a", "docker.io/library/a:latest"),
        ("docker.io/a", "a", "docker.io/library/a:latest"),
        ("index.docker.io/library/a", "a", "docker.io/library/a:latest"),
        ("library/a", "a", "docker.io/library/a:latest"),
        ("docker.io/a/b:T", "a/b:T", "docker.io/a/b:T"),
        ("a/b/c:t", "a/b/c:t", "docker.io/a/b/c:t"),
        ("a.b/c", "a.b/c", "a.b/c:latest"),
        ("a:5000/c:t", "a:5000/c:t", "a:5000/c:t"),
        ("localhost/a", "localhost/a", "localhost/a:latest"),
        ("A/b:1", "A/b:1", "A/b:1"),
        ("[::1]:5000/a", "[::1]:5000/a", "[::1]:5000/a:latest"),
        ("a--b", "a--b", "docker.io/library/a--b:latest"),
        ("a__b", "a__b", "docker.io/library/a__b:latest"),
        (f"a@{DIGEST}", f"a@{DIGEST}", f"docker.io/library/a@{DIGEST}"),
        (f"a:t@{DIGEST}", f"a:t@{DIGEST}", f"docker.io/library/a:t@{DIGEST}"),
    ],
)
def test_forms(text: str, familiar: str, normal: str) -> None:
    """A reference has a short form for people and a full one for registries."""
    parsed = image.parse(text)
    assert (parsed.familiar(), parsed.normal()) == (familiar, normal)
    assert image.parse(parsed.normal()).normal() == normal


def test_names() -> None:
    """Messages name the tag latest; lists show the name alone."""
    assert image.parse("a").familiar_tagged() == "a:latest"
    assert image.parse("docker.io/a/b:t").familiar_name == "a/b"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Bad", "invalid reference format: repository name (library/Bad) must be lowercase"),
        ("localhost/Bad", "invalid reference format: repository name (Bad) must be lowercase"),
        *((text, "invalid reference format") for text in ("", "a b", "a:b:", "a@b", "a___b", "a..b", "a-", "a/", "/a")),
        *((text, "invalid reference format") for text in ("a//b", ":t", "a:", "https://a/b", "a@sha256:123")),
        ("a:" + "x" * 129, "invalid reference format"),
        ("x" * 250, "repository name must not be more than 255 characters"),
        (f"a@{DIGEST.replace('e3b', 'E3B')}", "invalid checksum digest format"),
        (f"a@{DIGEST.replace('256', '512')}", "invalid checksum digest length"),
    ],
)
def test_refused(text: str, message: str) -> None:
    """A malformed reference is refused in docker's words."""
    with pytest.raises(BadValue) as bad:
        image.parse(text)
    assert str(bad.value) == message
