"""The backend over jobs: its decisions, against an Azure that answers from a script."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from azdock.azure import execsocket
from azdock.backends.aca_job import SETTLE_SECONDS, JobBackend
from azdock.backends.exec_pool import Place
from azdock.docker.channels import ExecRequest
from azdock.docker.record import ContainerRecord, Ident, Status
from azdock.docker.spec import ContainerSpec, ImageFacts, Resources
from azdock.errors import AzureFailure, NotFound, NotRunning, Unsupported
from tests.support.fakes import Channel
from tests.support.registry import unused_port
from tests.unit.azure.azures import Script, answer, cloud, refusal

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
RECORD = ContainerRecord(Ident("ab" * 32, "web"), ContainerSpec("i"), NOON, "job", {"job": "web-abababab"})
RUNNING = replace(RECORD, seen=Status("running", "web-abababab-1"))


class Clock:
    """Time that passes by sleeping."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def backend(home: Path, *answers: Any) -> tuple[JobBackend, Script, Clock]:
    script, clock = Script(*answers), Clock()
    return JobBackend(cloud(home, script), sleep=clock.sleep, clock=clock), script, clock


def execution(status: str, code: int | None = None, **more: Any) -> dict[str, Any]:
    shown = [] if code is None else [{"name": "r", "containers": [{"name": "main", "code": code}]}]
    return {
        "name": "web-abababab-1",
        "properties": {"status": status, "detailedStatus": {"replicas": shown}, **more},
    }


def replicas(*endpoints: str) -> Any:
    containers = [{"name": "main", "logStreamEndpoint": one, "execEndpoint": one} for one in endpoints]
    made = [{"name": "r", "properties": {"containers": [one]}} for one in containers]
    return answer(json={"value": made})


def test_image_in_the_cloud(tmp_path: Path) -> None:
    """Only a registry knows an image in the cloud: Azure is not asked, and a silent registry hinders nobody."""
    made, script, _ = backend(tmp_path)
    assert made.image(f"127.0.0.1:{unused_port()}/x", "missing") == ImageFacts()
    assert script.asked == []
    made.close()


def test_too_large(tmp_path: Path) -> None:
    """A wish beyond the largest pair is refused before Azure is called."""
    made, script, _ = backend(tmp_path)
    with pytest.raises(Unsupported):
        made.notices(ContainerSpec("i", resources=Resources(5_000_000_000)))
    assert script.asked == []


@pytest.mark.parametrize("status", ["Running", "Processing"])
def test_started(tmp_path: Path, status: str) -> None:
    """A run has started once its container is listed with an address."""
    made, _, clock = backend(
        tmp_path,
        answer(json=execution(status)), replicas(),
        answer(json=execution(status)), replicas(""),
        answer(json=execution(status)), replicas("wss://x/exec"),
    )  # fmt: skip
    assert made.started(RUNNING).state == "running"
    assert clock.now > 0


def test_started_of_a_run_that_failed(tmp_path: Path) -> None:
    """A run that has ended is not waited for."""
    made, _, clock = backend(tmp_path, answer(json=execution("Failed", 3)))
    assert made.started(RUNNING).exit_code == 3
    assert clock.now == 0


def test_wait_for_the_code_of_a_stopped_run(tmp_path: Path) -> None:
    """A stopped run whose container still ends is waited for."""
    made, _, _ = backend(
        tmp_path, answer(json=execution("Running", -1)), answer(json=execution("Stopped", -1)),
        answer(json=execution("Stopped", 5)),
    )  # fmt: skip
    found = made.wait(RUNNING, "web-abababab-1")
    assert (found.state, found.exit_code, found.exit_known) == ("exited", 5, True)


def test_code_that_is_never_told(tmp_path: Path) -> None:
    """The wait for a code is bounded; what stands in for it is marked."""
    made, script, clock = backend(tmp_path, *[answer(json=execution("Stopped", -1)) for _ in range(100)])
    found = made.wait(RUNNING, "web-abababab-1")
    assert (found.exit_code, found.exit_known) == (137, False)
    assert SETTLE_SECONDS < clock.now < SETTLE_SECONDS + 3
    assert len(script.asked) < 60


