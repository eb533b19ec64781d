"""Pure: why an invocation has ended as it has, from its status; the app's own troubles are its hosting's to explain."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from azdock.backends import function_status
from azdock.docker.explanation import Explanation, Note
from azdock.docker.invocation import TIMED_OUT
from azdock.docker.record import ContainerRecord, Status


@dataclass(frozen=True, slots=True)
class Cause:
    """A cause as `explain` tells it; {name}, {timeout} and {words} are filled in. `own` says that the function itself
    answered, so that nobody has to be told more than its answer."""

    reason: str
    text: str
    next: str
    own: bool = False


_HTTP = re.compile(r"\bHTTP (\d{3})\b")
# Answers that the Functions host or the front end gives. SOURCE: azure-docs, azure-functions/functions-bindings-http-
# webhook-trigger.md; app-service/troubleshoot-http-502-http-503.md
BY_STATUS = {
    401: Cause("Unauthorized", "the function wants a key, and refused the one that it got", "azdock logs {name}"),
    403: Cause("Forbidden", "the app, or its front end, lets nobody in", "azdock start {name}"),
    404: Cause("NotFound", "the app has no function at the route that was asked for", "azdock trigger ls {name}", True),
    405: Cause(
        "MethodNotAllowed", "the function does not take the method that was asked", "azdock start --method GET {name}",
        True,
    ),
}  # fmt: skip
FAILED = Cause("FunctionFailed", "the function answered with an error: {words}", "azdock logs {name}", True)
BY_REASON = {
    function_status.KILLED_SENDER: Cause(
        "AnswerLost", "the azdock that waited for the answer was killed, so nobody knows the outcome",
        "azdock logs {name}",
    ),
    function_status.STOPPED: Cause(
        "Stopped", "the app was stopped while the invocation was under way", "azdock start {name}"
    ),
    function_status.OVERDUE: Cause(
        "Overdue", "the time of the invocation is over, and nobody has noted its end", "azdock logs {name}"
    ),
}  # fmt: skip
TIME_OUT = Cause(
    "TimedOut", "the invocation took longer than it may: {words}",
    "let the function answer 202 with a status URL, or azdock run --backend job",
)  # fmt: skip
ENDED_OK = Cause("Completed", "the latest invocation has succeeded", "")
UNDER_WAY = Cause("Running", "an invocation is under way", "azdock logs -f {name}")
NEVER = Cause("NeverStarted", "it has never been invoked", "azdock start {name}")
NOT_INVOKED = Cause("NotInvoked", "the latest invocation could not be sent: {words}", "azdock logs {name}")


def first_line(record: ContainerRecord, status: Status) -> str:
    """The cause of a failed invocation when it is Azure's and not the function's, from its status alone; "" otherwise,
    and when the status' own reason says it already."""
    cause = cause_of(status)
    if cause is None or cause.own or not status.exit_code or not status.exit_known:
        return ""
    return _filled(cause.text, record, status)


def joined(record: ContainerRecord, of_app: Callable[[], Explanation]) -> Explanation:
    """The explanation of the latest invocation, where that has one, with the evidence about its app."""
    app, cause = of_app(), cause_of(record.seen)
    if cause is None:
        return app
    notes = (*_notes(record.seen), *app.notes)
    return Explanation(
        _sentence(_filled(cause.text, record, record.seen)),
        _filled(cause.next, record, record.seen),
        cause.reason,
        notes,
        app.missing,
    )


def cause_of(status: Status) -> Cause | None:
    """The cause that a status tells; None leaves it to the app's own state."""
    if status.error:
        return NOT_INVOKED if status.state == "created" and status.run else None
    if status.state == "running":
        return UNDER_WAY
    if not status.run:
        return NEVER
    if status.reason in BY_REASON:
        return BY_REASON[status.reason]
    if status.exit_code == TIMED_OUT:
        return TIME_OUT
    if status.exit_code == 0:
        return ENDED_OK
    told = _HTTP.search(status.reason)
    return BY_STATUS.get(int(told[1]), FAILED) if told else FAILED


def _notes(status: Status) -> tuple[Note, ...]:
    words = status.error or status.reason
    return (Note(status.finished_at, "invocation", words),) if words else ()


def _filled(text: str, record: ContainerRecord, status: Status) -> str:
    words = status.error or status.reason or f"exit code {status.exit_code}"
    return text.format(name=record.ident.name, timeout=record.spec.timeout, words=words)


def _sentence(text: str) -> str:
    return text if text.endswith(".") else f"{text[0].upper()}{text[1:]}."
