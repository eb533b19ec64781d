"""The registry of backends."""

from __future__ import annotations

import importlib
import inspect

import pytest

from azdock.backends import base

METHODS = {name for name, _ in inspect.getmembers(base.Backend, inspect.isfunction) if not name.startswith("_")}


@pytest.mark.parametrize("name", base.names())
def test_registered(name: str) -> None:
    """A registered module connects a backend of that name which has every method, with the protocol's parameters."""
    module = importlib.import_module(base.BACKENDS[name].module)
    made = inspect.get_annotations(module.connect, eval_str=True)["return"]
    assert made.name == name
    for method in METHODS:
        wanted, found = (list(inspect.signature(getattr(one, method)).parameters) for one in (base.Backend, made))
        assert found == wanted, method
