"""Requests to a function app: until its front end lets them through, and one whose answer is streamed.

A request that may have arrived is never sent again: a function is no harmless thing to repeat.
SOURCE: azure-docs, app-service/configure-custom-container.md (/robots933456.txt) and azure-functions/functions-scale.md
(230 seconds); microsoft/azure-container-apps issues 755 (a stopped app's page) and 1217 ("stream timeout").
"""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from azdock import errors
from azdock.azure import progress, retry, web, wirelog
from azdock.azure.web import httpx

PING = "/robots933456.txt"
KEY_HEADER = "x-functions-key"
PIECE = 256 * 1024  # bytes of a body that are in memory beside the body itself
PAGE_BYTES = 16 * 1024  # of an error page that is looked at
PING_SECONDS = 10.0  # for an app that serves: one that takes longer is busy, and takes the request as well
NEARLY = 0.97  # of the front end's time, as clocks differ
LEAST_LOOK_SECONDS = 0.5  # between two looks at Azure while an app does not answer

_NOT_YET = frozenset({502, 503, 504})
_CUT = frozenset({500, 502, 503, 504})
_CUT_TEXT = re.compile(r"stream timeout|upstream request timeout|The request timed out|Gateway ?Time-?out", re.I)
_STOPPED = re.compile(r"Error 40[34] - This (web app|Container App) is stopped", re.I)
_TITLE = re.compile(r"<title>\s*(.*?)\s*</title>", re.I | re.S)
_HOST_INVOCATION = ("x-azure-functions-invocationid", "x-ms-invocation-id")

Sink = Callable[[Literal["out", "err"], bytes], None]


@dataclass(frozen=True, slots=True)
class Request:
    """One request: `url` is absolute, `data` None is no body."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    data: bytes | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """How a request was answered, its headers by lower-case name. Its body has gone to the sink, but for a `body` that
    tells where to ask next. `ended` is how a Durable orchestration ended, "" for anything else."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    ended: str = ""

    @property
    def location(self) -> str:
        """Where the answer points to; "" for nowhere."""
        return self.headers.get("location", "")

    @property
    def failed(self) -> bool:
        """Whether the answer's body is about an error."""
        return self.status >= 400


# late: the time of the run is over; cut: the front end waited no longer; broken: the connection; left: by abort()
Why = Literal["late", "cut", "broken", "left"]


class Unanswered(Exception):
    """There was no answer, or not all of it: why, in a clause."""

    def __init__(self, why: Why, reason: str) -> None:
        super().__init__(reason)
        self.why, self.reason = why, reason


class Stopped(errors.NotRunning):
    """The app's front end says that the app is stopped."""


