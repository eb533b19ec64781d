"""What the ingress itself answers: Envoy's plain words and the pages that Container Apps shows instead of an app.

Source: envoyproxy.io, source/common/http; github.com/microsoft/azure-container-apps issues 755 (403 of an app that is
stopped or has no active revision) and 1217 ("stream timeout"); microsoft/vscode-azurecontainerapps issue 299
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus


@dataclass(frozen=True, slots=True)
class Page:
    """A text to answer with."""

    text: str
    kind: str = "text/plain"

    def answer(self, status: int, *, bodiless: bool, keep: bool) -> bytes:
        """The whole response; `bodiless` leaves the text out, as an answer to HEAD must."""
        body = self.text.encode()
        head = (
            f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nContent-Type: {self.kind}\r\n"
            f"Content-Length: {len(body)}\r\nConnection: {'keep-alive' if keep else 'close'}\r\n\r\n"
        )
        return head.encode() + (b"" if bodiless else body)


def _html(title: str, text: str) -> Page:
    head = f"<!DOCTYPE html><html><head><title>{title}</title></head>"
    return Page(f"{head}<body><h1>{title}</h1><p>{text}</p></body></html>\n", "text/html; charset=utf-8")


STOPPED = _html("Error 403 - This Container App is stopped", "It takes no requests until it is started.")
UNKNOWN = _html("Error 404 - This Container App does not exist", "No app of this environment has this name.")
EMPTY = Page("")  # of a Functions host that refuses a key
NO_REPLICA = Page("no healthy upstream")
TERMINATED = Page("upstream connect error or disconnect/reset before headers. reset reason: connection termination")
PROTOCOL = Page("upstream connect error or disconnect/reset before headers. reset reason: protocol error")
LATE = Page("stream timeout")
BAD = Page("Bad Request")
TOO_LARGE = Page("Request Header Fields Too Large")


def refused(error: OSError) -> Page:
    """A container that takes no connection."""
    reason = "retried and the latest reset reason: remote connection failure, transport failure reason: "
    return Page(
        f"upstream connect error or disconnect/reset before headers. {reason}delayed connect error: {error.errno or 0}"
    )
