"""Pure: from the evidence about an app to its explanation."""

from __future__ import annotations

from azdock.backends import app_ends, app_reasons
from azdock.backends.app_evidence import AppEvidence
from azdock.backends.app_reasons import OF_APPS, Told
from azdock.backends.judge import AZURES, words_of
from azdock.backends.reasons import Reason, of_exit
from azdock.docker.explanation import Explanation
from azdock.docker.record import ContainerRecord, Status

ALWAYS = frozenset({"always", "unless-stopped"})
KILLED = 137
# Codes of a container that was made to end, by a probe or by a person.
SIGNALLED = frozenset({None, 137, 143})
# What `run` and `start` tell by themselves: the program had no part in it.
TOLD_AT_ONCE = AZURES | {"PortMismatch", "ProbeFailed", "ReadinessFailed", "DeploymentProgressDeadlineExceeded"}
# Events that explain why a container does not run, the strongest first.
_STRONG = (
    "ContainerCreateFailure", "ImagePullUnauthorized", "ImagePullFailure", "ImagePullFailed", "ErrImagePull",
    "ImagePullBackOff", "VolumeMountFailure", "FailedMount", "QuotaExceeded", "FailedScheduling", "OOMKilled",
)  # fmt: skip


def explain(evidence: AppEvidence) -> Explanation:
    """The cause of what is seen."""
    told, code = _judge(evidence)
    row = OF_APPS[told.reason] if told.reason else of_exit(code or 0)
    end = evidence.end
    words = _words(evidence.record, told) | {"code": "unknown" if end is None or end.code is None else str(end.code)}
    if told.reason == "CrashLoopBackOff" and end is not None and end.code == KILLED:
        row = Reason("symptom", of_exit(KILLED).cause, OF_APPS["OOMKilled"].next)
    cause = row.cause.format(**words) + _restarted(evidence, told)
    return Explanation(
        _sentence(cause),
        row.next.format(**words),
        told.reason or (f"exit code {code}" if code else ""),
        evidence.notes(),
        tuple(evidence.missing),
    )


def first_line(record: ContainerRecord, status: Status) -> str:
    """The cause of a failed run when it is Azure's and not the program's, from its status alone; else ""."""
    if status.oom_killed:
        told: Told | None = Told("OOMKilled")
    else:
        told = app_reasons.classify(status.error) or app_reasons.classify(status.reason)
    if told is None or told.reason not in TOLD_AT_ONCE:
        return ""
    return _sentence(OF_APPS[told.reason].cause.format(**_words(record, told)))


def _judge(evidence: AppEvidence) -> tuple[Told, int | None]:
    """(reason and what Azure adds, exit code); an empty reason leaves it to the exit code."""
    seen = evidence.record.seen
    if evidence.provisioning == "Failed" and not (evidence.revision and evidence.state):
        return app_reasons.classify(evidence.error) or Told("ContainerAppOperationError", evidence.error), None
    if not seen.run:
        return Told("NeverStarted"), None
    if seen.oom_killed:
        return Told("OOMKilled"), None
    if seen.state == "created" and seen.exit_code in (126, 127):
        return Told("ContainerCreateFailure", seen.error), None
    if seen.over:
        return _ended(evidence)
    if seen.state == "running" and seen.health != "unhealthy":
        return Told("ContainerStarted"), None
    return _unwell(evidence), None


def _ended(evidence: AppEvidence) -> tuple[Told, int | None]:
    seen = evidence.record.seen
    told = app_reasons.classify(seen.error) or app_reasons.classify(seen.reason)
    if told is not None and told.reason in TOLD_AT_ONCE:
        return told, None
    if (strong := _strong(evidence)) is not None and not _has_run(evidence):
        return strong, None
    if _was_stopped(evidence):
        return Told("ManuallyStopped"), None
    return (Told("Succeeded"), 0) if seen.exit_code == 0 else (Told(""), seen.exit_code)


def _was_stopped(evidence: AppEvidence) -> bool:
    """Whether somebody stopped it. A container that has ended for good is stopped afterwards, so that it costs nothing:
    then its own end is told before."""
    seen, own = evidence.record.seen, app_ends.last_end(evidence.events, own=True)
    if own is None:
        return evidence.stopped and (not seen.exit_known or seen.exit_code in SIGNALLED)
    if own.reason in app_ends.STOPPED:
        return True
    last = app_ends.last_end(evidence.events)
    if evidence.record.spec.restart.name in ALWAYS and last is not None and last.reason in app_ends.STOPPED:
        return True
    return seen.exit_known and own.code is not None and own.code != seen.exit_code


def _unwell(evidence: AppEvidence) -> Told:
    """Why a container that should run does not serve: the port, then what keeps it from starting, then its ends."""
    told = app_reasons.classify(evidence.details) or app_reasons.classify(evidence.error)
    if told is not None and told.reason == "PortMismatch":
        return told
    if (strong := _strong(evidence)) is not None:
        return strong
    failing, end = app_reasons.probe(evidence.events), evidence.end
    ended = end is not None and end.code is not None and not (end.code in SIGNALLED and _given_up(evidence))
    if failing is not None and not ended:
        return failing
    if ended and (evidence.restarts > 1 or evidence.record.seen.state == "restarting"):
        return Told("CrashLoopBackOff")
    if told is None:
        told = app_reasons.classify(evidence.record.seen.reason) or app_reasons.classify(evidence.state)
    return told or _step(evidence)


def _given_up(evidence: AppEvidence) -> bool:
    """Whether Azure ended the container because of a probe."""
    return any(event.reason == "ProbeFailure" for event in evidence.events)


def _strong(evidence: AppEvidence) -> Told | None:
    """The strongest cause that events name after the container ran last, or that it waits for now."""
    found: dict[str, Told] = {}
    for event in evidence.events:
        if event.reason == "ContainerStarted":
            found.clear()
        if event.reason in _STRONG:
            found[event.reason] = Told(event.reason, event.text)
    for end in app_ends.ends(evidence.events)[-1:]:
        if end.reason in _STRONG:
            found.setdefault(end.reason, Told(end.reason, end.text))
    for replica in evidence.replicas:
        told = app_reasons.classify(replica.container_details)
        if replica.container_state == "Waiting" and told is not None and told.reason in _STRONG:
            found.setdefault(told.reason, told)
    return next((found[reason] for reason in _STRONG if reason in found), None)


def _has_run(evidence: AppEvidence) -> bool:
    return any(event.reason == "ContainerStarted" for event in evidence.events)


def _step(evidence: AppEvidence) -> Told:
    """How far it has come."""
    known = [one.reason for one in evidence.events if one.reason in OF_APPS and OF_APPS[one.reason].rank == "step"]
    reason = known[-1] if known else "AssigningReplica"
    return Told("Starting" if reason == "ContainerStarted" else reason)


def _restarted(evidence: AppEvidence, told: Told) -> str:
    """How often a container that runs had ended before."""
    seen, end = evidence.record.seen, evidence.end
    if told.reason != "ContainerStarted" or not seen.restarts:
        return ""
    after = "" if end is None or end.code is None else f", last after exit code {end.code}"
    return f"; it was started anew {seen.restarts} time{'s' if seen.restarts > 1 else ''}{after}"


def _words(record: ContainerRecord, told: Told) -> dict[str, object]:
    volumes = [one.source for one in record.spec.mounts if one.type == "volume" and one.source]
    return words_of(record, told.detail) | {"volume": volumes[0] if volumes else "VOLUME", "code": "", **told.words}


def _sentence(cause: str) -> str:
    return f"{cause[0].upper()}{cause[1:]}."
