"""From a command line to a verb's body: dispatch, arity, usage errors, help."""

from __future__ import annotations

import pytest

from azdock.catalogue import MANY, Row
from azdock.cli.verb import check_arity
from azdock.errors import ArgumentCount
from tests.support.fakes import Services, World, azdock, record


def usage(verb: str, arguments: str) -> str:
    return f"\n\nUsage:  azdock {verb} {arguments}".rstrip() + f"\n\nRun 'azdock {verb} --help' for more information\n"


@pytest.mark.parametrize(
    ("least", "most", "count", "text"),
    [
        (0, 0, 1, "accepts no arguments"),
        (1, 1, 0, "requires 1 argument"),
        (2, 2, 3, "requires 2 arguments"),
        (0, 1, 2, "requires at most 1 argument"),
        (1, 2, 0, "requires at least 1 and at most 2 arguments"),
        (1, MANY, 0, "requires at least 1 argument"),
        (2, MANY, 1, "requires at least 2 arguments"),
    ],
)
def test_arity(least: int, most: int, count: int, text: str) -> None:
    """Each kind of arity has docker's sentence, and "See" where docker says "See"."""
    row = Row("x", "", ("x",), (), "ARGS", least, most, "")
    see = "See" if most == MANY else "Run"
    with pytest.raises(ArgumentCount) as caught:
        check_arity(row, "azdock x", count)
    assert caught.value.message == (
        f"azdock: 'azdock x' {text}\n\nUsage:  azdock x ARGS\n\n{see} 'azdock x --help' for more information"
    )


@pytest.mark.parametrize(("least", "most", "count"), [(0, 0, 0), (1, 1, 1), (0, 1, 1), (1, 2, 2), (1, MANY, 9)])
def test_arity_fits(least: int, most: int, count: int) -> None:
    """What fits is let through."""
    check_arity(Row("x", "", ("x",), (), "", least, most, ""), "azdock x", count)


@pytest.mark.parametrize(
    ("argv", "err"),
    [
        (("run", "--nosuch", "i"), "unknown flag: --nosuch" + usage("run", "[OPTIONS] IMAGE [COMMAND] [ARG...]")),
        (("run", "--name"), "flag needs an argument: --name" + usage("run", "[OPTIONS] IMAGE [COMMAND] [ARG...]")),
        (
            ("container", "run", "-Z"),
            "unknown shorthand flag: 'Z' in -Z" + usage("container run", "[OPTIONS] IMAGE [COMMAND] [ARG...]"),
        ),
        (
            ("run", "--rm=maybe", "i"),
            'invalid argument "maybe" for "--rm" flag: strconv.ParseBool: parsing "maybe": invalid syntax'
            + usage("run", "[OPTIONS] IMAGE [COMMAND] [ARG...]"),
        ),
        (
            ("create", "-d", "i"),
            "unknown shorthand flag: 'd' in -d" + usage("create", "[OPTIONS] IMAGE [COMMAND] [ARG...]"),
        ),
        (("build", "--nosuch", "."), "unknown flag: --nosuch" + usage("build", "[OPTIONS] PATH | URL | -")),
    ],
)
def test_usage_errors(argv: tuple[str, ...], err: str) -> None:
    """A bad flag is told in docker's words with the usage line, and the exit code is 125."""
    result = azdock(*argv)
    assert (result.out, result.err, result.code) == ("", err, 125)


@pytest.mark.parametrize(
    ("argv", "err", "code"),
    [
        (("bogus",), "azdock: unknown command: azdock bogus\n\nRun 'azdock --help' for more information\n", 1),
        (
            ("container", "bogus"),
            "azdock: unknown command: azdock container bogus\n\nUsage:  azdock container\n\n"
            "Run 'azdock container --help' for more information\n",
            1,
        ),
        (
            ("pss", "-a"),
            "unknown shorthand flag: 'a' in -a\n\nUsage:  azdock [OPTIONS] COMMAND [ARG...]\n\n"
            "Run 'azdock --help' for more information\n",
            125,
        ),
        (
            ("--bogus", "ps"),
            "unknown flag: --bogus\n\nUsage:  azdock [OPTIONS] COMMAND [ARG...]\n\n"
            "Run 'azdock --help' for more information\n",
            125,
        ),
        (("help", "bogus"), "unknown help topic: bogus\n", 1),
    ],
)
def test_unknown_commands(argv: tuple[str, ...], err: str, code: int) -> None:
    """Unknown verbs, nouns' verbs, global flags and help topics are told as docker tells them."""
    result = azdock(*argv)
    assert (result.out, result.err, result.code) == ("", err, code)


def test_daemon_flags_are_refused_with_their_reason() -> None:
    """--host means nothing without a daemon, and azdock says so instead of ignoring it."""
    result = azdock("-H", "tcp://x", "ps")
    assert result.code == 125
    assert "there is no daemon" in result.err
    assert "\nhint: " in result.err


@pytest.mark.parametrize(
    "argv", [("container", "ls", "--help"), ("container", "list", "--help"), ("help", "container", "ls")]
)
def test_help_of_a_verb(argv: tuple[str, ...]) -> None:
    """Help goes to stdout, names the canonical path, lists every spelling, and succeeds."""
    result = azdock(*argv)
    assert result.code == 0
    assert result.err == ""
    assert result.out.startswith("Usage:  azdock container ls [OPTIONS]\n\nList containers\n\nAliases:\n")
    assert "  azdock container ls, azdock container list, azdock container ps, azdock ps\n" in result.out
    assert "\nOptions:\n  -a, --all             Show all containers" in result.out


def test_a_noun_alone_prints_its_help_as_an_error() -> None:
    """docker writes the help to stderr then, and succeeds."""
    result = azdock("container")
    assert (result.out, result.code) == ("", 0)
    assert result.err.startswith("Usage:  azdock container COMMAND\n")


def test_flags_may_follow_arguments_where_docker_allows_it() -> None:
    """`rm NAME -f` forces."""
    services = Services(records={"web": record()})
    assert azdock("rm", "web", "-fv", world=World(services)).out == "web\n"
    assert services.calls[-1] == ("remove", "web", True, True)
