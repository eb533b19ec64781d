"""azdock diff."""

from __future__ import annotations

from typing import Any

from azdock.commands.diff import NOTE
from azdock.errors import NotFound, Unsupported
from azdock.services.changes import Change
from tests.support.fakes import Result, World, azdock


class Changed(World):
    """A world in which a diff has one outcome."""

    def __init__(self, found: list[Change], trouble: list[str], failure: Exception | None = None) -> None:
        super().__init__()
        self.found, self.trouble, self.failure = found, trouble, failure

    def changes(self) -> Any:
        return self

    def of(self, name: str) -> tuple[list[Change], list[str]]:
        assert name == "web"
        if self.failure:
            raise self.failure
        return self.found, self.trouble


def test_lines() -> None:
    """docker's lines on stdout; what cannot be known is said once on stderr."""
    found = [Change("C", "/etc"), Change("A", "/etc/new")]
    assert azdock("diff", "web", world=Changed(found, [])) == Result("C /etc\nA /etc/new\n", NOTE + "\n", 0)


def test_trouble() -> None:
    """What could not be looked at is named."""
    result = azdock("diff", "web", world=Changed([], ["find: /root: Permission denied"]))
    assert result == Result("", f"WARNING: find: /root: Permission denied\n{NOTE}\n", 0)


def test_failures() -> None:
    """docker's words and code; nothing is noted about a diff that was not made."""
    result = azdock("diff", "web", world=Changed([], [], NotFound("No such container: web")))
    assert result == Result("", "Error response from Azure: No such container: web\n", 1)
    result = azdock("diff", "web", world=Changed([], [], Unsupported("diff: it does not run", hint="start it", code=1)))
    assert result == Result("", "diff: it does not run\nhint: start it\n", 1)
    assert azdock("diff").code == 1
