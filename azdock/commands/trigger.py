"""azdock trigger: what makes the functions of a container run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from azdock.cli.env import Env
from azdock.cli.flags import flag
from azdock.cli.verb import verb
from azdock.errors import AzdockError, UsageError
from azdock.output.format import FormatError, render_list
from azdock.output.functions import TRIGGER_VIEW, trigger_row

# flag -> Azure's word for the trigger
KINDS = {
    "eventgrid": "eventGridTrigger",
    "queue": "queueTrigger",
    "servicebus": "serviceBusTrigger",
    "timer": "timerTrigger",
}


@dataclass(frozen=True, slots=True)
class NoFlags:
    """A verb without flags."""


@dataclass(frozen=True, slots=True)
class LsFlags:
    """The flags of `azdock trigger ls`."""

    format: str = flag("string", "Print with a template: table, table TEMPLATE, json or TEMPLATE")
    quiet: bool = flag("bool", "Print names of functions only", "q")


@dataclass(frozen=True, slots=True)
class AddFlags:
    """The flags of `azdock trigger add`."""

    connection: str = flag("string", "Storage account or Service Bus namespace that holds the queue")
    eventgrid: str = flag("string", "Azure id of the resource whose events are sent to the function")
    queue: str = flag("string", "Storage queue whose messages the function gets")
    servicebus: str = flag("string", "Service Bus queue or topic whose messages the function gets")
    timer: str = flag("string", "Schedule in six fields: second minute hour day month weekday")


@verb(LsFlags)
def ls(env: Env, flags: LsFlags, args: Sequence[str]) -> int:
    """List the functions of a container and what triggers them."""
    rows = [
        trigger_row(function=one.function, kind=one.kind, source=one.source, disabled=one.disabled)
        for one in env.functions().triggers(args[0])
    ]
    try:
        text = render_list(TRIGGER_VIEW, rows, flags.format, quiet=flags.quiet)
    except FormatError as bad:
        raise AzdockError(str(bad)) from bad
    env.out.write(text.encode())
    return 0


@verb(AddFlags)
def add(env: Env, flags: AddFlags, args: Sequence[str]) -> int:
    """Let a function of a container be triggered; prints the function's name."""
    given = {name: text for name in KINDS if (text := getattr(flags, name))}
    if len(given) > 1:
        raise UsageError(f"azdock: a function has one trigger: give one of {', '.join(f'--{one}' for one in given)}")
    kind, source = next(((KINDS[name], text) for name, text in given.items()), ("", ""))
    if flags.timer:
        _check_schedule(flags.timer)
    if flags.eventgrid and not flags.eventgrid.startswith("/subscriptions/"):
        raise UsageError(f"azdock: --eventgrid {flags.eventgrid}: must be an Azure id: /subscriptions/...")
    env.functions().add_trigger(args[0], args[1], kind=kind, source=source, connection=flags.connection)
    env.out.line(args[1])
    return 0


@verb(NoFlags)
def rm(env: Env, _flags: NoFlags, args: Sequence[str]) -> int:
    """Let functions of a container be triggered no more; prints the name of each."""
    for function in args[1:]:
        env.functions().remove_trigger(args[0], function)
        env.out.line(function)
    return 0


def _check_schedule(text: str) -> None:
    """Raise UsageError for what is neither an NCRONTAB expression of six fields nor a time span.

    SOURCE: azure-docs, azure-functions/functions-bindings-timer.md.
    """
    fields = text.split()
    if len(fields) == 1 and fields[0].count(":") == 2:
        return
    if len(fields) == 5:
        raise UsageError(
            f"azdock: --timer {text}: has five fields, a timer of Functions has six, seconds first: 0 {text}"
        )
    if len(fields) != 6:
        raise UsageError(f"azdock: --timer {text}: must have six fields: second minute hour day month weekday")
