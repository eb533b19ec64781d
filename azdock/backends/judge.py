"""Pure: from the evidence about a run to its explanation."""

from __future__ import annotations

import re

from azdock.azure.errors import invocation_code
from azdock.backends import resources
from azdock.backends.evidence import ALIVE, Attempt, Evidence
from azdock.backends.reasons import REASONS, Reason, of_exit
from azdock.docker.explanation import Explanation
from azdock.docker.record import ContainerRecord, Status

# "... was terminated with exit code '1' and reason 'ProcessExited'", a colon and the runtime's text may follow
_TERMINATED = re.compile(r"and reason '(\w+)(?:: (.*?))?'", re.S)
_WAITING = re.compile(r"waiting with reason: (\w+)")
# Those that explain a failure whatever else was seen, the strongest first.
_STRONG = (
    "ContainerCreateFailure", "ImagePullUnauthorized", "ImagePullFailure", "ImagePullFailed", "ErrImagePull",
    "ImagePullBackOff", "VolumeMountFailure", "OOMKilled",
)  # fmt: skip
_PULLS = frozenset(_STRONG[1:6])
# GiB, of the Consumption plan
MOST = 8
# What azdock run tells by itself: the program had no part in it.
AZURES = frozenset({*_STRONG[1:], "DeadlineExceeded", "QuotaExceeded", "InternalError", "FailedScheduling"})


def explain(evidence: Evidence) -> Explanation:
    """The cause of what is seen."""
    reason, code, detail = _judge(evidence)
    row = REASONS.get(reason) or (of_exit(code) if code is not None and not reason else None)
    if row is None:
        row = Reason(
            "symptom", f"Azure gives the reason {reason}, which azdock does not know{{detail}}", "azdock logs {name}"
        )
    attempts = len({one.replica for one in evidence.attempts})
    words = words_of(evidence.record, detail)
    cause = row.cause.format(**words)
    if attempts > 1 and row.rank != "step":
        cause += f" ({attempts} attempts)"
    return Explanation(
        f"{cause[0].upper()}{cause[1:]}.", row.next.format(**words), reason or (f"exit code {code}" if code else ""),
        evidence.notes(), tuple(evidence.missing),
    )  # fmt: skip


def first_line(record: ContainerRecord, status: Status) -> str:
    """The cause of a failed run when it is Azure's and not the program's, from its status alone; else ""."""
    information = "OOMKilled" if status.oom_killed else status.error
    word = information.partition(":")[0]
    reason = word if word in AZURES else status.reason
    if reason not in AZURES or status.state == "created":
        return ""
    detail = information.partition(": ")[2] if word in REASONS else status.error
    cause = REASONS[reason].cause.format(**words_of(record, "" if reason == "DeadlineExceeded" else detail))
    return f"{cause[0].upper()}{cause[1:]}."


def _judge(evidence: Evidence) -> tuple[str, int | None, str]:
    """(reason code, exit code, what Azure adds); an empty reason leaves it to the exit code."""
    if not evidence.status:
        if evidence.provisioning == "Failed":
            return "ContainerAppOperationError", None, evidence.message
        return "NeverStarted", None, ""
    told = evidence.told
    if told is not None and told.state == "created":
        return "ContainerCreateFailure", None, told.error
    if evidence.status in ALIVE:
        return _alive(evidence) if told is None else _ended(told)
    if evidence.status == "Succeeded":
        return "Succeeded", 0, ""
    last = evidence.last
    strong = _strong(evidence, last)
    if strong and not (strong[0] in _PULLS and _started(evidence)):
        return strong[0], None, strong[1]
    if evidence.status == "Stopped":
        return "ManuallyStopped", None, ""
    if evidence.reason == "DeadlineExceeded":
        return "DeadlineExceeded", None, ""
    known = {one.reason for one in evidence.events} & {"ProbeFailed", "ProbeFailure", "PortMismatch"}
    if known:
        return known.pop(), None, ""
    if last is not None and last.code is not None and last.code >= 0:
        return "", last.code, ""
    return evidence.reason or "Failed", None, evidence.message


def _alive(evidence: Evidence) -> tuple[str, int | None, str]:
    """A run that Azure says goes on: it may run, or wait, or be unable to start without Azure's saying so."""
    if any(one.container_state == "Running" for one in evidence.replicas):
        return "ContainerStarted", None, ""
    for one in evidence.replicas:
        found = _WAITING.search(one.container_details)
        if found and found[1] in REASONS:
            return found[1], None, ""
    # Azure keeps trying to pull until the timeout: the execution is Running all the while.
    strong = _strong(evidence, evidence.last)
    if strong:
        return strong[0], None, strong[1]
    told = [one for one in evidence.events if one.reason in REASONS]
    if not told:
        return "AssigningReplica", None, ""
    return told[-1].reason, None, told[-1].text if REASONS[told[-1].reason].rank != "step" else ""


def _ended(told: Status) -> tuple[str, int | None, str]:
    """A run whose command has ended while its container still stays."""
    return ("Succeeded", 0, "") if told.exit_code == 0 else ("", told.exit_code, "")


def _strong(evidence: Evidence, last: Attempt | None) -> tuple[str, str] | None:
    """The strongest cause named in the last attempt or by the events of its replica, with Azure's text."""
    found: dict[str, str] = {}
    for one in evidence.events:
        if last is not None and one.replica and one.replica != last.replica:
            continue  # an earlier attempt's
        if one.reason in _STRONG:
            found.setdefault(one.reason, one.text)
        if terminated := _TERMINATED.search(one.text):
            found.setdefault(terminated[1], terminated[2] or "")
    if last is not None and last.information:
        word, _, text = last.information.partition(": ")
        if word in _STRONG or invocation_code(last.information) is not None:
            found[word] = text
    reason = next((one for one in _STRONG if one in found), None)
    return (reason, found[reason]) if reason else None


def _started(evidence: Evidence) -> bool:
    return any(one.reason == "ContainerStarted" for one in evidence.events)


def words_of(record: ContainerRecord, detail: str) -> dict[str, object]:
    """What the sentences of the table may name."""
    text, chosen = " ".join(detail.split()).rstrip("."), resources.pair(record.spec.resources)
    return {
        "name": record.ident.name,
        "image": record.spec.image,
        "memory": chosen.memory,
        "more_memory": f"--memory {chosen.quarters}g" if chosen.quarters <= MOST else "--workload-profile NAME",
        "timeout": record.spec.timeout,
        "longer": 2 * record.spec.timeout,
        "run": record.seen.run,
        "detail": f": {text}" if text else "",
    }
