"""Docker's names become legal Azure names."""

from __future__ import annotations

import re

import pytest

from azdock.backends import naming
from azdock.docker.record import Ident

LEGAL = re.compile(r"[a-z](?!.*--)[-a-z0-9]{0,30}[a-z0-9]")


@pytest.mark.parametrize("name", ["web", "0", "A_b.c-", "x" * 80, "9lives", "a--b", "_", "abcdefghijklmnopqrstu-xyz"])
def test_job_names_are_legal(name: str) -> None:
    """Whatever Docker allows becomes a name Azure allows."""
    assert LEGAL.fullmatch(naming.job_name(Ident("0f" * 32, name)))


def test_names_of_twins_differ() -> None:
    """Two containers whose names look the same to Azure have jobs of their own, and a name says whose it is."""
    assert naming.job_name(Ident("a" * 64, "My_App")) == "my-app-aaaaaaaa"
    assert naming.job_name(Ident("b" * 64, "my.app")) == "my-app-bbbbbbbb"


@pytest.mark.parametrize(
    ("query", "named"),
    [("my_app.1", True), ("my-app-1", True), ("0123456", True), ("0123456789ab", True), ("my", False),
     ("app", False), ("123", False), ("", False)],
)  # fmt: skip
def test_what_is_left_of_a_name(query: str, named: bool) -> None:
    """A job is known again by its container's name and by the beginning of its id."""
    job = naming.job_name(Ident("0123456789" * 6 + "abcd", "my_app.1"))
    assert naming.is_named(job, query) is named
    assert job.startswith(naming.beginning("my_app.1"))
