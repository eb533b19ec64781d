"""A thin client of the resource manager: what every hot call goes through.

SOURCE: learn.microsoft.com/azure/azure-resource-manager/management/async-operations.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any, cast

from azdock import errors, wire
from azdock.azure import errors as translate
from azdock.azure import retry, wirelog
from azdock.azure.web import httpx

TokenSource = Callable[[str], str]  # the token just refused, or "" -> a token
OPERATION_SECONDS = 1200.0
SUCCEEDED, FAILED = "succeeded", frozenset({"failed", "canceled"})


class Arm:
    """GET, list, POST, PUT, PATCH and DELETE with retries, paging and long operations. Raises AzdockError only."""

    def __init__(
        self,
        http: httpx.Client,
        base_url: str,
        token: TokenSource,
        *,
        sleep: Callable[[float], None] = time.sleep,
        debug: bool = False,
    ) -> None:
        self._http, self._base, self._token = http, base_url.rstrip("/"), token
        self._sleep, self._debug = sleep, debug

    def get(self, path: str, version: str = wire.APP_API_VERSION) -> dict[str, Any]:
        """One resource as Azure's JSON. Raises NotFound."""
        return cast(dict[str, Any], self.request("GET", self.url(path, version)).json())

    def every(self, path: str, version: str = wire.APP_API_VERSION) -> Iterator[dict[str, Any]]:
        """Every item of a list, over all its pages."""
        url: str | None = self.url(path, version)
        while url:
            page = self.request("GET", url).json()
            yield from page.get("value") or []
            url = page.get("nextLink")

    def post(self, path: str, version: str = wire.APP_API_VERSION, body: Any = None) -> Any:
        """Call an action and wait for its result; None when it has none."""
        return self._finished(self.request("POST", self.url(path, version), body))

    def put(self, path: str, body: dict[str, Any], version: str = wire.APP_API_VERSION) -> Any:
        """Create or replace a resource, waited for; its JSON where the last answer has it."""
        return self._finished(self.request("PUT", self.url(path, version), body))

    def patch(
        self,
        path: str,
        body: dict[str, Any],
        version: str = wire.APP_API_VERSION,
        enough: Callable[[], bool] | None = None,
    ) -> Any:
        """A JSON merge patch, waited for until it is done, or until `enough` says that no more waiting is needed."""
        return self._finished(self.request("PATCH", self.url(path, version), body), enough)

    def delete(self, path: str, version: str = wire.APP_API_VERSION) -> None:
        """Delete, waited for; what is already gone is no error."""
        try:
            self._finished(self.request("DELETE", self.url(path, version)))
        except errors.NotFound:
            return

    def url(self, path: str, version: str = "") -> str:
        """An absolute URL; `path` may carry a query already."""
        joint = "&" if "?" in path else "?"
        return f"{self._base}{path}" + (f"{joint}api-version={version}" if version else "")

    def request(self, method: str, url: str, body: Any = None, **options: Any) -> httpx.Response:
        """One call to an absolute URL, repeated while Azure asks for it. The answer's status is below 400."""
        patience, refused, token = retry.Patience(self._sleep), False, self._token("")
        while True:
            try:
                answer = self._send(method, url, body, token, options)
            except httpx.HTTPError as broken:
                # A call that may have arrived must not be repeated unless repeating it is harmless.
                harmless = method != "POST" or isinstance(broken, httpx.ConnectError | httpx.ConnectTimeout)
                if harmless and patience.tries < 2 and patience.wait("the connection failed", None):
                    continue
                raise translate.unreachable(self._base, broken) from broken
            if answer.status_code < 400:
                return answer
            if answer.status_code == 401 and not refused:
                refused, token = True, self._token(token)
                continue
            if not self._again(method, answer, patience):
                raise translate.of_response(answer.status_code, answer.text, answer.headers)

    def _send(self, method: str, url: str, body: Any, token: str, options: dict[str, Any]) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}", wire.CLIENT_REQUEST_ID: str(uuid.uuid4())}
        headers |= options.get("headers", {})
        content: Any = options.get("content")
        if hasattr(content, "seek"):
            content.seek(0)  # an earlier try may have sent a part of it
        began = time.monotonic()
        rest = {key: value for key, value in options.items() if key != "headers"}
        answer = self._http.request(
            method, url, headers=headers, **({"json": body} if body is not None else {}), **rest
        )
        if self._debug:
            seconds = time.monotonic() - began
            wirelog.line(method, url, answer.status_code, seconds, answer.headers.get(wire.REQUEST_ID, ""))
        return answer

    def _again(self, method: str, answer: httpx.Response, patience: retry.Patience) -> bool:
        """Wait before the next try; False when this answer is final."""
        status = answer.status_code
        code, _ = translate.parse(answer.text)
        if translate.is_busy(status, code):
            reason = "Azure is busy with the resource" if status == 409 else "Azure asks to slow down"
            return patience.wait(reason, retry.asked_for(answer.headers))
        if status not in retry.TRANSIENT or (method == "POST" and status != 503):
            return False
        return patience.tries < retry.TRANSIENT_TRIES and patience.wait(
            f"Azure answered {status}", retry.asked_for(answer.headers)
        )

    def _finished(self, answer: httpx.Response, enough: Callable[[], bool] | None = None) -> Any:
        """The result of a call that may go on after its answer; status URLs are used verbatim. None when `enough` ends
        the waiting."""
        status_url = answer.headers.get(wire.ASYNC_OPERATION)
        location = answer.headers.get(wire.LOCATION)
        if answer.status_code not in (201, 202) or not (status_url or location):
            return answer.json() if answer.content else None
        patience = retry.Patience(self._sleep, OPERATION_SECONDS, pause=retry.backoff(0.05, 2.0))
        while True:
            polled = self.request("GET", status_url or location or "")
            if status_url:
                state = str(polled.json().get("status", "")).lower()
                if state in FAILED:
                    raise translate.of_operation(polled.json(), polled.headers.get(wire.REQUEST_ID, ""))
                done = state == SUCCEEDED
            else:
                done = polled.status_code != 202
            if done:
                return polled.json() if not status_url and polled.content else None
            if enough is not None and enough():
                return None
            if not patience.wait("Azure works on it", retry.asked_for(polled.headers)):
                raise errors.AzureFailure(f"the operation did not end within {OPERATION_SECONDS:.0f} seconds")
