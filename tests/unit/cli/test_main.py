"""The one error boundary: what is printed for each kind of failure, and the exit code."""

from __future__ import annotations

import pytest

from azdock.errors import (
    AzdockError,
    AzureFailure,
    CommandNotFound,
    Conflict,
    Exited,
    NotFound,
    Unsupported,
)
from tests.support.fakes import Services, World, azdock, record

RUN = "\n\nRun 'azdock run --help' for more information\n"


@pytest.mark.parametrize(
    ("verb", "failure", "err", "code"),
    [
        ("logs", NotFound("No such container: x"), "Error response from Azure: No such container: x\n", 1),
        ("logs", AzdockError("plain"), "plain\n", 1),
        ("logs", AzdockError("plain", "azdock ps"), "plain\nhint: azdock ps\n", 1),
        ("logs", Exited(7), "", 7),
        ("run", Conflict("Conflict. taken"), "azdock: Error response from Azure: Conflict. taken" + RUN, 125),
        ("run", Unsupported("--gpus: none", "h"), "azdock: --gpus: none\nhint: h" + RUN, 125),
        ("run", CommandNotFound("no x"), "azdock: Error response from Azure: no x" + RUN, 127),
        ("create", Conflict("Conflict. taken"), "Error response from Azure: Conflict. taken\n", 1),
        ("create", Unsupported("--gpus: none"), "--gpus: none\n", 125),
    ],
)
def test_shapes(verb: str, failure: Exception, err: str, code: int) -> None:
    """Each failure has the shape docker gives it for that verb."""
    services = Services(records={"x": record("x")})
    services.fail = {"create": failure, "lines": failure}  # type: ignore[dict-item]
    result = azdock(verb, "x", world=World(services))
    assert (result.out, result.err, result.code) == ("", err, code)


@pytest.mark.parametrize(("flags", "shown"), [((), False), (("-D",), True)])
def test_request_ids_only_with_debug(flags: tuple[str, ...], shown: bool) -> None:
    """Azure's request id is for those who ask."""
    failure = AzureFailure("failed", request_id="abc-1")
    services = Services(records={"x": record("x")}, fail={"lines": failure})
    result = azdock(*flags, "logs", "x", world=World(services))
    assert ("request id: abc-1" in result.err) is shown


def test_interrupt_is_130() -> None:
    """Ctrl-C ends quietly with docker's code."""
    services = Services(records={"x": record("x")})
    services.fail = {"lines": KeyboardInterrupt()}  # type: ignore[dict-item]
    result = azdock("logs", "x", world=World(services))
    assert (result.err, result.code) == ("", 130)


def test_a_reader_that_went_away_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """`azdock logs | head` ends quietly, with the code of a broken pipe."""
    monkeypatch.setattr("azdock.cli.main._silence", lambda: None)
    services = Services(records={"x": record("x")})
    services.fail = {"lines": BrokenPipeError()}  # type: ignore[dict-item]
    result = azdock("logs", "x", world=World(services))
    assert (result.err, result.code) == ("", 141)


def test_a_bug_is_not_hidden() -> None:
    """Anything else is ours to mend, so it shows itself."""
    services = Services(records={"x": record("x")})
    services.fail = {"lines": RuntimeError("bug")}  # type: ignore[dict-item]
    with pytest.raises(RuntimeError):
        azdock("logs", "x", world=World(services))


@pytest.mark.parametrize(
    ("failure", "err"),
    [
        (PermissionError(13, "Permission denied", "/home/x/state"), "/home/x/state: permission denied\n"),
        (OSError(28, "No space left on device"), "no space left on device\n"),
    ],
)
def test_trouble_with_files(failure: OSError, err: str) -> None:
    """What the system refuses is one sentence with the file's name."""
    services = Services(records={"x": record("x")})
    services.fail = {"lines": failure}  # type: ignore[dict-item]
    result = azdock("logs", "x", world=World(services))
    assert (result.out, result.err, result.code) == ("", err, 1)
