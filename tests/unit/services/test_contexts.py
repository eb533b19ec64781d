"""Contexts: docker's rules for names, the current one, and who may be removed."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from azdock import settings
from azdock.errors import AzdockError, StateCorrupt
from azdock.services.contexts import Contexts
from azdock.settings import EMBEDDED, Context

PROD = Context("prod", subscription="s", resource_group="g", environment="e", location="westeurope")


def test_local_is_always_there(tmp_path: Path) -> None:
    """A new home has one context, the embedded Azure, and uses it."""
    contexts = Contexts(tmp_path, {})
    assert [one.name for one in contexts.list()] == ["default", "local"]
    assert contexts.current() == EMBEDDED


def test_create_use_remove(tmp_path: Path) -> None:
    """A context is created, used and removed; removing the current one needs force and falls back to local."""
    contexts = Contexts(tmp_path / "home", {})
    contexts.create(PROD)
    contexts.use("prod")
    assert contexts.current() == PROD
    assert stat.S_IMODE((tmp_path / "home" / "contexts.json").stat().st_mode) == 0o600
    with pytest.raises(AzdockError, match="is in use, set -f flag"):
        contexts.remove("prod", force=False)
    contexts.remove("prod", force=True)
    assert contexts.current() == EMBEDDED


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("local", '"local" is a reserved context name'),
        ("default", '"default" is a reserved context name'),
        ("bad name", 'context name "bad name" is invalid'),
        ("x", 'context name "x" is invalid'),
        ("prod", 'context "prod" already exists'),
    ],
)
def test_bad_names(tmp_path: Path, name: str, message: str) -> None:
    """Names are checked as docker checks them."""
    contexts = Contexts(tmp_path, {})
    contexts.create(PROD)
    with pytest.raises(AzdockError, match=message):
        contexts.create(Context(name))


def test_missing(tmp_path: Path) -> None:
    """A missing context is an error for use, inspect and rm, not for rm -f."""
    contexts = Contexts(tmp_path, {})
    for call in (contexts.use, contexts.get):
        with pytest.raises(AzdockError, match='context "no": context not found'):
            call("no")
    with pytest.raises(AzdockError, match='context "no" does not exist'):
        contexts.remove("no", force=False)
    contexts.remove("no", force=True)
    with pytest.raises(AzdockError, match='context "local" cannot be removed'):
        contexts.remove("local", force=True)


def test_default_is_local(tmp_path: Path) -> None:
    """docker's name for the engine at hand leads back to the embedded Azure, under one set of books."""
    contexts = Contexts(tmp_path, {})
    contexts.create(PROD)
    contexts.use("prod")
    contexts.use("default")
    assert contexts.current() == contexts.get("default") == EMBEDDED
    assert settings.load({"AZDOCK_HOME": str(tmp_path), "AZDOCK_CONTEXT": "default"}).context == EMBEDDED
    with pytest.raises(AzdockError, match='context "default" cannot be removed'):
        contexts.remove("default", force=True)


def test_precedence(tmp_path: Path) -> None:
    """Flag before environment before file."""
    contexts = Contexts(tmp_path, {})
    for name in ("one", "two", "three"):
        contexts.create(Context(name))
    contexts.use("one")
    environ = {"AZDOCK_HOME": str(tmp_path)}
    assert settings.load(environ).context.name == "one"
    assert settings.load(environ | {"AZDOCK_CONTEXT": "two"}).context.name == "two"
    assert settings.load(environ | {"AZDOCK_CONTEXT": "two"}, "three").context.name == "three"
    with pytest.raises(AzdockError, match='context "none"'):
        settings.load(environ, "none")


def test_unreadable_file(tmp_path: Path) -> None:
    """A broken file of contexts is an error: azdock does not guess which Azure is meant."""
    (tmp_path / "contexts.json").write_text("{")
    with pytest.raises(StateCorrupt):
        settings.load({"AZDOCK_HOME": str(tmp_path)})
