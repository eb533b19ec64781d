"""Probes of containers of apps, really made: HTTP requests and TCP connections, by Kubernetes' rules.

Sources: learn.microsoft.com/azure/container-apps/health-probes (the platform's own probes);
kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

Document = dict[str, Any]
Connect = Callable[[int], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]
STARTUP, LIVENESS, READINESS = "Startup", "Liveness", "Readiness"
SPOKEN = {STARTUP: "StartUp", LIVENESS: LIVENESS, READINESS: READINESS}  # in the system log
REFUSED = "1"  # the status code that the system log shows for a TCP port on which nothing listens
AGENT = "kube-probe/1.29"


@dataclass(frozen=True, slots=True)
class Probe:
    """One probe of a container; times are seconds. `port` 0 has nothing to look at."""

    kind: str
    port: int
    path: str = ""  # HTTP when not ""
    tls: bool = False
    host: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    delay: float = 0
    period: float = 10
    timeout: float = 1
    successes: int = 1
    failures: int = 3
    own: bool = False  # the platform's, not given by the user


def probes_of(one: Document) -> dict[str, Probe]:
    """The probes that a container of a template gives, by kind."""
    found = (_probe(given) for given in one.get("probes") or ())
    return {probe.kind: probe for probe in found}


def _probe(given: Document) -> Probe:
    http = given.get("httpGet") or {}
    place = http or given.get("tcpSocket") or {}
    kind = next(one for one in SPOKEN if one.lower() == str(given.get("type", "")).lower())
    return Probe(
        kind,
        int(place.get("port") or 0),
        path=str(http.get("path") or "/") if http else "",
        tls=str(http.get("scheme") or "").upper() == "HTTPS",
        host=str(place.get("host") or ""),
        headers=tuple((one["name"], str(one.get("value") or "")) for one in http.get("httpHeaders") or ()),
        delay=float(given.get("initialDelaySeconds") or 0),
        period=float(given.get("periodSeconds") or 10),
        timeout=float(given.get("timeoutSeconds") or 1),
        successes=int(given.get("successThreshold") or 1),
        failures=int(given.get("failureThreshold") or 3),
    )


def platform_probes() -> dict[str, Probe]:
    """What the platform adds to the first container of an app with ingress, for the kinds that it does not give. Their
    port is the ingress' target port at the time they look."""
    return {
        STARTUP: Probe(STARTUP, 0, delay=1, period=1, timeout=3, failures=240, own=True),
        READINESS: Probe(READINESS, 0, delay=3, period=5, timeout=5, failures=48, own=True),
    }


async def look(probe: Probe, connect: Connect) -> str:
    """Make the probe once: "" when it succeeds, else what the system log says after "failed with "."""
    try:
        async with asyncio.timeout(probe.timeout):  # wait_for of Python 3.11 may swallow a cancellation
            return await _look(probe, connect)
    except TimeoutError:
        return f"timeout in {probe.timeout:g} seconds."
    except (OSError, EOFError, ValueError, asyncio.LimitOverrunError):
        return f"status code: {'' if probe.path else REFUSED}"


async def _look(probe: Probe, connect: Connect) -> str:
    reader, writer = await connect(probe.port)
    try:
        if not probe.path:
            return ""
        if probe.tls:
            await writer.start_tls(_anybody())
        writer.write(_request(probe))
        await writer.drain()
        status = await _status(reader)
        return "" if 200 <= status < 400 else f"status code: {status}"
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def _anybody() -> ssl.SSLContext:
    """Kubernetes does not look at the certificate of a probed port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _request(probe: Probe) -> bytes:
    headers = {"Host": f"{probe.host or 'localhost'}:{probe.port}", "User-Agent": AGENT, "Accept": "*/*"}
    headers |= dict(probe.headers) | {"Connection": "close"}
    path = probe.path if probe.path.startswith("/") else f"/{probe.path}"
    lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode("latin-1")


async def _status(reader: asyncio.StreamReader) -> int:
    """The status of the answer. Raises ValueError or EOFError when it is none."""
    line = await reader.readuntil(b"\n")
    words = line.split()
    if len(words) < 2 or not words[0].startswith(b"HTTP/"):
        raise ValueError("no HTTP answer")
    return int(words[1])
