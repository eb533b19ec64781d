"""Help as docker lays it out."""

from __future__ import annotations

from azdock import catalogue
from azdock.cli import help
from azdock.cli.flags import Flag


def test_flag_lines_are_wrapped_as_pflag_does() -> None:
    """Columns line up, long texts wrap under themselves, defaults come last."""
    lines = [
        ("a", "all", "bool", "Show all containers (default shows just running)", ""),
        ("n", "last", "int", "Show n last created containers (includes all states)", "(default -1)"),
        ("", "no-trunc", "bool", "Don't truncate output", ""),
    ]
    assert help.flag_lines(lines, 79) == (
        "  -a, --all        Show all containers (default shows just running)\n"
        "  -n, --last int   Show n last created containers (includes all states)\n"
        "                   (default -1)\n"
        "      --no-trunc   Don't truncate output\n"
    )


def test_verb_help() -> None:
    """Usage, help line, aliases, options; hidden flags stay hidden, defaults are shown."""
    found = catalogue.find("stop")
    assert found is not None
    flags = [Flag("timeout", "t", "int", None, "Seconds"), Flag("time", "", "int", None, "x", hidden=True)]
    flags.append(Flag("pull", "", "string", "missing", "Pull"))
    assert help.verb_help(found[0], "stop", flags, 80) == (
        "Usage:  azdock stop [OPTIONS] CONTAINER [CONTAINER...]\n\nStop containers that run\n\nAliases:\n"
        "  azdock container stop, azdock stop\n\nOptions:\n"
        '      --pull string   Pull (default "missing")\n'
        "  -t, --timeout int   Seconds\n"
    )


def test_root_help_names_every_verb() -> None:
    """Those that work with a line each, those that are refused in one paragraph."""
    text = help.root_help()
    for row in catalogue.every():
        assert row.paths[-1].split()[0] in text
    assert text.startswith("Usage:  azdock [OPTIONS] COMMAND\n")
    assert text.endswith("Run 'azdock COMMAND --help' for more information on a command.\n")


def test_version_line() -> None:
    """docker's form."""
    assert help.version_line().startswith("azdock version ")
    assert ", build " in help.version_line()
