"""azdock create."""

from __future__ import annotations

from pathlib import Path

import pytest

from azdock.errors import NoSuchImage
from tests.support.fakes import ID, Services, World, azdock


def test_prints_the_id() -> None:
    """The id, and the options handed on."""
    services = Services()
    result = azdock(
        "create", "--name", "n", "--pull", "never", "--backend", "job", "busybox", "-d", world=World(services)
    )
    assert (result.out, result.err, result.code) == (f"{ID}\n", "", 0)
    _, spec, *rest = services.calls[0]
    assert rest == ["n", "never", "job"]
    assert spec.command == ("-d",)


@pytest.mark.parametrize(
    ("argv", "err", "code"),
    [
        (("Bad_Image",), "invalid reference format: repository name (library/Bad_Image) must be lowercase\n", 1),
        (
            ("-p", "abc", "busybox"),
            "azdock: invalid containerPort: abc\n\nRun 'azdock create --help' for more information\n",
            125,
        ),
        (("-m", "1m", "busybox"), "Error response from Azure: Minimum memory limit allowed is 6MB\n", 1),
    ],
)
def test_refusals(argv: tuple[str, ...], err: str, code: int) -> None:
    """docker's client frames what it finds in flags, and prints plainly what comes later."""
    result = azdock("create", *argv)
    assert (result.err, result.code) == (err, code)


def test_a_missing_image_is_1() -> None:
    """Unlike run, create answers a failure of the engine with 1."""
    services = Services(fail={"create": NoSuchImage("No such image: x:1")})
    result = azdock("create", "x:1", world=World(services))
    assert (result.err, result.code) == ("Error response from Azure: No such image: x:1\n", 1)


def test_an_existing_id_file_is_refused(tmp_path: Path) -> None:
    """Plainly, with 1."""
    file = tmp_path / "c1"
    file.touch()
    result = azdock("create", "--cidfile", str(file), "busybox")
    text = f"container ID file found, make sure the other container isn't running or delete {file}\n"
    assert (result.err, result.code) == (text, 1)
