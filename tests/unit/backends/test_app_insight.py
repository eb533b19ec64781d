"""What is known of an app beyond its state."""

from __future__ import annotations

from typing import Any

import pytest

from azdock.backends.app_insight import AppInsight
from azdock.docker.record import ContainerRecord, Status
from azdock.docker.spec import ContainerSpec
from tests.support.fakes import record

REPLICAS = [
    {"name": name, "properties": {"createdTime": made, "containers": [{"name": "main", "runningState": state}]}}
    for name, made, state in (("r2", "2", "Running"), ("r1", "1", "Running"), ("r3", "3", "Waiting"))
]


class Apps:
    """Stands for azure.apps.Apps."""

    def __init__(self, *there: str) -> None:
        self.there = there

    def exists(self, name: str) -> bool:
        return name in self.there

    def replicas(self, name: str, run: str) -> list[dict[str, Any]]:
        assert (name, run) == ("web", "web--1")
        return REPLICAS

    def get(self, name: str) -> dict[str, Any]:
        return {"name": name, "properties": {"configuration": {"secrets": [{"name": "s", "value": "hidden"}]}}}


class Analytics:
    """Stands for LogAnalytics: names of apps that have printed something."""

    def __init__(self, *known: str) -> None:
        self.known, self.asked = known, list[tuple[str, str]]()

    def names(self, beginning: str, containing: str = "") -> list[str]:
        self.asked.append((beginning, containing))
        return [one for one in self.known if one.startswith(beginning) or (containing and containing in one)]


def insight(apps: Apps, analytics: Any = None) -> Any:
    made: Any = AppInsight.__new__(AppInsight)
    made._apps = apps
    made.__dict__["_analytics"] = analytics
    return made


def of_app(**spec: Any) -> ContainerRecord:
    made = record(spec=ContainerSpec(image="i", **spec), seen=Status(state="running", run="web--1#2"))
    return ContainerRecord(made.ident, made.spec, made.created, "app", {"app": "web"}, seen=made.seen)


@pytest.mark.parametrize(
    ("query", "app", "beginning"),
    [
        ("web", "web", "web"),
        ("/web", "web", "web"),
        ("my_app.1", "my-app-1-0123abcd", "my-app-1"),
        ("0123abcdef", "my-app-1-0123abcd", "c-0123abcdef"),
        ("other", "", "other"),
        ("we", "", "we"),
    ],
)
def test_trace(query: str, app: str, beginning: str) -> None:
    """A removed container is found by its name, or by its id where the app's name has a part of that."""
    analytics = Analytics("web2", "web", "my-app-1-0123abcd", "webs-12")
    found = insight(Apps(), analytics).trace(query)
    assert (found.handle if found else {}) == ({"app": app} if app else {})
    assert analytics.asked[0][0] == beginning


def test_an_app_that_is_there_was_not_removed() -> None:
    """One of that name may be somebody else's."""
    assert insight(Apps("web"), Analytics("web")).trace("web") is None


def test_replicas() -> None:
    """Those that run, the oldest first, of an app that may have several."""
    assert insight(Apps()).replicas(of_app(scale=(1, 3))) == ["r1", "r2"]
    assert insight(Apps()).replicas(of_app()) == insight(Apps()).replicas(of_app(scale=(0, 1))) == []


def test_raw() -> None:
    """Secrets' values are left out."""
    assert "hidden" not in str(insight(Apps()).raw(of_app()))