def test_stop_of_what_never_ran(tmp_path: Path) -> None:
    """Nothing is stopped where nothing ran."""
    made, script, _ = backend(tmp_path, answer(json={"value": []}))
    assert made.stop(RECORD, None) == RECORD.seen
    assert len(script.asked) == 1


def test_status(tmp_path: Path) -> None:
    """The newest run decides; without runs the job itself says whether the container exists."""
    newest = {"value": [execution("Succeeded", 0), {**execution("Failed", 1), "name": "old"}]}
    made, _, _ = backend(tmp_path, answer(json=newest))
    assert made.status(RECORD).run == "web-abababab-1"
    made, _, _ = backend(tmp_path, answer(json={"value": []}), answer(json={"name": "web-abababab"}))
    assert made.status(RECORD) == Status()
    made, _, _ = backend(tmp_path, answer(json={"value": []}), refusal(404, "ResourceNotFound"))
    with pytest.raises(NotFound):
        made.status(RECORD)


def test_job_that_vanishes_during_the_inventory(tmp_path: Path) -> None:
    """A job that somebody removes between list and status is not there; one being deleted is not listed."""
    from azdock.backends import aca_job_map

    body = aca_job_map.job_body(RECORD, "/env", "here") | {"name": "web-abababab"}
    leaving = {**body, "properties": {**body["properties"], "provisioningState": "Deleting"}}
    made, script, _ = backend(
        tmp_path,
        answer(json={"value": [body, leaving, {"name": "theirs", "tags": None}]}),
        refusal(404, "ResourceNotFound"),
        refusal(404, "ResourceNotFound"),
    )
    assert made.inventory({}) == []
    assert script.answers == []


def test_raw(tmp_path: Path) -> None:
    """Secrets' values do not leave the backend; their names do."""
    job = {"properties": {"configuration": {"secrets": [{"name": "s", "value": "s3cret"}]}}}
    made, _, _ = backend(tmp_path, answer(json=job))
    assert made.raw(RECORD) == {"properties": {"configuration": {"secrets": [{"name": "s"}]}}}


class Socket:
    """Stands for ExecSocket: remembers what was run, prints, and ends with a code."""

    made: list[tuple[str, str, str]] = []  # noqa: RUF012 (one test at a time)
    output, exit_code = b"", 0

    def __init__(self, url: str, token: str, command: str, size: tuple[int, int]) -> None:
        self.made.append((url, token, command))
        self._pieces = [("out", self.output)] if self.output else []

    def read(self) -> Any:
        return self._pieces.pop() if self._pieces else None


@pytest.fixture
def socket(monkeypatch: pytest.MonkeyPatch) -> type[Socket]:
    made = type("Socket", (Socket,), {"made": []})
    monkeypatch.setattr(execsocket, "ExecSocket", made)
    return made


@pytest.mark.parametrize("signal", ["KILL", "SIGKILL", "9"])
def test_kill(tmp_path: Path, socket: type[Socket], signal: str) -> None:
    """KILL is Azure's own stop: nothing inside a container may kill its first process."""
    made, script, _ = backend(tmp_path, answer())
    made.kill(RUNNING, signal)
    assert script.asked[0].url.path.endswith("/executions/web-abababab-1/stop")
    assert socket.made == []


class Pool:
    """Stands for ExecPool: remembers what was run; every command prints and ends with a code."""

    def __init__(self, output: bytes = b"", code: int = 0) -> None:
        self.opened: list[tuple[Place, tuple[str, ...]]] = []
        self._output, self._code = output, code

    def open(self, place: Place, request: ExecRequest) -> Channel:
        self.opened.append((place, request.command))
        return Channel([("err", self._output)], self._code)


