"""pflag's rules, as recorded from docker."""

from __future__ import annotations

from typing import Any

import pytest

from azdock.cli import pflag
from azdock.cli.flags import Flag
from azdock.cli.pflag import FlagError, Parsed

FLAGS = (
    Flag("detach", "d", "bool", False),
    Flag("interactive", "i", "bool", False),
    Flag("tty", "t", "bool", False),
    Flag("rm", "", "bool", False),
    Flag("sig-proxy", "", "bool", True),
    Flag("env", "e", "list", ()),
    Flag("name", "", "string", ""),
    Flag("last", "n", "int", -1),
    Flag("weight", "", "uint16", None),
    Flag("filter", "f", "filter", ()),
    Flag("platforms", "", "strings", ()),
)


def parse(text: str, interspersed: bool = True) -> Parsed:
    return pflag.parse(FLAGS, text.split(" ") if text else [], interspersed=interspersed)


@pytest.mark.parametrize(
    ("line", "changed", "args"),
    [
        ("", {}, []),
        ("-dit x", {"detach": True, "interactive": True, "tty": True}, ["x"]),
        ("-e A=1 -e B=2", {"env": ("A=1", "B=2")}, []),
        ("-eA=1 --env=B --env C", {"env": ("A=1", "B", "C")}, []),
        ("-e=A=1", {"env": ("A=1",)}, []),
        ("-dite A=1 x", {"detach": True, "interactive": True, "tty": True, "env": ("A=1",)}, ["x"]),
        ("--rm=false --sig-proxy=F", {"sig_proxy": False}, []),
        ("--rm=1 --sig-proxy=true", {"rm": True}, []),
        ("--rm false", {"rm": True}, ["false"]),
        ("-d=false", {}, []),
        ("--name --rm", {"name": "--rm"}, []),
        ("--name=", {}, []),
        ("--name a --name b", {"name": "b"}, []),
        ("-n 5", {"last": 5}, []),
        ("-n5", {"last": 5}, []),
        ("-n -1", {}, []),
        ("-n 0x10", {"last": 16}, []),
        ("-n 010", {"last": 8}, []),
        ("-n 1_0", {"last": 10}, []),
        ("a -- -d --bogus", {}, ["a", "-d", "--bogus"]),
        ("- -d", {"detach": True}, ["-"]),
        ("a -d b", {"detach": True}, ["a", "b"]),
        ("--platforms a,b --platforms c", {"platforms": ("a", "b", "c")}, []),
    ],
)
def test_accepted(line: str, changed: dict[str, Any], args: list[str]) -> None:
    """Every spelling docker accepts means the same here."""
    parsed = parse(line)
    expected = {one.name: one.default for one in FLAGS} | {
        name.replace("_", "-"): value for name, value in changed.items()
    }
    assert parsed.values == expected
    assert parsed.args == args


def test_flags_after_the_first_argument_belong_to_the_command() -> None:
    """Where docker turns interspersed flags off, everything after the image is the command's."""
    parsed = parse("-d image sh -e A=1 -- --rm", interspersed=False)
    assert parsed.values["detach"] is True
    assert parsed.args == ["image", "sh", "-e", "A=1", "--", "--rm"]


def test_an_empty_word_is_an_argument() -> None:
    """`run '' true` has an empty image, not a flag."""
    assert pflag.parse(FLAGS, ["", "true"]).args == ["", "true"]


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("--nosuch", "unknown flag: --nosuch"),
        ("--nosuch=1", "unknown flag: --nosuch"),
        ("-Z", "unknown shorthand flag: 'Z' in -Z"),
        ("-iZt", "unknown shorthand flag: 'Z' in -Zt"),
        ("--name", "flag needs an argument: --name"),
        ("-e", "flag needs an argument: 'e' in -e"),
        ("-ite", "flag needs an argument: 'e' in -e"),
        ("--=x", "bad flag syntax: --=x"),
        ("---x", "bad flag syntax: ---x"),
        ("--rm=maybe", 'invalid argument "maybe" for "--rm" flag: strconv.ParseBool: parsing "maybe": invalid syntax'),
        ("-d=2", 'invalid argument "2" for "-d, --detach" flag: strconv.ParseBool: parsing "2": invalid syntax'),
        ("-n abc", 'invalid argument "abc" for "-n, --last" flag: strconv.ParseInt: parsing "abc": invalid syntax'),
        ("--last=", 'invalid argument "" for "-n, --last" flag: strconv.ParseInt: parsing "": invalid syntax'),
        (
            "-n 99999999999999999999",
            'invalid argument "99999999999999999999" for "-n, --last" flag: '
            'strconv.ParseInt: parsing "99999999999999999999": value out of range',
        ),
        (
            "--weight 99999",
            'invalid argument "99999" for "--weight" flag: strconv.ParseUint: parsing "99999": value out of range',
        ),
        (
            "--weight -1",
            'invalid argument "-1" for "--weight" flag: strconv.ParseUint: parsing "-1": invalid syntax',
        ),
        ("-f x", 'invalid argument "x" for "-f, --filter" flag: bad format of filter (expected name=value)'),
    ],
)
def test_refused(line: str, text: str) -> None:
    """Every refusal has pflag's words."""
    with pytest.raises(FlagError) as caught:
        parse(line)
    assert str(caught.value) == text


def test_given_holds_what_differs_from_the_default() -> None:
    """A flag that only repeats its default asks for nothing."""
    given = parse("--rm=false --sig-proxy --name x -e A -e B").given
    assert given == {"name": "x", "env": "A,B"}


def test_help_is_noticed_and_does_not_hide_a_bad_flag() -> None:
    """--help anywhere asks for help, but an unknown flag behind it still fails."""
    assert parse("a --help").help
    assert parse("--help=false").help is False
    with pytest.raises(FlagError):
        parse("--help --nosuch")


def test_the_old_help_shorthand_comes_with_a_note() -> None:
    """-h works where it means nothing else, with docker's note."""
    parsed = parse("-h")
    assert parsed.help
    assert parsed.notes == [pflag.DEPRECATED_H]
