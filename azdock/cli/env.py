"""The outside world of a verb, and the one file that wires services together. Everything is made on first use."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from azdock.cli.streams import Streams

if TYPE_CHECKING:
    from azdock.catalogue import Row
    from azdock.control.client import Control
    from azdock.control.held import Holders
    from azdock.services.changes import Changes
    from azdock.services.contexts import Contexts
    from azdock.services.copy import Copy
    from azdock.services.exec import Exec
    from azdock.services.explain import Explain
    from azdock.services.forward import Forward
    from azdock.services.functions import Functions
    from azdock.services.health import Checks
    from azdock.services.images import Images
    from azdock.services.lifecycle import Lifecycle
    from azdock.services.listing import Listing
    from azdock.services.logs import Logs
    from azdock.services.networks import Networks
    from azdock.services.registry import Backends
    from azdock.services.stats import Stats
    from azdock.services.top import Top
    from azdock.services.updating import Updating
    from azdock.services.volumes import Volumes
    from azdock.settings import Settings
    from azdock.state.store import Store


def utc_now() -> datetime:
    """The present, as an aware datetime."""
    return datetime.now(UTC)


class Env:
    """Streams, environment, clock, settings and services of one azdock process."""

    def __init__(
        self,
        streams: Streams | None = None,
        environ: Mapping[str, str] | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        streams = streams or Streams.of_process()
        self.out, self.err, self.inp = streams.out, streams.err, streams.inp
        self.environ: Mapping[str, str] = os.environ if environ is None else environ
        self.now = now
        self.context_flag = ""
        self.debug = False
        self.path = "azdock"  # the verb being run, as the user should type it
        self.row: Row | None = None
        self._settings: Settings | None = None
        self._backends: Backends | None = None
        self._store: Store | None = None
        self._listens = False
        self._lifecycle: Lifecycle | None = None

    @property
    def settings(self) -> Settings:
        """The settings for the context in use. Raises AzdockError for a context that does not exist."""
        if self._settings is None:
            from azdock import settings

            self._settings = settings.load(self.environ, self.context_flag, self.debug)
        return self._settings

    @property
    def store(self) -> Store:
        """What azdock remembers of the context in use."""
        if self._store is None:
            from azdock.state.store import Store

            self._store = Store(self.settings, self.err.line)
        return self._store

    @property
    def backends(self) -> Backends:
        """The backends of the context in use."""
        if self._backends is None:
            from azdock.services.registry import Backends

            self._listen()
            self._backends = Backends(self.settings)
        return self._backends

    def twin(self) -> Env:
        """The same world with connections of its own, for another thread."""
        other = Env(Streams(self.out, self.err, self.inp), self.environ, self.now)
        other.context_flag, other.debug, other.path, other.row = self.context_flag, self.debug, self.path, self.row
        other._settings, other._listens = self._settings, self._listens
        return other

    def _listen(self) -> None:
        """Let what Azure makes us wait for, and what it leaves out, reach the user."""
        if self._listens:
            return
        from azdock.azure import progress
        from azdock.cli.waiting import Waits

        progress.listen(waiting=Waits(self.err).show, warning=lambda text: self.err.line(f"WARNING: {text}"))
        self._listens = True

    def lifecycle(self) -> Lifecycle:
        """create, start, stop, kill, restart, rm, rename, wait."""
        if self._lifecycle is None:
            from azdock.services.lifecycle import Lifecycle

            self._lifecycle = Lifecycle(self.store, self.backends, self.now, volumes=self.volumes, sleep=self.pause)
        return self._lifecycle

    def volumes(self) -> Volumes:
        """Volumes of the context."""
        from azdock.services.volumes import Volumes

        return Volumes(self.store, self.backends, self.settings, self._steps)

    @contextmanager
    def _steps(self) -> Iterator[Callable[[str], None]]:
        """A line on a terminal that tells what slow work is at."""
        from azdock.output.progress import Progress

        with Progress(lambda text: self.err.write(text.encode()), self.err.terminal, columns=self.err.size[1]) as line:
            yield line.step

    def networks(self) -> Networks:
        """Networks of the context."""
        from azdock.services.networks import Networks

        return Networks(self.store, self.backends, self.settings, self.now)

    def updating(self) -> Updating:
        """update."""
        from azdock.services.ledger import Ledger
        from azdock.services.updating import Updating

        return Updating(Ledger(self.store, self.backends, self.now), self.backends)

    def functions(self) -> Functions:
        """Triggers and slots."""
        from azdock.services.functions import Functions
        from azdock.services.ledger import Ledger

        return Functions(Ledger(self.store, self.backends, self.now), self.backends)

    def listing(self) -> Listing:
        """ps and inspect."""
        from azdock.services.listing import Listing

        return Listing(self.store, self.backends)

    def checks(self) -> Checks:
        """Health checks that azdock does itself."""
        from azdock.services.health import Checks

        return Checks(self.exec(), self.now, self.pause)

    def logs(self) -> Logs:
        """What containers print."""
        from azdock.services.logs import Logs

        return Logs(self.store, self.backends)

    def exec(self) -> Exec:
        """Commands in running containers."""
        from azdock.services.exec import Exec

        return Exec(self.store, self.backends, self._control(), self._holders())

    def forward(self, name: str) -> Forward:
        """Connections into a container that runs, over a connection of our own. Raises NotFound, NotRunning."""
        from azdock.services.exec import Exec
        from azdock.services.forward import Forward

        exec = Exec(self.store, self.backends)
        return Forward(exec, exec.find(name), self.err.line)

    def _control(self) -> Control:
        from azdock.control.client import Control

        return Control(self.settings, self.environ, lambda text: self.err.line(f"WARNING: {text}"))

    def _holders(self) -> Holders:
        from azdock.control.held import Holders

        return Holders(self.settings, self.environ, lambda text: self.err.line(f"WARNING: {text}"))

    def copy(self, show: Callable[[int], None] = lambda _: None) -> Copy:
        """cp and export; `show` is told the bytes carried so far."""
        from azdock.services.copy import Copy
        from azdock.services.share_copy import Shares

        return Copy(self.exec(), show, Shares(lambda name: self.lifecycle().find(name), self.volumes))

    def changes(self) -> Changes:
        """diff."""
        from azdock.services.changes import Changes

        return Changes(self.exec())

    def pause(self, seconds: float) -> None:
        """Let time pass."""
        time.sleep(seconds)

    def explain(self) -> Explain:
        """Why containers are as they are."""
        from azdock.services.explain import Explain

        return Explain(self.store, self.listing(), self.backends)

    def stats(self) -> Stats:
        """What containers use."""
        from azdock.services.stats import Stats

        return Stats(self.exec(), self.listing(), self.backends)

    def top(self) -> Top:
        """The processes of running containers."""
        from azdock.services.top import Top

        return Top(self.exec())

    def images(self) -> Images:
        """The image store of the context."""
        from azdock.services.images import Images

        self._listen()
        return Images(self.settings)

    def contexts(self) -> Contexts:
        """The file of contexts; usable when the current context is broken."""
        from azdock import settings
        from azdock.services.contexts import Contexts

        return Contexts(settings.home(self.environ), self.environ)
