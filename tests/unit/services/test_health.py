"""Health checks that azdock does through exec."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from azdock.docker.channels import ExecChannel, ExecRequest
from azdock.docker.health import Health, Probe
from azdock.docker.record import ContainerRecord, Status
from azdock.docker.spec import ContainerSpec, ImageFacts
from azdock.errors import AzureFailure, DaemonError, NotRunning
from azdock.services.health import TIMED_OUT, Checks, check_of
from tests.support.fakes import NOON, Channel, record

CHECK = Probe("exec", command=("CMD-SHELL", "pg_isready"), retries=2)


def container(health: Health | None, **changes: object) -> ContainerRecord:
    """A container that runs since a minute."""
    seen = Status("running", run="r", started_at=NOON - timedelta(minutes=1))
    return replace(record("db", spec=ContainerSpec("db", health=health), seen=seen), **changes)  # type: ignore[arg-type]


class Exec:
    """Gives the next of these channels, or raises it."""

    def __init__(self, *answers: Channel | Exception) -> None:
        self.answers, self.asked = list(answers), list[ExecRequest]()

    def open(self, record: ContainerRecord, request: ExecRequest) -> ExecChannel:
        self.asked.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def checks(*answers: Channel | Exception) -> tuple[Checks, Exec]:
    """Checks with these answers, at noon, never sleeping."""
    run = Exec(*answers)
    return Checks(run, lambda: NOON, lambda _: None), run


@pytest.mark.parametrize(("code", "word"), [(0, "healthy"), (1, "unhealthy"), (None, "unhealthy")])
def test_look(code: int | None, word: str) -> None:
    """The exit code of the command is the health."""
    service, run = checks(Channel([("out", b"said")], code))
    found, result = service.look(container(Health(check=CHECK)))
    assert found.seen.health == word
    assert run.asked[0].command == ("/bin/sh", "-c", "pg_isready")
    assert result is not None
    assert result.output == "said"


def test_start_period() -> None:
    """Failures during the start period do not count."""
    service, _ = checks(Channel(code=1))
    found, _ = service.look(container(Health(check=CHECK, start_period=120)))
    assert found.seen.health == "starting"


def test_words() -> None:
    """The form without a shell runs its words, the image's test too."""
    image = ImageFacts(health=("CMD", "pg_isready", "-q"))
    service, run = checks(Channel())
    found, _ = service.look(container(Health(check=Probe("exec")), image=image))
    assert found.seen.health == "healthy"
    assert run.asked[0].command == ("pg_isready", "-q")


@pytest.mark.parametrize(
    "one",
    [
        container(None),
        container(Health(check=Probe("tcp", 80))),
        container(Health(check=CHECK), seen=Status("exited", run="r")),
        container(Health(disabled=True)),
    ],
)
def test_nothing_to_do(one: ContainerRecord) -> None:
    """What Azure checks, what nobody checks and what does not run is left alone."""
    service, run = checks()
    assert service.look(one) == (one, None)
    assert service.every([one]) == [one]
    assert service.wait(one) == one
    assert run.asked == []


def test_it_ended_meanwhile() -> None:
    """A container that ended between two looks keeps its status."""
    service, _ = checks(NotRunning("gone"))
    one = container(Health(check=CHECK))
    assert service.look(one) == (one, None)


def test_exec_fails() -> None:
    """A check that cannot be run is a failed check, with the reason as its output."""
    service, _ = checks(AzureFailure("no way in"))
    found, result = service.look(container(Health(check=CHECK)))
    assert found.seen.health == "unhealthy"
    assert result is not None
    assert result.output == "no way in"


def test_timeout() -> None:
    """A check that takes too long is ended and has failed."""

    class Slow(Channel):
        def __init__(self) -> None:
            super().__init__()
            self.ended = threading.Event()

        def read(self) -> None:
            self.ended.wait(20)

        def close(self) -> None:
            self.ended.set()

    service, _ = checks(Slow())
    found, result = service.look(container(Health(check=replace(CHECK, timeout=0.05))))
    assert found.seen.health == "unhealthy"
    assert result is not None
    assert result.exit_code == TIMED_OUT
    assert "exceeded timeout" in result.output


def test_every() -> None:
    """Each container keeps its place."""
    service, _ = checks(Channel(), Channel())
    one, other = container(Health(check=CHECK)), container(None)
    assert [found.seen.health for found in service.every([one, other, one])] == ["healthy", "", "healthy"]


def test_wait() -> None:
    """Waiting ends with the first good check, or when as many failed in a row as were allowed."""
    service, run = checks(Channel(code=1), Channel(code=0))
    assert service.wait(container(Health(check=CHECK))).seen.health == "healthy"
    assert len(run.asked) == 2
    failing, _ = checks(Channel(code=1), Channel([("err", b"no response\n")], 1))
    with pytest.raises(DaemonError, match="container db is unhealthy: no response"):
        failing.wait(container(Health(check=CHECK)))


def test_check_of_the_image_alone() -> None:
    """The image's own command is not run unless it was asked for."""
    assert check_of(container(None, image=ImageFacts(health=("CMD", "pg_isready")))) is None