def test_other_signals(tmp_path: Path) -> None:
    """Other signals are sent from inside, over the connection that commands share."""
    made, script, _ = backend(tmp_path)
    made._inside.pool = pool = Pool()  # type: ignore[assignment]
    made.kill(RUNNING, "SIGUSR1")
    ((place, command),) = pool.opened
    assert (place, command[:2]) == (("web-abababab", "web-abababab-1", ""), ("sh", "-c"))
    assert script.asked == []


def test_signal_that_is_not_delivered(tmp_path: Path) -> None:
    """A signal that could not be sent is told while the run goes on."""
    made, _, _ = backend(tmp_path, *[answer(json=execution("Running", -1)) for _ in range(5)])
    made._inside.pool = Pool(b"kill: not permitted\n", 1)  # type: ignore[assignment]
    with pytest.raises(AzureFailure, match="the signal HUP was not delivered: kill: not permitted"):
        made.kill(RUNNING, "HUP")


def test_exec(tmp_path: Path, socket: type[Socket]) -> None:
    """A terminal is the socket itself; without a replica nothing runs; another user's terminal is refused at once."""
    made, _, _ = backend(tmp_path, replicas("wss://x/exec"), answer(json={"properties": {"token": "jwt"}}))
    assert isinstance(made.exec(RUNNING, ExecRequest(("sh",), tty=True)), Socket)
    made, script, _ = backend(tmp_path, replicas())
    with pytest.raises(NotRunning):
        made.exec(RUNNING, ExecRequest(("sh",)))
    made, script, _ = backend(tmp_path)
    with pytest.raises(Unsupported):
        made.exec(RUNNING, ExecRequest(("sh",), tty=True, user="me"))
    assert script.asked == []


class Sdk:
    """Stands for the SDK's client of a job whose creation fails."""

    def __init__(self, *failures: Exception | None) -> None:
        self.failures, self.calls = list(failures), list[str]()
        self.jobs = self

    def begin_create_or_update(self, *_args: Any) -> Sdk:
        self.calls.append("create")
        return self

    def begin_delete(self, *_args: Any) -> Sdk:
        self.calls.append("delete")
        return self

    def result(self) -> None:
        failure = self.failures.pop(0)
        if failure is not None:
            raise failure

    def close(self) -> None: ...


def test_failed_creation_is_cleaned_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A job that Azure keeps although its creation failed is removed; if that fails too, the user hears its name."""
    from azure.core.exceptions import ServiceRequestError

    from azdock.azure import progress
    from azdock.errors import Unreachable
    from tests.unit.azure.test_errors import refused

    progress.listen()
    for failures, calls, error in [
        ((refused(200, "Oops"), None), ["create", "delete"], AzureFailure),
        ((refused(200, "Oops"), refused(403, "AuthorizationFailed")), ["create", "delete"], AzureFailure),
        ((KeyboardInterrupt(), None), ["create", "delete"], KeyboardInterrupt),
        ((ServiceRequestError("gone"),), ["create"], Unreachable),
    ]:
        azure, sdk = cloud(tmp_path, Script(answer(json={"location": "x", "properties": {}}))), Sdk(*failures)  # type: ignore[arg-type]
        azure.__dict__["sdk"] = sdk
        with pytest.raises(error):
            JobBackend(azure).create(RECORD)
        assert sdk.calls == calls
    assert "the job web-abababab, whose creation failed, could not be removed" in capsys.readouterr().err


def test_update(tmp_path: Path) -> None:
    """Another form of the container is written onto the job whole; the run that goes on is what it was."""
    azure, bodies = cloud(tmp_path, Script(answer(json={"location": "x", "properties": {}}))), list[Any]()
    sdk = Sdk(None)
    sdk.begin_create_or_update = lambda *words: (bodies.append(words[2]), sdk)[1]  # type: ignore[method-assign]
    azure.__dict__["sdk"] = sdk
    wanted = replace(RECORD.spec, resources=Resources(1_000_000_000), env=("A=1",))
    assert JobBackend(azure).update(RUNNING, wanted) == RUNNING.seen
    (main,) = bodies[0].properties.template.containers
    assert (main.resources.cpu, main.env[0].name) == (1.0, "A")
