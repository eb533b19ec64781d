"""Every verb is complete: a row, a help line, a module, a test, a manual page, and docker's spellings."""

from __future__ import annotations

from pathlib import Path

import pytest

from azdock import catalogue
from azdock.catalogue import MANY, REFUSED, Row
from azdock.cli import app
from azdock.commands import refused

ROOT = Path(__file__).parents[2]
NOT_VERBS = {"__init__", "attached", "checks", "creating", "flags", "forwarding", "refused_flags", "specs", "targets"}
NOT_VERBS |= {"templates", "feeding", "leaving", "session", "confirming", "publishing", "mounting"}
NOT_VERBS |= {"requesting", "spec_health", "spec_network"}


def ids(row: Row) -> str:
    return row.paths[-1]


@pytest.mark.parametrize("row", catalogue.every(), ids=ids)
def test_row(row: Row) -> None:
    """A help line without a full stop, an arity that makes sense, and a module that has the verb."""
    assert row.help and not row.help.endswith(".")
    assert row.most == MANY or row.least <= row.most
    verb = app.load(row, row.paths[-1])
    names = [one.name for one in verb.flags]
    assert len(names) == len(set(names))
    letters = [one.short for one in verb.flags if one.short]
    assert len(letters) == len(set(letters))
    if row in catalogue.ROWS and row.paths[0] not in ("context rm", "network rm"):  # docker itself forgets [OPTIONS]
        assert ("[OPTIONS]" in row.usage) == any(not one.hidden for one in verb.flags if one.name != "help")


@pytest.mark.parametrize("row", catalogue.ROWS, ids=ids)
def test_working_verbs_have_a_test_and_a_page(row: Row) -> None:
    """Nothing works untested or undocumented."""
    assert (ROOT / "tests" / "unit" / "commands" / f"test_{row.module.split(':')[0]}.py").exists()
    assert (ROOT / "man" / f"azdock-{row.paths[-1].replace(' ', '-')}.1").exists()


@pytest.mark.parametrize("row", catalogue.refused(), ids=ids)
def test_refused_verbs_have_a_reason(row: Row) -> None:
    """Whoever is refused is told why."""
    why, instead = refused.gap(row.paths[-1])
    assert why and not why.endswith(".") and not instead.endswith(".")


def test_every_file_of_commands_is_in_the_catalogue() -> None:
    """No verb lies around unreachable."""
    files = {path.stem for path in (ROOT / "azdock" / "commands").glob("*.py")} - NOT_VERBS
    assert files == {row.module.split(":")[0] for row in catalogue.every()}


def test_spellings_are_unique() -> None:
    """One way of writing means one verb."""
    spelled = [text for row in catalogue.every() for text in row.spellings()]
    assert len(spelled) == len(set(spelled))
    assert all(text.rpartition(" ")[0] in {"", *catalogue.NOUNS} for text in spelled)


@pytest.mark.parametrize(
    ("words", "path"),
    [
        ("ps", "ps"),
        ("container list", "container ls"),
        ("container ps", "container ls"),
        ("container remove", "container rm"),
        ("image remove", "image rm"),
        ("images", "images"),
        ("builder build", "builder build"),
        ("stack down", "stack rm"),
    ],
)
def test_find(words: str, path: str) -> None:
    """Docker's other words lead to the canonical path."""
    found = catalogue.find(words)
    assert found is not None
    assert found[1] == path


def test_unknown_words_find_nothing() -> None:
    """A typo is not guessed."""
    assert catalogue.find("pss") is None
    assert catalogue.find("container") is None


def test_every_verb_of_refused_flags_exists() -> None:
    """The table of flags names verbs of the catalogue only."""
    named = {line.split(" | ")[0] for line in refused.FLAGS.splitlines() if not line.startswith(" ")}
    assert named <= {row.paths[-1] for row in catalogue.refused()}


def test_row_failure_codes() -> None:
    """docker answers 125 for run, 1 for the others; what azdock refuses is 125."""
    assert {row.paths[-1] for row in catalogue.every() if row.failure == 125 and row.module != REFUSED} == {"run"}