class FunctionCall:
    """The requests of one run to an app at `address`; `limit` is how many seconds its front end waits for an answer.
    `sent` is called once a whole request was sent. One thread asks; abort() is for others."""

    def __init__(
        self, address: str, *, limit: float, debug: bool = False, sent: Callable[[], None] = lambda: None
    ) -> None:
        self._address, self._limit, self._debug, self._sent = address.rstrip("/"), limit, debug, sent
        self._http = web.client(address)
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._over: Unanswered | None = None
        self._stop = threading.Event()
        self._timer: threading.Timer | None = None

    # ---- time
    def within(self, seconds: float) -> None:
        """From now on everything has to be over after so many seconds."""
        text = f"{seconds:g} second{'' if seconds == 1 else 's'}"
        late = Unanswered("late", f"it did not end within {text}")
        self._timer = threading.Timer(seconds, self.abort, (late,))
        self._timer.daemon = True
        self._timer.start()

    def abort(self, why: Unanswered | None = None) -> None:
        """End what is under way, from any thread."""
        with self._lock:
            self._over = self._over or why or Unanswered("left", "azdock did not wait for its answer")
            self._stop.set()
            self._shut()

    def close(self) -> None:
        """Drop the connections."""
        if self._timer is not None:
            self._timer.cancel()
        self._http.close()

    def pause(self, seconds: float) -> None:
        """Sleep, unless it is over. Raises Unanswered then."""
        self._stop.wait(seconds)
        self._check()

    # ---- before the request
    def ready(self, seconds: float, *, fresh: bool, look: Callable[[], None]) -> None:
        """Block until the front end lets requests through. A `fresh` app was just turned on, so that nothing has to
        answer yet. `look` asks Azure, and raises AzdockError when there is nothing to wait for. Raises Stopped for an
        app that is stopped, AzureFailure for one that does not come up."""
        deadline = time.monotonic() + seconds
        pause = retry.backoff(0.02 if web.is_loopback(self._address) else 0.25, 2.0)
        looked = time.monotonic()
        while True:
            obstacle = self._ping(max(1.0, deadline - time.monotonic()) if fresh else PING_SECONDS, fresh)
            if not obstacle:
                return
            now = time.monotonic()
            if now - looked >= LEAST_LOOK_SECONDS:
                look()
                looked = now
            if now > deadline:
                raise errors.AzureFailure(f"the function app does not answer after {seconds:g} seconds: {obstacle}")
            wait = pause()
            with progress.waiting("Azure starts the function app", wait):
                self.pause(wait)

    def _ping(self, seconds: float, fresh: bool) -> str:
        """One look whether requests are let through; else what is in the way."""
        try:
            headers = {"Connection": "close", "User-Agent": "azdock"}
            answer = self._http.get(
                self._address + PING, headers=headers, timeout=httpx.Timeout(seconds, connect=10.0), **self._traced()
            )
        except httpx.ReadTimeout:
            return "no answer" if fresh else ""
        except httpx.HTTPError as failed:
            self._check()
            if "CERTIFICATE_VERIFY_FAILED" in str(failed):
                raise errors.Unreachable(f"no answer from {self._address}: {failed}") from failed
            return str(failed) or type(failed).__name__
        page = answer.text[:PAGE_BYTES]
        if answer.status_code in (403, 404) and _STOPPED.search(page):
            if not fresh:
                raise Stopped(_title(page))
            return _title(page)
        return f"{answer.status_code} {_title(page)}".strip() if answer.status_code in _NOT_YET else ""

    # ---- the request
    def ask(self, request: Request, sink: Sink, key: Callable[[], str] | None) -> Answer:
        """Send a request once, and its answer's body to `sink`: below 400 as output, else as errors. `key` is asked for
        a key when the app wants one: a request that was refused for want of a key has not been run. Raises Unanswered,
        Unreachable when it cannot have arrived, and what `key` raises."""
        answer = self._once(request, sink, held=401 if key is not None else 0)
        if answer.status == 401 and key is not None:
            keyed = replace(request, headers=(*request.headers, (KEY_HEADER, key())))
            answer = self._once(keyed, sink)
        return answer

    def get(self, url: str, headers: tuple[tuple[str, str], ...]) -> httpx.Response:
        """One GET that may be repeated, its body read. Raises httpx.HTTPError, Unanswered."""
        began = time.monotonic()
        answer = self._http.get(url, headers=list(headers), timeout=web.TIMEOUT, **self._traced())
        self._check()
        self._log("GET", url, answer, began)
        return answer

    def _once(self, request: Request, sink: Sink, held: int = 0) -> Answer:
        """One exchange. The body of an answer with the status `held`, and of one that tells where to ask next, is not
        given to the sink."""
        began = time.monotonic()
        headers = list(request.headers)
        raw = any(name.lower() == "accept-encoding" for name, _ in headers)
        if request.data is not None:
            headers.append(("Content-Length", str(len(request.data))))
        with self._translated(began):
            options = {"headers": headers, "timeout": httpx.Timeout(None, connect=10.0), **self._traced(telling=True)}
            body = None if request.data is None else _pieces(request.data)
            with self._http.stream(request.method, request.url, content=body, **options) as response:
                self._sent()  # whoever answers has got it, even if not all of it
                self._log(request.method, request.url, response, began)
                told = _answer(response)
                pieces = response.iter_raw(PIECE) if raw else response.iter_bytes(PIECE)
                if told.status == held:
                    return told
                if told.status == 202 and (told.location or "json" in told.headers.get("content-type", "")):
                    told = self._accepted(told, pieces, sink)
                else:
                    self._give(told, pieces, sink, began)
            self._check()
            return told

    def _accepted(self, told: Answer, pieces: Iterator[bytes], sink: Sink) -> Answer:
        """An answer that may tell where to ask next: its body, unless it is too large for that."""
        body = b""
        for piece in pieces:
            body += piece
            if len(body) > PIECE:
                sink("out", body)
                for more in pieces:
                    sink("out", more)
                return told
        return replace(told, body=body)

    def _give(self, told: Answer, pieces: Iterator[bytes], sink: Sink, began: float) -> None:
        """The body to the sink. Raises Unanswered when it is the front end's, which waited no longer."""
        if told.status in _CUT or told.status in (403, 404):
            page = b""
            while len(page) < PAGE_BYTES and (piece := next(pieces, b"")):
                page += piece
            text = page.decode(errors="replace")
            late = time.monotonic() - began >= self._limit * NEARLY
            if told.status in _CUT and (late or (len(page) < PAGE_BYTES and _CUT_TEXT.search(text))):
                raise self._cut(began)
            if told.status in (403, 404) and _STOPPED.search(text):
                raise Stopped(_title(text))
            if page:
                sink("err", page)
        stream: Literal["out", "err"] = "err" if told.failed else "out"
        for piece in pieces:
            sink(stream, piece)

    # ---- steps
    @contextmanager
    def _translated(self, began: float) -> Iterator[None]:
        try:
            yield
        except (httpx.ConnectError, httpx.ConnectTimeout) as failed:
            self._check()
            raise errors.Unreachable(f"no answer from {self._address}: {failed or type(failed).__name__}") from failed
        except httpx.HTTPError as failed:
            self._check()
            if time.monotonic() - began >= self._limit * NEARLY:
                raise self._cut(began) from failed
            text = str(failed) or type(failed).__name__
            raise Unanswered("broken", f"the connection broke before its answer was complete ({text})") from failed

    def _cut(self, began: float) -> Unanswered:
        seconds = time.monotonic() - began
        return Unanswered("cut", f"Azure's front end waited no longer than {seconds:.0f} seconds for its answer")

    def _check(self) -> None:
        """Raise what has ended everything, if anything has: a connection that was shut may look like a good end."""
        with self._lock:
            if self._over is not None:
                raise self._over

    def _traced(self, *, telling: bool = False) -> dict[str, Any]:
        """Options of a request whose connection abort() can end; `telling` says that others wait until it is sent."""

        def trace(event: str, info: dict[str, Any]) -> None:
            self._trace(event, info)
            if telling and event == "http11.send_request_body.complete":
                self._sent()

        return {"extensions": {"trace": trace}}

    def _trace(self, event: str, info: dict[str, Any]) -> None:
        """httpcore's word of every step: which socket there is to shut."""
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            with self._lock:
                self._socket = info["return_value"].get_extra_info("socket")
                if self._socket is not None:
                    # an answer may take minutes, in which nothing else tells a router that the connection is used
                    self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
                    with suppress(AttributeError, OSError):
                        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 60)
                if self._over is not None:
                    self._shut()

    def _shut(self) -> None:
        if self._socket is not None:
            with suppress(OSError):  # it is closed already
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def _log(self, method: str, url: str, answer: httpx.Response, began: float) -> None:
        if not self._debug:
            return
        known = next((answer.headers[name] for name in _HOST_INVOCATION if name in answer.headers), "")
        wirelog.line(method, url, answer.status_code, time.monotonic() - began, f"invocation {known}" if known else "")


def _pieces(data: bytes) -> Iterator[bytes]:
    """A body in pieces, so that it is not copied as a whole."""
    for at in range(0, len(data), PIECE):
        yield data[at : at + PIECE]


def _answer(response: httpx.Response) -> Answer:
    return Answer(response.status_code, {name.lower(): value for name, value in response.headers.items()})


def _title(page: str) -> str:
    """What an error page says in a few words."""
    found = _TITLE.search(page)
    text = found[1] if found else page.strip()
    return " ".join(text.split())[:200]
