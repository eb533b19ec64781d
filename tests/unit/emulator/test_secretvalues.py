"""Which of a resource's registries an image belongs to."""

from __future__ import annotations

import pytest

from azdock.emulator.secretvalues import credentials


@pytest.mark.parametrize(
    ("image", "found"),
    [
        ("reg.example/a/b:1", True),
        ("reg.example:5000/a", False),
        ("reg.example", False),
        ("a/b", False),
        ("other.example/reg.example/a", False),
    ],
)
def test_credentials_by_server(image: str, found: bool) -> None:
    """The server is the image's first part when that looks like a host."""
    configuration = {
        "secrets": [{"name": "p", "value": "word"}],
        "registries": [{"server": "https://reg.example/", "username": "u", "passwordSecretRef": "p"}],
    }
    job = {"properties": {"configuration": configuration}}
    assert credentials(job, image) == (("u", "word") if found else None)


@pytest.mark.parametrize("server", ["docker.io", "index.docker.io", "registry-1.docker.io"])
def test_docker_hub_has_many_names(server: str) -> None:
    """An image without a host is on Docker Hub."""
    job = {"properties": {"configuration": {"registries": [{"server": server, "username": "u"}]}}}
    assert credentials(job, "busybox") == ("u", "")
