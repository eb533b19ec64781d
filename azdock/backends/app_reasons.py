"""What is wrong with an app, read from Azure's sentences: its cause, and what to type next.

SOURCE: yeongseon/azure-container-apps-practical-guide, labs evidence (runningStateDetails, provisioningError, texts of
the system log); learn.microsoft.com/azure/container-apps/{health-probes,troubleshoot-*}.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from azdock.azure.systemlogs import SystemEvent
from azdock.backends.reasons import LOGS, REASONS, Reason

# fmt: off
_ROWS: Mapping[str, Reason] = {
    "PortMismatch": Reason(
        "cause", "Azure sends requests to port {target}, but the program listens on port {listening}",
        "azdock run -p HOST:{listening} {image} ..."),
    "ImagePullFailure ImagePullFailed ErrImagePull ImagePullBackOff ImageInspectError InvalidImageName": Reason(
        "cause", "Azure could not pull the image {image}{detail}", "azdock update --image IMAGE {name}"),
    "ProbeFailed": Reason(
        "cause", "the {probe} probe fails{detail}; Azure starts the container again", LOGS),
    "ReadinessFailed": Reason(
        "cause", "the readiness probe fails{detail}; Azure sends it no requests", LOGS),
    "CrashLoopBackOff": Reason(
        "symptom", "the program ends again and again, last with exit code {code}, and Azure waits longer each time "
        "before it starts it anew", LOGS),
    "OOMKilled": Reason(
        "cause", "the container used more than its {memory} of memory and was killed (OOM)",
        "azdock update {more_memory} {name}"),
    "VolumeMountFailure": Reason(
        "cause", "a volume could not be mounted{detail}: a wrong share or key, or port 445 is blocked",
        "azdock volume inspect {volume}"),
    "Starting": Reason("step", "its program runs, and Azure waits for it to be ready", "azdock explain {name}"),
    "ScaledToZero": Reason(
        "cause", "Azure scaled it to zero because nothing asked for it; the next request wakes it",
        "azdock port {name}"),
}
# fmt: on
OF_APPS: Mapping[str, Reason] = {**REASONS, **{name: row for names, row in _ROWS.items() for name in names.split()}}

# Fewer words are no explanation; these reasons need none.
WORDS, _PLAIN = 6, frozenset({"OOMKilled", "CrashLoopBackOff", "ScaledToZero"})
LEAST_STATUS = 100  # of HTTP
_PORTS = re.compile(r"TargetPort (\d+) does not match the listening port (\d+)")
_PROBE = re.compile(r"Probe of (\w+) failed with (status ?code:)?\s*(.*?)\.?\s*$", re.S | re.IGNORECASE)
_GAVE_UP = re.compile(r"failed (startup|liveness|readiness) probe", re.IGNORECASE)
# The first that fits; what is in a group is Azure's own word, else the second is the reason.
_PATTERNS: Sequence[tuple[re.Pattern[str], str]] = tuple(
    (re.compile(pattern, re.IGNORECASE), reason)
    for pattern, reason in (
        (r"\bOOMKilled\b", "OOMKilled"),
        (r"ImagePullUnauthorized|unauthorized error|\bUNAUTHORIZED\b", "ImagePullUnauthorized"),
        (r"ImagePull\w*|ErrImagePull|InvalidImageName|MANIFEST_UNKNOWN|Pulling ?image failed", "ImagePullFailure"),
        (r"VolumeMountFailure|FailedMount|FailedAttachVolume|MountVolume", "VolumeMountFailure"),
        (r"ContainerCreateFailure|ContainerCannotRun|StartError|RunContainerError", "ContainerCreateFailure"),
        (r"\w*QuotaExceeded|MaxNumberOf\w+Exceeded|exceeds? .*quota|quota.* exceeded", "QuotaExceeded"),
        (r"FailedScheduling|Unschedulable|InsufficientCapacity", "FailedScheduling"),
        (r"ProbeFail\w*|failed \w+ probe|Probe of \w+ failed", "ProbeFailed"),
        (r"Container crashing|CrashLoopBackOff", "CrashLoopBackOff"),
        (r"ScaledToZero", "ScaledToZero"),
        (r"Deployment Progress Deadline Exceeded", "DeploymentProgressDeadlineExceeded"),
    )
)


class Told(NamedTuple):
    """A reason in OF_APPS, what Azure adds ("" for nothing more than the row says), and further words of the row."""

    reason: str
    detail: str = ""
    words: Mapping[str, str] = {}


def classify(text: str) -> Told | None:
    """The reason that a sentence of Azure's gives (a revision's details or error, a status' reason); None for one that
    explains nothing."""
    if ports := _PORTS.search(text):
        return Told("PortMismatch", "", {"target": ports[1], "listening": ports[2]})
    for pattern, reason in _PATTERNS:
        if pattern.search(text):
            if reason == "ProbeFailed":
                return _probe(text)
            # a code alone, or Azure's words around it, say no more than the row
            plain = reason in _PLAIN or text.startswith("Container is waiting") or len(text.split()) <= WORDS
            return Told(reason, "" if plain else text)
    return None


def probe(events: Iterable[SystemEvent]) -> Told | None:
    """The probe that fails, as the newest events tell, with what it got; None when none does."""
    kind, outcomes = "", dict[str, str]()
    for event in events:
        if event.reason not in ("ProbeFailed", "ProbeFailure", "Unhealthy"):
            continue
        if found := _PROBE.search(event.text):
            kind = found[1].lower()
            outcomes[found[1].lower()] = _outcome(event.text)
        if given_up := _GAVE_UP.search(event.text):
            kind = given_up[1].lower()
    if not kind:
        return None
    if kind == "readiness":
        return Told("ReadinessFailed", outcomes.get(kind, ""))
    return Told("ProbeFailed", outcomes.get(kind, ""), {"probe": kind})


def _probe(text: str) -> Told:
    found, given_up = _PROBE.search(text), _GAVE_UP.search(text)
    kind = (found or given_up or ["", "health"])[1].lower()
    detail = _outcome(text) if found else ""
    return Told("ReadinessFailed", detail) if kind == "readiness" else Told("ProbeFailed", detail, {"probe": kind})


def _outcome(text: str) -> str:
    """What a probe got: "status code 404", or a sentence. A small code or none is that of a connection that failed."""
    found = _PROBE.search(text)
    if found is None or not found[2]:
        return "" if found is None else found[3]
    answered = found[3].isdigit() and int(found[3]) >= LEAST_STATUS
    return f"status code {found[3]}" if answered else "nothing answers on its port"
