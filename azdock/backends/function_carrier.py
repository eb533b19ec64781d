"""The process that carries a detached run: python -m azdock.backends.function_carrier, with the run on its stdin.

Its stdin is a line of JSON and the body behind it; on its stdout it tells in lines of JSON what the one who began the
run waits for: warnings, and that the request is sent, that the run is over, or that it could not be invoked. Nothing
of a request is in its arguments, which every user of the machine can read.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, cast

from azdock import errors, settings
from azdock.azure import progress
from azdock.backends import base
from azdock.docker import plain
from azdock.docker.invocation import Invocation
from azdock.docker.record import ContainerRecord, Ident, Status
from azdock.docker.spec import ContainerSpec
from azdock.settings import Settings

Json = dict[str, Any]
ENDED_EARLY = "the process that was to send the request has ended without a word"


class Carried:
    """The other side: a run that a process of its own carries."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def told(self) -> Status | None:
        """Block until the request is sent (None) or the run is over (its status). Raises what kept it from being
        invoked."""
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                word = json.loads(line)
                if "warning" in word:
                    progress.warn(word["warning"])
                elif "failed" in word:
                    raise _failure(word["failed"])
                else:
                    return plain.status(word["over"]) if "over" in word else None
        raise errors.AzdockError(ENDED_EARLY)


def begin(made: Settings, record: ContainerRecord, run: str, invocation: Invocation, *, fresh: bool) -> Carried:
    """Start the process and give it the run. Raises AzdockError when it does not take it."""
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "azdock.backends.function_carrier"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    # whoever began it may live for long, and must not keep what is left of a process that has ended
    threading.Thread(target=process.wait, name="azdock-carrier", daemon=True).start()
    assert process.stdin is not None
    try:
        with process.stdin as pipe:
            pipe.write(pack(made, record, run, invocation, fresh))
            pipe.write(invocation.data or b"")
    except BrokenPipeError as gone:
        raise errors.AzdockError(ENDED_EARLY) from gone
    return Carried(process)


# ---- what goes through the pipes
def pack(made: Settings, record: ContainerRecord, run: str, invocation: Invocation, fresh: bool) -> bytes:
    """The line of JSON that says what to carry; the invocation's data follow it."""
    spec = plain.changed(replace(record.spec, asked={}))
    return (
        json.dumps(
            {
                "home": os.fspath(made.home.absolute()),
                "context": made.context.name,
                "run": run,
                "fresh": fresh,
                "body": invocation.data is not None,
                "invocation": {**asdict(replace(invocation, data=None))},
                "record": {
                    "id": record.ident.id,
                    "name": record.ident.name,
                    "created": record.created.isoformat(),
                    "backend": record.backend,
                    "handle": dict(record.handle),
                    "spec": spec,
                    "image": plain.changed(record.image),
                    "seen": plain.changed(record.seen),
                },
            }
        ).encode()
        + b"\n"
    )


def record_of(item: Json) -> ContainerRecord:
    """The record that pack() wrote."""
    return ContainerRecord(
        Ident(item["id"], item["name"]),
        ContainerSpec(**plain.spec_fields(item["spec"])),
        datetime.fromisoformat(item["created"]),
        item["backend"],
        dict(item["handle"]),
        plain.image_facts(item["image"]),
        plain.status(item["seen"]),
    )


def invocation_of(item: Json, data: bytes | None) -> Invocation:
    """The invocation that pack() wrote, with its data."""
    headers = tuple((str(name), str(value)) for name, value in item["headers"])
    return Invocation(item["route"], item["method"], data, headers, tuple(item["env"]), item["slot"])


def _failure(word: Json) -> errors.AzdockError:
    kind = getattr(errors, word["kind"], errors.AzdockError)
    return cast(errors.AzdockError, kind(word["message"], word["hint"], word["code"]))


# ---- the process
class Teller:
    """Tells whoever began the run, as long as that is there and until it was told what it waits for."""

    def __init__(self, pipe: BinaryIO) -> None:
        self._pipe, self._open, self._lock = pipe, True, threading.Lock()

    def warn(self, text: str) -> None:
        """A warning."""
        self._tell({"warning": text})

    def last(self, word: Json) -> None:
        """The word that is waited for."""
        self._tell(word)
        with self._lock:
            if self._open:
                self._open = False
                with suppress(OSError):
                    self._pipe.close()

    def _tell(self, word: Json) -> None:
        with self._lock:
            if not self._open:
                return
            try:
                self._pipe.write(json.dumps(word).encode() + b"\n")
                self._pipe.flush()
            except OSError:
                self._open = False  # nobody waits any more; the run goes on


def carry(inp: BinaryIO, teller: Teller) -> None:
    """Read a run from `inp` and carry it to its end, which is noted on the app."""
    from azdock.backends.function_runs import FunctionRuns

    asked = json.loads(inp.readline())
    body = inp.read() if asked["body"] else None
    made = settings.load({"AZDOCK_HOME": asked["home"]}, asked["context"])
    progress.listen(warning=teller.warn)
    backend = cast(FunctionRuns, base.connect("function", made))
    record, invocation = record_of(asked["record"]), invocation_of(asked["invocation"], body)
    sending = backend.sending(record, asked["run"], invocation, fresh=asked["fresh"], attached=False, noted=False)
    sending.begin()
    sending.under_way.wait()
    if sending.failure is None:
        sending.noted_begin()  # from now on this process is the one to look for
        teller.last({"sent": True} if sending.status.state == "running" else {"over": plain.changed(sending.status)})
    try:
        sending.end()
    except errors.AzdockError as failed:
        teller.last({"failed": _word(failed)})


def _word(failed: errors.AzdockError) -> Json:
    return {"kind": type(failed).__name__, "message": failed.message, "hint": failed.hint, "code": failed.code}


def main() -> int:
    """Carry the run on our standard input; returns the exit code."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    # what the user's shell had open, a pipe or somebody's lock, must not stay open for our sake
    os.closerange(3, max(int(one.name) for one in Path("/dev/fd").iterdir()) + 1)
    os.chdir("/")
    teller = Teller(sys.stdout.buffer)
    try:
        carry(sys.stdin.buffer, teller)
    except errors.AzdockError as failed:
        teller.last({"failed": _word(failed)})
        return 1
    return 0


if __name__ == "__main__":
    code = main()
    os._exit(code)  # threads that wait for a network that does not answer are not waited for
