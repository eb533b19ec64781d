"""azdock slot: deployment slots of a function on a plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from azdock.cli.env import Env
from azdock.cli.flags import flag
from azdock.cli.verb import verb
from azdock.errors import AzdockError
from azdock.output.format import FormatError, render_list
from azdock.output.functions import SLOT_VIEW, slot_row


@dataclass(frozen=True, slots=True)
class NoFlags:
    """A verb without flags."""


@dataclass(frozen=True, slots=True)
class LsFlags:
    """The flags of `azdock slot ls`."""

    format: str = flag("string", "Print with a template: table, table TEMPLATE, json or TEMPLATE")
    quiet: bool = flag("bool", "Print names only", "q")


@verb(LsFlags)
def ls(env: Env, flags: LsFlags, args: Sequence[str]) -> int:
    """List the slots of a function beside production."""
    rows = [
        slot_row(name=one.name, state=one.state, image=one.image, address=one.address)
        for one in env.functions().slots(args[0])
    ]
    try:
        text = render_list(SLOT_VIEW, rows, flags.format, quiet=flags.quiet)
    except FormatError as bad:
        raise AzdockError(str(bad)) from bad
    env.out.write(text.encode())
    return 0


@verb(NoFlags)
def swap(env: Env, _flags: NoFlags, args: Sequence[str]) -> int:
    """Exchange a slot with production; prints the slot's name."""
    env.functions().swap(args[0], args[1])
    env.out.line(args[1])
    return 0


@verb(NoFlags)
def rm(env: Env, _flags: NoFlags, args: Sequence[str]) -> int:
    """Delete slots of a function; prints the name of each."""
    for slot in args[1:]:
        env.functions().remove_slot(args[0], slot)
        env.out.line(slot)
    return 0
