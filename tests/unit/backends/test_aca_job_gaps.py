"""What a job cannot honour is in one table, and every flag of docker is in it or supported."""

from __future__ import annotations

import pytest

from azdock.backends import aca_job_gaps
from azdock.backends.aca_job_gaps import BY_VALUE, GAPS, SUPPORTED
from azdock.cli.flags import flags_of
from azdock.commands.flags import CreateFlags, RunFlags
from azdock.docker.spec import ContainerSpec, Restart

EVERY_FLAG = {flag.name for declared in (CreateFlags, RunFlags) for flag in flags_of(declared)}


def test_every_flag_has_its_place() -> None:
    """A flag of run or create is supported, judged by its value, or a gap: exactly one of them, and no flag is made
    up."""
    places = [set(SUPPORTED), set(BY_VALUE), set(GAPS)]
    assert set().union(*places) == EVERY_FLAG
    assert sum(map(len, places)) == len(EVERY_FLAG)


@pytest.mark.parametrize("gap", GAPS.values(), ids=lambda gap: gap.flag)
def test_reasons(gap: aca_job_gaps.Gap) -> None:
    """A gap has a reason that reads as a clause."""
    assert gap.reason and not gap.reason.endswith(".") and not gap.alternative.endswith(".")


@pytest.mark.parametrize("name", sorted(GAPS))
def test_nothing_is_silent(name: str) -> None:
    """Each gap is told when its flag was given."""
    assert [gap.flag for gap in aca_job_gaps.gaps(ContainerSpec("i", asked={name: "x"}))] == [name]


@pytest.mark.parametrize(
    ("spec", "actions"),
    [
        (ContainerSpec("i", asked={"name": "x", "env": "A=1"}), []),
        (ContainerSpec("i", session=True, asked={"tty": "true", "expose": "80"}), ["refuse", "warn"]),
        (ContainerSpec("i", asked={"tty": "true"}), ["warn"]),
        (ContainerSpec("i", asked={"privileged": "false"}), []),
        (ContainerSpec("i", asked={"restart": "always"}, restart=Restart("always")), ["refuse"]),
        (ContainerSpec("i", asked={"restart": "on-failure:2"}, restart=Restart("on-failure", 2)), []),
        (ContainerSpec("i", asked={"platform": "linux/arm64"}), ["refuse"]),
        (ContainerSpec("i", asked={"restart": "on-failure"}, restart=Restart("on-failure")), ["refuse"]),
        (ContainerSpec("i", asked={"restart": "no"}), []),
        (ContainerSpec("i", asked={"platform": "linux/amd64"}), []),
        (ContainerSpec("i", asked={"network": "bridge"}), []),
        (ContainerSpec("i", asked={"network": "back"}, network="back"), []),
        (ContainerSpec("i", asked={"network": "host"}, network="host"), ["refuse"]),
        (ContainerSpec("i", asked={"net": "none"}, network="none"), ["refuse"]),
        (ContainerSpec("i", asked={"network": "container:a"}, network="container:a"), ["refuse"]),
        (ContainerSpec("i", asked={"isolation": "default"}), []),
        (ContainerSpec("i", asked={"isolation": "hyperv"}), ["refuse"]),
        (ContainerSpec("i", asked={"attach": "stdout"}, attach=("stdout",)), []),
        (ContainerSpec("i", asked={"attach": "stdin"}, attach=("stdin",)), ["refuse"]),
        (ContainerSpec("i", asked={"attach": "stdin"}, attach=("stdin",), stdin_open=True), []),
        (ContainerSpec("i", asked={"attach": "stderr"}, attach=("stderr",)), []),
        (ContainerSpec("i", asked={"interactive": "true", "workdir": "/x", "init": "true"}), []),
        (ContainerSpec("i", asked={"from-the-future": "1"}), ["refuse"]),
    ],
)
def test_gaps(spec: ContainerSpec, actions: list[str]) -> None:
    """What cannot be honoured is refused, what is harmless is warned about, nothing is ignored."""
    assert [gap.action for gap in aca_job_gaps.gaps(spec)] == actions
