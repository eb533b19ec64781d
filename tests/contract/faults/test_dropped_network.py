"""The network between azdock and Azure breaks while a container runs, and comes back."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.machine import IMAGE, LIMIT, Machine, Result
from tests.support.proxy import Proxy, proxied

LINES = 60
COUNT = f"i=0; while [ $i -lt {LINES} ]; do echo line $i; echo error $i >&2; i=$((i+1)); sleep 0.05; done; exit 7"
OUT = [f"line {number}" for number in range(LINES)]
ERR = [f"error {number}" for number in range(LINES)]


@pytest.fixture
def network(shared: Machine, tmp_path: Path) -> Iterator[tuple[Machine, Proxy]]:
    """A home whose way to the emulator can be cut."""
    with proxied(shared, tmp_path / "home") as made:
        yield made


def followed(machine: Machine, *argv: str, at: dict[str, Callable[[], object]]) -> Result:
    """Run azdock to its end; when it prints a line that is a key of `at`, the function is called."""
    lines: list[str] = []
    with tempfile.TemporaryFile("w+") as err:
        with machine.begin(*argv, stderr=err) as process:
            assert process.stdout is not None
            for line in process.stdout:
                lines.append(line)
                at.pop(line.rstrip("\n"), lambda: None)()
            code = process.wait(LIMIT)
        err.seek(0)
        return Result("".join(lines), err.read(), code)


def outage(proxy: Proxy, seconds: float) -> Callable[[], None]:
    """A network that is away for a while."""

    def fail() -> None:
        proxy.refuse()
        time.sleep(seconds)
        proxy.let_through()

    return fail


def check(result: Result) -> None:
    """Every line once and in order on its own stream, nothing else, and the container's own code."""
    assert result.out.splitlines() == OUT, result
    assert result.err.splitlines() == ERR, result
    assert result.code == 7


def test_all_goes_through_the_proxy(network: tuple[Machine, Proxy]) -> None:
    """Without a fault the run is whole, and its stream is one of the proxy's connections."""
    machine, proxy = network
    open_then: list[int] = []
    at = {"line 30": lambda: open_then.append(proxy.connections)}
    check(followed(machine, "run", "--rm", IMAGE, "sh", "-c", COUNT, at=at))
    assert open_then and open_then[0] >= 1, "nothing that could be cut: the stream takes another way"


@pytest.mark.parametrize("verb", ["run", "logs"])
def test_cut_twice(network: tuple[Machine, Proxy], verb: str) -> None:
    """Two cuts of every connection: the stream goes on without repeated or lost lines."""
    machine, proxy = network
    at = {"line 15": proxy.cut, "line 40": proxy.cut}
    if verb == "run":
        check(followed(machine, "run", "--rm", IMAGE, "sh", "-c", COUNT, at=at))
    else:
        name = machine.run("run", "-d", IMAGE, "sh", "-c", COUNT).check().out.strip()
        result = followed(machine, "logs", "-f", name, at=at)
        machine.run("rm", "-f", name).check()
        check(Result(result.out, result.err, 7))
    assert at == {}, "a cut did not happen"


@pytest.mark.parametrize("seconds", [0.3, 3.0])
def test_outages(network: tuple[Machine, Proxy], seconds: float) -> None:
    """Two times without any network: what was printed meanwhile is shown afterwards."""
    machine, proxy = network
    at = {"line 10": outage(proxy, seconds), "line 35": outage(proxy, seconds)}
    check(followed(machine, "run", "--rm", IMAGE, "sh", "-c", COUNT, at=at))
    assert at == {}, "an outage did not happen"


def test_the_run_ends_while_the_network_is_away(network: tuple[Machine, Proxy]) -> None:
    """The rest of the output, and the code, of a run that ended unseen are still told."""
    machine, proxy = network
    check(followed(machine, "run", "--rm", IMAGE, "sh", "-c", COUNT, at={"line 45": outage(proxy, 3.0)}))
