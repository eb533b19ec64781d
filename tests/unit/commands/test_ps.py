"""azdock ps."""

from __future__ import annotations

import pytest

from tests.support.fakes import ID, Services, World, azdock, record


def services() -> Services:
    return Services(records={"web": record()})


@pytest.mark.parametrize(
    ("argv", "all", "last"),
    [
        ((), False, 0),
        (("-a",), True, 0),
        (("-l",), False, 1),
        (("-n", "2"), False, 2),
        (("-n", "-1"), False, 0),
        (("-aq",), True, 0),
    ],
)
def test_what_is_asked(argv: tuple[str, ...], all: bool, last: int) -> None:
    """Flags become a question to the service."""
    made = services()
    azdock("ps", *argv, world=World(made))
    asked = made.calls[-1][1]
    assert (asked["all"], asked["last"]) == (all, last)


@pytest.mark.parametrize(
    ("argv", "out"),
    [
        (("-q",), ID[:12] + "\n"),
        (("-q", "--no-trunc"), ID + "\n"),
        (("--format", "{{.Names}}|{{.Image}}|{{.State}}"), "web|busybox|running\n"),
        (("--format", "plain"), "plain\n"),
    ],
)
def test_output(argv: tuple[str, ...], out: str) -> None:
    """docker's forms."""
    assert azdock("ps", *argv, world=World(services())).out == out


def test_table() -> None:
    """docker's columns, under both names."""
    for words in (("ps",), ("container", "ls")):
        lines = azdock(*words, world=World(services())).out.splitlines()
        assert lines[0].split() == ["CONTAINER", "ID", "IMAGE", "COMMAND", "CREATED", "STATUS", "PORTS", "NAMES"]
        assert lines[1].startswith(ID[:12])
        assert lines[1].endswith("web")


@pytest.mark.parametrize(
    ("argv", "err", "code"),
    [
        (("--filter", "bogus=1"), "Error response from Azure: Invalid filter 'bogus'\n", 1),
        (("--format", "{{.Names"), "failed to parse template: template: :1: unclosed action\n", 1),
        (
            ("--format", "{{.Nope}}"),
            'failed to execute template: template: :1:2: executing "" at <.Nope>: '
            "can't evaluate field Nope in type *formatter.ContainerContext\n",
            1,
        ),
    ],
)
def test_mistakes(argv: tuple[str, ...], err: str, code: int) -> None:
    """docker's words."""
    result = azdock("ps", *argv)
    assert (result.out, result.err, result.code) == ("", err, code)


def test_quiet_and_format() -> None:
    """-q wins over --format, and says so on stderr in docker's words."""
    done = azdock("ps", "-q", "--format", "{{.Names}}")
    assert "WARNING: Ignoring custom format, because both --format and --quiet are set." in done.err
