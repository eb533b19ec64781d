"""What goes on after a function's answer: a 202 is asked for its end, a Durable orchestration for its output.

SOURCE: learn.microsoft.com/azure/architecture/patterns/async-request-reply (202, Location, Retry-After, 302);
learn.microsoft.com/azure/azure-functions/durable/durable-functions-http-api (statusQueryGetUri, runtimeStatus).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urljoin, urlsplit

from azdock.azure import retry, web
from azdock.azure.functioncall import KEY_HEADER, Answer, FunctionCall, Sink
from azdock.azure.web import httpx

STATUS_URI, RUNTIME_STATUS = "statusQueryGetUri", "runtimeStatus"
OVER = frozenset({"Completed", "Failed", "Terminated", "Canceled"})
AGAIN = frozenset({408, 429, 502, 503, 504})  # of a question that may be asked again
MOVED = frozenset({301, 302, 303, 307, 308})
HOPS = 10
# Durable always says that it wants to be asked every 10 seconds, however short the orchestration is.
DURABLE_SECONDS, LONGEST_SECONDS = 2.0, 60.0


class Following:
    """The questions after a 202. `address` is where the app is reached, `names` are the hosts by which it calls itself
    in its own answers. A `key` goes to the app alone, and only when it asks for one."""

    def __init__(self, call: FunctionCall, address: str, names: frozenset[str], key: Callable[[], str] | None) -> None:
        self._call, self._address, self._key = call, address.rstrip("/"), key
        self._names = {name.lower() for name in names} | {urlsplit(address).netloc.lower()}
        self._headers: tuple[tuple[str, str], ...] = (("User-Agent", "azdock"), ("Accept", "*/*"))
        self._keyed = False

    def end(self, asked: str, answer: Answer, sink: Sink) -> Answer:
        """The answer in the end: `answer` itself, unless it tells where to ask for another. `asked` is the URL that
        gave it. Raises Unanswered."""
        if answer.status != 202:
            return answer
        status_url = str(_json(answer.body).get(STATUS_URI) or "")
        if not status_url and not answer.location:
            if answer.body:
                sink("out", answer.body)
            return answer
        return self._followed(self._own(urljoin(asked, status_url or answer.location)), answer, bool(status_url), sink)

    def _followed(self, url: str, first: Answer, durable: bool, sink: Sink) -> Answer:
        growing = retry.backoff(0.05 if web.is_loopback(self._address) else 0.5, 5.0)
        wanted, hops = retry.asked_for(first.headers), 0
        while True:
            self._call.pause(_seconds(wanted, growing(), durable))
            try:
                got = self._call.get(url, self._told(url))
            except httpx.HTTPError:
                self._call.pause(0)  # a question may be asked again; unless it is over
                wanted = None
                continue
            wanted = retry.asked_for(got.headers)
            if got.status_code == 401 and self._key is not None and not self._keyed and self._is_own(url):
                self._headers, self._keyed, wanted = (*self._headers, (KEY_HEADER, self._key())), True, 0.0
                continue
            if got.status_code in MOVED and "Location" in got.headers and hops < HOPS:
                url, hops, wanted = self._own(urljoin(url, got.headers["Location"])), hops + 1, 0.0
                continue
            if got.status_code in AGAIN:
                continue
            state = _json(got.content)
            if (durable or "instanceId" in state) and RUNTIME_STATUS in state:
                durable = True
                if state[RUNTIME_STATUS] in OVER:
                    return _orchestrated(state, first, got, sink)
                continue
            if got.status_code != 202:
                return _final(got, sink)
            if "Location" in got.headers:
                url = self._own(urljoin(url, got.headers["Location"]))

    # ---- steps
    def _is_own(self, url: str) -> bool:
        return url.startswith(f"{self._address}/")

    def _told(self, url: str) -> tuple[tuple[str, str], ...]:
        """The headers of a question: nobody but the app gets a key."""
        return self._headers if self._is_own(url) else tuple(one for one in self._headers if one[0] != KEY_HEADER)

    def _own(self, url: str) -> str:
        """A URL of the app's as it is reached from here; another host's as it is."""
        parts = urlsplit(url)
        if parts.netloc.lower() not in self._names:
            return url
        return f"{self._address}{parts.path or '/'}" + (f"?{parts.query}" if parts.query else "")


def _seconds(wanted: float | None, growing: float, durable: bool) -> float:
    """How long to wait before the next question."""
    if wanted is None:
        return growing
    return min(wanted, max(growing, 0.0), DURABLE_SECONDS) if durable else min(wanted, LONGEST_SECONDS)


def _orchestrated(state: dict[str, Any], first: Answer, got: httpx.Response, sink: Sink) -> Answer:
    """The end of an orchestration, whose output is the answer."""
    ended, output = str(state[RUNTIME_STATUS]), state.get("output")
    if output is not None:
        text = output if isinstance(output, str) else json.dumps(output, ensure_ascii=False)
        sink("out" if ended == "Completed" else "err", f"{text}\n".encode())
    return replace(first, status=got.status_code, body=b"", ended=ended)


def _final(got: httpx.Response, sink: Sink) -> Answer:
    answer = Answer(got.status_code, {name.lower(): value for name, value in got.headers.items()})
    if got.content:
        sink("err" if answer.failed else "out", got.content)
    return answer


def _json(body: bytes) -> dict[str, Any]:
    """A body that is a JSON object; {} for any other."""
    if not body[:64].lstrip().startswith(b"{"):
        return {}
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
