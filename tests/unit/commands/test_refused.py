"""Verbs that azdock refuses."""

from __future__ import annotations

import pytest

from tests.support.fakes import Services, World, azdock, record


def world() -> World:
    """A world with the container c."""
    return World(Services(records={"c": record("c")}))


@pytest.mark.parametrize(
    "argv",
    [
        ("build", "-t", "x", "."),
        ("network", "connect", "a", "b"),
        ("volume", "update", "--availability", "drain", "v"),
        ("swarm", "init", "--force-new-cluster=false"),
        ("trust", "key", "load", "f"),
        ("service", "create", "i", "cmd", "--any"),
    ],
)
def test_refused_with_a_reason(argv: tuple[str, ...]) -> None:
    """Exit code 125 and one sentence that names the verb; nothing is silently ignored."""
    result = azdock(*argv, world=world())
    assert result.code == 125
    assert result.out == ""
    assert result.err.startswith(f"azdock {argv[0]}")


@pytest.mark.parametrize("argv", [("attach", "x"), ("container", "diff", "x"), ("pause", "x"), ("commit", "x")])
def test_what_does_not_exist_is_told_first(argv: tuple[str, ...]) -> None:
    """A script that asks for a container that is gone learns that, with docker's exit code."""
    result = azdock(*argv, world=world())
    assert (result.err, result.code) == ("Error response from Azure: No such container: x\n", 1)


def test_images_too() -> None:
    """The same for verbs about images."""
    result = azdock("history", "x", world=world())
    assert (result.err, result.code) == ("Error response from Azure: No such image: x:latest\n", 1)


@pytest.mark.parametrize(
    ("argv", "text", "code"),
    [
        (("attach",), "azdock: 'azdock attach' requires 1 argument", 1),
        (
            ("secret", "create", "a", "b", "c"),
            "azdock: 'azdock secret create' requires at least 1 and at most 2 arguments",
            1,
        ),
        (("build", "--nosuch", "."), "unknown flag: --nosuch", 125),
        (("update", "-m", "1x", "c"), 'invalid argument "1x" for "-m, --memory" flag: invalid suffix: \'x\'', 125),
    ],
)
def test_the_command_line_is_checked_first(argv: tuple[str, ...], text: str, code: int) -> None:
    """A mistake is told as docker tells it, although the verb would be refused anyway."""
    result = azdock(*argv)
    assert (result.err.splitlines()[0], result.code) == (text, code)


def test_help_gaps_lists_them_all() -> None:
    """One table for people."""
    result = azdock("help", "gaps")
    assert result.code == 0
    assert "\n  build\n      there is no builder in Azure Container Apps\n" in result.out
