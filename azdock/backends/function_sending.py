"""One run of a function from its beginning to its end: the app is up, its request is sent, its answer is read.

One thread carries it; whoever began it reads the answer's pieces, or does not wait for them.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from azdock import errors
from azdock.azure import progress, retry
from azdock.azure.functioncall import KEY_HEADER, Answer, FunctionCall, Request, Stopped, Unanswered
from azdock.azure.functionfollow import Following
from azdock.backends import function_call, function_notes, function_status
from azdock.backends.function_hosting import FRONT_END_SECONDS, Hosting
from azdock.backends.log_reader import Batches
from azdock.docker.channels import Ending, LogLine
from azdock.docker.invocation import EXIT_HEADER, FAILED, TIMED_OUT, Invocation, exit_code
from azdock.docker.record import ContainerRecord, Status

if TYPE_CHECKING:
    from azdock.azure.client import Azure

PIECES = 64  # of an answer that wait for whoever reads it
LIMIT_SETTING = "WEBSITES_CONTAINER_START_TIME_LIMIT"
GATEWAY = frozenset({502, 503, 504})
COMPLETED = "Completed"
NO_HISTORY = "Azure tells how a function that is no HTTP one has ended in Log Analytics alone"
LIST_SECONDS = 20.0  # that a host that is up may need to find its functions


class Sending:
    """The run `run` of a record. `fresh` says that the app was just turned on, `attached` that somebody reads the
    answer, `noted` that its beginning is noted by this process already."""

    def __init__(
        self,
        azure: Azure,
        hosting: Hosting,
        record: ContainerRecord,
        run: str,
        invocation: Invocation,
        *,
        fresh: bool,
        attached: bool,
        noted: bool = False,
    ) -> None:
        self._azure, self._hosting, self._record, self.run = azure, hosting, record, run
        self._invocation, self._fresh, self._attached = invocation, fresh, attached
        self._began = datetime.now(UTC)
        self._pieces: queue.Queue[LogLine | None] = queue.Queue(PIECES)
        self._call: FunctionCall | None = None
        self._left = False
        self._noting = None if noted else threading.Thread(target=self._note_begin, name="azdock-note", daemon=True)
        self._missing = ""
        self.failure: BaseException | None = None
        self.status = Status("running", run, started_at=self._began, serving=True)
        self.under_way = threading.Event()  # its request is sent, or it is over
        self._thread = threading.Thread(target=self._carry, name="azdock-invocation", daemon=True)

    def begin(self) -> Status:
        """Carry it in a thread; its status for now."""
        self._thread.start()
        return self.status

    def end(self) -> Status:
        """Block until it is over. Raises what kept it from being invoked."""
        self._thread.join()
        if self.failure is not None:
            raise self.failure
        return self.status

    def batches(self) -> Batches:
        """The answer's pieces, and at their end how the run has ended."""
        try:
            while (piece := self._pieces.get()) is not None:
                yield [piece]
        except BaseException:
            self.leave()
            raise
        status = self.end()
        return Ending(self._missing, status.exit_code if status.exit_known else None)

    def leave(self) -> None:
        """Wait for the answer no longer; the invocation may go on."""
        self._left = True
        if self._call is not None:
            self._call.abort()

    def noted_begin(self) -> None:
        """Block until the beginning is noted."""
        if self._noting is not None and self._noting.ident is not None:
            self._noting.join()

    # ---- the thread
    def _carry(self) -> None:
        try:
            status = self._carried()
            self.status = replace(status, serving=status.reason != function_status.STOPPED)
            self._note_end()
        except errors.AzdockError as failed:
            self.failure = failed
            self.status = Status("created", self.run, error=failed.message, serving=not isinstance(failed, Stopped))
            self._note_end()
        except BaseException as failed:  # raised again by whoever waits for the end
            self.failure = failed
        finally:
            self.under_way.set()
            self._put(None)

    def _carried(self) -> Status:
        record, slot = self._record, self._invocation.slot
        address = self._hosting.url(record, slot)
        call = self._call = FunctionCall(
            address,
            limit=FRONT_END_SECONDS[self._hosting.name],
            debug=self._azure.settings.debug,
            sent=self.under_way.set,
        )
        try:
            if self._left:
                call.abort()
            call.ready(self._limit(), fresh=self._fresh, look=self._look)
            chosen = self._chosen(call)
            request, key = self._request(address, chosen)
            if self._noting is not None:
                self._noting.start()
            if record.spec.timeout > 0:
                call.within(float(record.spec.timeout))
            return self._asked(call, address, chosen, request, key)
        except Unanswered as never:
            return self._unanswered(never)
        finally:
            call.close()

    def _asked(
        self, call: FunctionCall, address: str, chosen: function_call.Chosen, request: Request, key: str
    ) -> Status:
        asking = None
        if not key and chosen.auth != "anonymous" and not function_call.brings_key(self._invocation, chosen.path):
            asking = self._keys(chosen)
        sent = datetime.now(UTC)
        answer = call.ask(request, self._sink, asking)
        if chosen.event and answer.status == 202:
            return self._event_end(call, chosen.function, sent)
        names = self._names() if answer.status == 202 else frozenset[str]()
        answer = Following(call, address, names, self._keys(chosen)).end(request.url, answer, self._sink)
        return self._answered(answer)

    def _answered(self, answer: Answer) -> Status:
        if answer.ended:
            return self._over(0 if answer.ended == COMPLETED else FAILED, f"the orchestration is {answer.ended}")
        if 300 <= answer.status < 400:
            progress.warn(f"the function answered {answer.status} and points to {answer.location}: nobody follows that")
        if answer.status in GATEWAY and self._is_stopped():
            return function_status.lost(self.run, self._began, function_status.STOPPED)
        return self._over(exit_code(answer.status, answer.headers.get(EXIT_HEADER.lower())), f"HTTP {answer.status}")

    def _unanswered(self, never: Unanswered) -> Status:
        if never.why == "broken" and self._is_stopped():
            return function_status.lost(self.run, self._began, function_status.STOPPED)
        self._missing = "" if never.why == "left" else f"{never.reason}; the invocation may go on"
        if never.why == "late":
            return self._over(TIMED_OUT, never.reason)
        code = TIMED_OUT if never.why == "cut" else FAILED
        return function_status.lost(self.run, self._began, never.reason, code)

    def _event_end(self, call: FunctionCall, function: str, sent: datetime) -> Status:
        """The end of a function that is no HTTP one, which only the history tells."""
        from azdock.azure.functionhistory import History

        history, pause = History(self._azure), retry.backoff(0.1 if self._azure.is_embedded else 2.0, 10.0)
        while True:
            try:
                told = history.executed(function, sent)
            except errors.AzdockError as failed:
                return function_status.lost(self.run, self._began, f"{NO_HISTORY}: {failed.message}", FAILED)
            if told is not None:
                return self._over(0 if told else FAILED, "Succeeded" if told else "Failed")
            seconds = pause()
            with progress.waiting("Log Analytics does not have the function's end yet", seconds):
                call.pause(seconds)

    # ---- steps
    def _look(self) -> None:
        """Raise when there is nothing to wait for: Azure cannot get the app there."""
        hosted = self._hosting.hosted(self._hosting.get(self._record))
        if hosted.stopped and not self._invocation.slot:
            raise Stopped(f"{self._record.ident.name} was stopped before it was invoked")
        if hosted.trouble:
            name = self._record.ident.name
            raise errors.AzureFailure(f"the function app does not start: {hosted.trouble}", f"azdock explain {name}")

    def _chosen(self, call: FunctionCall) -> function_call.Chosen:
        if not function_call.needs_list(self._invocation, self._record.spec):
            return function_call.choose(self._invocation, self._record.spec, None)
        pause, deadline = retry.backoff(0.1, 2.0), time.monotonic() + LIST_SECONDS
        found = self._hosting.functions(self._record, self._invocation.slot)
        while found == [] and time.monotonic() < deadline:
            call.pause(pause())
            found = self._hosting.functions(self._record, self._invocation.slot)
        return function_call.choose(self._invocation, self._record.spec, found)

    def _request(self, address: str, chosen: function_call.Chosen) -> tuple[Request, str]:
        """The request, and the key in it ("" for none)."""
        invocation = self._invocation
        data, found = invocation.data, function_call.headers(invocation, self.run)
        if chosen.event:
            data = function_call.event(invocation)
            found = [one for one in found if one[0].lower() != "content-type"] + [("Content-Type", "application/json")]
        key = ""
        if chosen.auth in function_call.KEYED and not function_call.brings_key(invocation, chosen.path):
            key = self._keys(chosen)()
            found.append((KEY_HEADER, key))
        return Request(chosen.method, f"{address.rstrip('/')}/{chosen.path}", tuple(found), data), key

    def _keys(self, chosen: function_call.Chosen) -> Callable[[], str]:
        """Asks for the key that lets a request in."""
        return partial(self._hosting.key, self._record, chosen.function, chosen.auth, self._invocation.slot)

    def _names(self) -> frozenset[str]:
        """The hosts by which the app calls itself."""
        hosted = self._hosting.hosted(self._hosting.get(self._record))
        return frozenset({urlsplit(hosted.address).netloc} - {""})

    def _limit(self) -> float:
        given = [item.partition("=")[2] for item in self._record.spec.env if item.startswith(f"{LIMIT_SETTING}=")]
        return float(given[-1]) if given and given[-1].isdecimal() else function_status.START_SECONDS

    def _is_stopped(self) -> bool:
        """Whether the app does not serve any more."""
        try:
            return self._hosting.hosted(self._hosting.get(self._record)).stopped
        except errors.AzdockError:
            return False  # then nothing is known

    def _over(self, code: int, reason: str) -> Status:
        return Status(
            "exited",
            self.run,
            code,
            started_at=self._began,
            finished_at=datetime.now(UTC),
            reason=reason if code else "",
        )

    def _sink(self, stream: Literal["out", "err"], data: bytes) -> None:
        if self._attached and data:
            self._put(LogLine(stream, data, time.time_ns()))

    def _put(self, piece: LogLine | None) -> None:
        """Hand a piece on; nobody may be there to take it any more."""
        while self._attached and not self._left:
            try:
                self._pieces.put(piece, timeout=0.5)
                return
            except queue.Full:
                continue

    # ---- notes
    def _note_begin(self) -> None:
        self._tag(function_notes.begin_tags(self.run, self._began))

    def _note_end(self) -> None:
        """Note the end, unless another run is the latest by now, or the app is removed with it."""
        if (self._attached and self._record.spec.auto_remove) or self._left:
            return
        self.noted_begin()
        try:
            latest = function_notes.read(self._hosting.get(self._record).get("tags") or {}).run
        except errors.NotFound:
            return  # the app was removed meanwhile
        if latest in ("", self.run) or self.status.state == "created":
            self._tag(function_notes.end_tags(self.status))

    def _tag(self, tags: dict[str, str]) -> None:
        try:
            self._hosting.tag(self._record, tags)
        except errors.NotFound:
            return  # the app was removed meanwhile
        except errors.AzdockError as failed:
            progress.warn(f"what became of the run could not be noted on the app: {failed.message}")
