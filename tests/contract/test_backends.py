"""Every registered backend against the suite that all of them must pass."""

from __future__ import annotations

from tests.contract import (
    backend_suite,
    backend_suite_insight,
    backend_suite_logs,
    backend_suite_sessions,
    backend_suite_signals,
    backend_suite_trouble,
)


class TestLife(backend_suite.Life):
    """Create to remove."""


class TestBooks(backend_suite.Books):
    """Rebuilding from Azure alone."""


class TestWishes(backend_suite.Wishes):
    """Flags and images."""


class TestCommands(backend_suite.Commands):
    """exec."""


class TestLogs(backend_suite_logs.Logs):
    """Every line once, in order."""


class TestDestinations(backend_suite_logs.Destinations):
    """Where logs are kept."""


class TestSignals(backend_suite_signals.Signals):
    """kill and stop."""


class TestTrouble(backend_suite_trouble.Trouble):
    """An Azure that is slow, busy or failing."""


class TestRestart(backend_suite_trouble.Restart):
    """An embedded Azure that was restarted between two calls."""


class TestInsight(backend_suite_insight.Insight):
    """top, stats, explain."""


class TestSessions(backend_suite_sessions.Sessions):
    """run -i and run -t."""
