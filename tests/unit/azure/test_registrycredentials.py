"""docker's logins: the file, the variable, and the helper programs."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from azdock.azure import progress, registrycredentials
from azdock.azure.registrycredentials import Credential, configured


@pytest.fixture
def warned() -> Iterator[list[str]]:
    """What the user was warned about."""
    said: list[str] = []
    progress.listen(warning=said.append)
    yield said
    progress.listen()


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def environ(folder: Path, **config: Any) -> dict[str, str]:
    """The environment of somebody whose docker configuration is `config`."""
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config))
    return {"DOCKER_CONFIG": str(folder)}


def helper(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, script: str) -> None:
    """Install docker-credential-NAME."""
    program = folder / f"docker-credential-{name}"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


@pytest.mark.parametrize(
    ("host", "auths", "expected"),
    [
        ("r.io", {"r.io": {"auth": encoded("me:p:w")}}, Credential("me", "p:w")),
        ("r.io:5000", {"r.io:5000": {"auth": encoded("me:pw\0")}}, Credential("me", "pw")),
        ("r.io", {"https://r.io/v1/": {"auth": encoded("me:pw")}}, Credential("me", "pw")),
        ("r.io", {"r.io": {"username": "me", "password": "pw"}}, Credential("me", "pw")),
        ("docker.io", {"https://index.docker.io/v1/": {"auth": encoded("me:pw")}}, Credential("me", "pw")),
        ("r.io", {"r.io": {"auth": encoded("0:"), "identitytoken": "it"}}, Credential("0", "", "it")),
        ("r.io", {"r.io": {"registrytoken": "rt"}}, Credential(bearer="rt")),
        ("r.io", {"other.io": {"auth": encoded("me:pw")}}, None),
        ("r.io", {"r.io.evil": {"auth": encoded("me:pw")}, "https://[": {}}, None),
        ("r.io", {"r.io": {}}, None),
        ("r.io", {"r.io": {"auth": "no base64"}}, None),
        ("r.io", {"r.io": "text"}, None),
        ("r.io", [], None),
    ],
)
def test_auths(tmp_path: Path, host: str, auths: object, expected: Credential | None) -> None:
    """An entry of the file is found by its host, in every form docker has written."""
    assert list(configured(host, environ(tmp_path, auths=auths))) == ([expected] if expected else [])


def test_home(tmp_path: Path) -> None:
    """Without DOCKER_CONFIG the file is ~/.docker/config.json; none is no error."""
    assert list(configured("r.io", {"HOME": str(tmp_path)})) == []
    environ(tmp_path / ".docker", auths={"r.io": {"auth": encoded("me:pw")}})
    assert list(configured("r.io", {"HOME": str(tmp_path)})) == [Credential("me", "pw")]


def test_variable(tmp_path: Path) -> None:
    """DOCKER_AUTH_CONFIG comes before the file."""
    given = environ(tmp_path, auths={"r.io": {"auth": encoded("file:pw")}})
    given["DOCKER_AUTH_CONFIG"] = json.dumps({"auths": {"r.io": {"auth": encoded("env:pw")}}})
    assert [one.user for one in configured("r.io", given)] == ["env", "file"]


ECHO = 'read key; test "$1" = get && printf \'{"ServerURL":"%s","Username":"me","Secret":"of %s"}\' "$key" "$key"'


@pytest.mark.parametrize(
    ("host", "config", "expected"),
    [
        ("r.io", {"credsStore": "test"}, Credential("me", "of r.io")),
        ("docker.io", {"credsStore": "test"}, Credential("me", "of https://index.docker.io/v1/")),
        ("r.io", {"credHelpers": {"r.io": "test"}, "credsStore": "absent"}, Credential("me", "of r.io")),
        ("r.io", {"credHelpers": {"other.io": "test"}}, None),
    ],
)
def test_helper(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str, config: Mapping[str, Any], expected: Credential | None
) -> None:
    """A helper program is asked for the server's name; one for this registry comes before the general one."""
    helper(tmp_path, monkeypatch, "test", ECHO)
    assert list(configured(host, environ(tmp_path, **config))) == ([expected] if expected else [])


def test_helper_with_an_identity_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The user <token> marks an identity token."""
    helper(tmp_path, monkeypatch, "test", 'echo \'{"Username":"<token>","Secret":"it"}\'')
    assert list(configured("r.io", environ(tmp_path, credsStore="test"))) == [Credential(identity="it")]


@pytest.mark.parametrize(
    ("script", "warnings"),
    [
        ("echo credentials not found in native keychain; exit 1", 0),
        ('echo \'{"Username":"me","Secret":""}\'', 0),
        ("echo nonsense", 1),
        ("echo '[]'", 1),
    ],
)
def test_helper_that_knows_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, warned: list[str], script: str, warnings: int
) -> None:
    """A helper without an answer leaves the file's own entry; one that talks nonsense is named, not quoted."""
    helper(tmp_path, monkeypatch, "test", script)
    given = environ(tmp_path, credsStore="test", auths={"r.io": {"auth": encoded("me:pw")}})
    assert list(configured("r.io", given)) == [Credential("me", "pw")]
    assert len(warned) == warnings
    assert "nonsense" not in "".join(warned)


def test_helper_that_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, warned: list[str]) -> None:
    """A helper that waits for somebody is ended."""
    monkeypatch.setattr(registrycredentials, "HELPER_SECONDS", 0.2)
    helper(tmp_path, monkeypatch, "test", "exec sleep 60")
    assert list(configured("r.io", environ(tmp_path, credsStore="test"))) == []
    assert warned == ["docker-credential-test gave no credentials: TimeoutExpired"]


def test_helper_that_is_not_installed(tmp_path: Path, warned: list[str]) -> None:
    """The user hears which program is missing."""
    assert list(configured("r.io", environ(tmp_path, credsStore="azdock-absent"))) == []
    assert warned == ["docker's configuration names docker-credential-azdock-absent, which is not installed"]


def test_broken_file(tmp_path: Path, warned: list[str]) -> None:
    """A file that is no JSON is reported without its content, as it holds passwords."""
    given = environ(tmp_path)
    (tmp_path / "config.json").write_text('{"auths": hunter2')
    assert list(configured("r.io", given)) == []
    assert len(warned) == 1 and "hunter2" not in warned[0]


def test_secrets_are_not_shown() -> None:
    """A credential in an error or a log shows its user only."""
    assert "hidden" not in repr(Credential("me", "hidden", "hidden", "hidden"))
