"""Part B of the gap analysis, row by row: what docker's operations come to on Azure Functions, from the command line.

Every row runs on each hosting that there is.
"""

from __future__ import annotations

import gc
import json
import sys
import threading
import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from azdock.cli.env import Env
from azdock.cli.main import main
from azdock.cli.streams import Streams
from tests.support.emulator import Emulator
from tests.support.fakes import Memory, Result, Typed
from tests.support.functions.runtime import HOST
from tests.support.lab import publish, runtime_for, until

IMAGE = "work/tool:1"
HOSTINGS: dict[str, tuple[str, ...]] = {"container-apps": ()}


@dataclass
class Town:
    """A machine with azdock on it, and an Azure. `flags` choose the hosting."""

    emulator: Emulator
    home: Path
    flags: tuple[str, ...] = ()

    def azdock(self, *argv: str, stdin: bytes = b"", terminal: bool = False) -> Result:
        """One command line, in this process."""
        out, err = Memory(), Memory()
        code = self.typed(argv, out, err, Typed(stdin, terminal))
        return Result(out.text, err.text, code)

    def typed(self, argv: Sequence[str], out: Memory, err: Memory, inp: Typed) -> int:
        """One command line with these streams, whose connections are closed at its end."""
        env = Env(Streams(out, err, inp), {"AZDOCK_HOME": str(self.home)})
        try:
            return main(list(argv), env)
        finally:
            inp.close()
            if env._backends is not None:
                for backend in env._backends._connected.values():
                    backend.close()  # type: ignore[attr-defined]
            del env
            with warnings.catch_warnings():
                # what a process leaves open ends with it; here it ends with its command
                warnings.simplefilter("ignore", ResourceWarning)
                gc.collect()

    def ok(self, *argv: str, stdin: bytes = b"") -> str:
        """What a command prints that must succeed."""
        result = self.azdock(*argv, stdin=stdin)
        assert result.code == 0, result
        return result.out

    def made(self, verb: str, *options: str, functions: str = "function", program: tuple[str, ...] = ()) -> list[str]:
        """The command line that creates or runs the test host with these functions."""
        host = (IMAGE, sys.executable, str(HOST), "--", *program)
        return [verb, "--backend", "function", *self.flags, "-e", f"FUNCTIONS={functions}", *options, *host]

    def create(self, name: str, *options: str, **made: Any) -> None:
        """A container that has never run."""
        self.ok(*self.made("create", "--name", name, *options, **made))

    def field(self, name: str, template: str) -> str:
        """What inspect shows."""
        return self.ok("inspect", "-f", template, name).strip()

    def resources(self) -> list[str]:
        """Types and names of what is in the resource group beside what every group has."""
        answer = httpx.get(
            f"{self.emulator.url}{self.emulator.group}/resources?api-version=2024-11-01", headers=self.emulator.headers
        )
        mine = ("microsoft.web/", "microsoft.app/containerapps", "microsoft.app/jobs")
        return [
            f"{one['type']}/{one['name']}" for one in answer.json()["value"] if one["type"].lower().startswith(mine)
        ]


@pytest.fixture(params=sorted(HOSTINGS))
def town(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Town]:
    """One for each hosting."""
    yield from _town(tmp_path, HOSTINGS[request.param])


def _town(folder: Path, flags: tuple[str, ...]) -> Iterator[Town]:
    home = folder / "home"
    emulator = Emulator(home / "emulator", runtime_for("function")).start()
    publish(emulator, home)
    yield Town(emulator, home, flags)
    emulator.stop()


class TestContainerLifecycle:
    """Part B, 1."""

    def test_containers_create(self, town: Town) -> None:
        """POST /containers/create: one function app exists that serves nothing yet; one plan is used again."""
        town.create("one")
        town.create("two")
        assert town.field("one", "{{.State.Status}}") == "created"
        kinds = sorted(one.rpartition("/")[0].lower() for one in town.resources())
        if town.flags:
            assert kinds == ["microsoft.web/serverfarms", "microsoft.web/sites", "microsoft.web/sites"]
        else:
            assert kinds == ["microsoft.app/containerapps"] * 2
        assert "(serving)" not in town.ok("ps", "-a")

    def test_containers_start(self, town: Town) -> None:
        """POST /containers/{id}/start: each start is one invocation, and its answer is the output of start -a."""
        town.create("fn")
        assert town.ok("start", "fn") == "fn\n"
        assert town.ok("wait", "fn") == "0\n"
        assert town.ok("start", "-a", "--data", "again", "fn") == "again"
        result = town.azdock("start", "-ai", "fn", stdin=b'{"name":"x"}')
        assert (result.out, result.code) == ('{"name":"x"}', 0)

    def test_containers_start_with_a_route_a_method_and_variables(self, town: Town) -> None:
        """POST /containers/{id}/start: an invocation carries what a request can carry, and is refused the rest."""
        town.create("fn", functions="function,env,fail")
        assert town.ok("start", "-a", "--route", "api/env?name=GREETING", "-e", "GREETING=hi you", "fn") == "hi you\n"
        result = town.azdock("start", "-a", "--route", "api/fail?status=503", "--data", "why", "fn")
        assert (result.out, result.code) == ("", 1)
        assert "why" in result.err
        result = town.azdock("start", "-a", "-e", f"BIG={'x' * 9000}", "fn")
        assert result.code != 0
        assert "--env" in result.err

    def test_containers_stop(self, town: Town) -> None:
        """POST /containers/{id}/stop: the app is stopped, its next invocation refused; start brings it back."""
        town.create("fn")
        town.ok("start", "-a", "fn")
        address = town.ok("port", "fn").split(" -> ")[1].strip()
        assert httpx.get(f"{address}/api/function").status_code == 200
        town.ok("stop", "fn")
        assert "(serving)" not in town.ok("ps", "-a")
        assert _refused(address)
        town.ok("start", "-a", "fn")
        assert "(serving)" in town.ok("ps", "-a")

    def test_containers_stop_tells_what_is_lost(self, town: Town) -> None:
        """POST /containers/{id}/stop: one invocation cannot be ended by itself, which is said in the output."""
        town.create("fn", functions="slow")
        town.ok("start", "--route", "api/slow?seconds=30", "fn")
        assert town.field("fn", "{{.State.Status}}") == "running"
        result = town.azdock("stop", "fn")
        assert result.code == 0
        assert "in flight" in result.err
        assert town.field("fn", "{{.State.Status}}") == "exited"
        assert town.field("fn", "{{.State.ExitCode}}") != "0"

    def test_containers_kill(self, town: Town) -> None:
        """POST /containers/{id}/kill: what is in flight is lost, which is said, and the run has not succeeded."""
        town.create("fn", functions="slow")
        town.ok("start", "--route", "api/slow?seconds=30", "fn")
        result = town.azdock("kill", "fn")
        assert result.code == 0, result
        assert "in flight" in result.err
        assert town.ok("wait", "fn") in ("137\n", "143\n", "1\n")

    def test_containers_delete(self, town: Town) -> None:
        """DELETE /containers/{id}: the app is gone, and the plan that azdock made goes with the last one."""
        town.create("one")
        town.create("two")
        town.ok("rm", "one")
        assert len(town.resources()) == (2 if town.flags else 1)
        town.ok("rm", "two")
        assert town.resources() == []
        assert town.ok("ps", "-aq") == ""

    def test_containers_delete_of_a_run_that_removes_itself(self, town: Town) -> None:
        """DELETE /containers/{id}: run --rm leaves nothing behind, whatever the answer was."""
        run = town.made("run", "--rm", functions="function,fail")
        assert town.ok(*run, stdin=b"x") == "x"
        assert town.resources() == []
        run = town.made("run", "--rm", "--route", "api/fail", functions="function,fail")
        assert town.azdock(*run, stdin=b"why").code == 1
        assert town.resources() == []

    def test_containers_wait(self, town: Town) -> None:
        """POST /containers/{id}/wait: an exit code by header, status or time-out, without an agent."""
        town.create("fn", functions="exit,fail,function")
        for route, code in (("api/exit?code=7", "7"), ("api/function", "0"), ("api/fail?status=404", "1")):
            town.ok("start", "--route", route, "fn")
            assert town.ok("wait", "fn") == f"{code}\n"
        assert town.field("fn", "{{.State.ExitCode}}") == "1"

    def test_containers_wait_until_the_time_is_over(self, town: Town) -> None:
        """POST /containers/{id}/wait: 124 when the run takes longer than it may."""
        started = time.monotonic()
        run = town.made("run", "--rm", "--timeout", "2", "--route", "api/slow?seconds=60", functions="slow")
        result = town.azdock(*run, stdin=b"x")
        assert (result.out, result.code) == ("", 124)
        assert "did not end within 2 seconds" in result.err
        assert time.monotonic() - started < 45
        assert town.resources() == []

    def test_containers_wait_beyond_the_front_end(self, town: Town) -> None:
        """POST /containers/{id}/wait: 202 and status URLs are followed, Durable Functions' too."""
        town.create("fn", functions="long,orchestrate")
        assert town.ok("start", "-a", "--route", "api/long?seconds=1", "--data", "x", "fn")
        town.ok("start", "--route", "api/orchestrate?seconds=1", "fn")
        assert town.ok("wait", "fn") == "0\n"
        town.ok("start", "--route", "api/orchestrate?seconds=0&fail=1", "fn")
        assert town.ok("wait", "fn") == "1\n"

    @pytest.mark.parametrize("verb", ["pause", "unpause"])
    def test_containers_pause_and_unpause(self, town: Town, verb: str) -> None:
        """POST /containers/{id}/pause and unpause: refused with the reason and what to do instead."""
        town.create("fn")
        result = town.azdock(verb, "fn")
        assert result.code == 125
        assert "Azure cannot freeze" in result.err
        assert "hint: azdock" in result.err


class TestInspectionAndStreaming:
    """Part B, 2."""

    def test_containers_logs(self, town: Town) -> None:
        """GET /containers/{id}/logs: what the app prints, also when nobody watched."""
        town.create("fn")
        town.ok("start", "-a", "fn")
        until(lambda: "Executed 'Functions.function' (Succeeded" in town.ok("logs", "fn"), 20)

    def test_containers_logs_of_several_invocations(self, town: Town) -> None:
        """GET /containers/{id}/logs?follow: goes on over invocations, shows each, and ends when the app is removed."""
        town.create("fn")
        town.ok("start", "-a", "fn")
        out = Memory()
        follower = threading.Thread(target=self._follow, args=(town, out))
        follower.start()
        for number in (2, 3):
            town.ok("start", "fn")
            assert town.ok("wait", "fn") == "0\n"
            until(lambda number=number: out.text.count("Executed 'Functions.function'") == number, 30)  # type: ignore[misc]
        town.ok("stop", "fn")
        town.ok("rm", "fn")
        follower.join(30)
        assert not follower.is_alive()
        assert out.text.count("Executing 'Functions.function'") == 3

    @staticmethod
    def _follow(town: Town, out: Memory) -> None:
        town.typed(["logs", "-f", "fn"], out, Memory(), Typed())

    def test_other_inspection_inspect_ps_port(self, town: Town) -> None:
        """Other inspection: inspect, ps and port show what Azure tells, on a machine that has forgotten everything."""
        town.create("fn", "-l", "team=x")
        town.ok("start", "-a", "--data", "x", "fn")
        before = json.loads(town.ok("inspect", "fn"))[0]
        for file in town.home.glob("*.json"):
            file.unlink()
        for file in (town.home / "contexts").glob("**/*.json"):
            file.unlink()
        after = json.loads(town.ok("inspect", "fn"))[0]
        assert (after["Id"], after["Name"], after["Config"]["Labels"]) == (before["Id"], "/fn", {"team": "x"})
        assert (after["State"]["Status"], after["State"]["ExitCode"]) == ("exited", 0)
        assert "(serving" in town.ok("ps", "-a", "--filter", "label=team=x", "--format", "{{.Status}}")
        assert "://" in town.ok("port", "fn")

    def test_other_inspection_stats(self, town: Town) -> None:
        """Other inspection: stats shows measured memory, not invented figures."""
        town.create("fn")
        town.ok("start", "-a", "fn")
        shown = town.ok("stats", "--no-stream", "--format", "{{.MemUsage}}", "fn")
        assert "iB / " in shown

    def test_other_inspection_exec(self, town: Town) -> None:
        """Other inspection: exec works on Container Apps; a plan has no way in, which is said."""
        town.create("fn")
        town.ok("start", "-a", "fn")
        result = town.azdock("exec", "fn", "echo", "hi")
        if town.flags:
            assert result.code != 0
            assert "--plan" in result.err or "plan" in result.err
        else:
            assert (result.out, result.code) == ("hi\n", 0)


class TestNotPossible:
    """Part B, 3."""

    def test_stateless_and_event_driven(self, town: Town) -> None:
        """Stateless, event-driven: trigger ls shows what the functions wait for, add and rm turn it on and off."""
        town.create("fn", functions="tick,work")
        town.ok("start", "--route", "admin/host/ping", "--method", "GET", "fn")
        town.ok("wait", "fn")
        assert "%TICK%" in town.ok("trigger", "ls", "fn")
        town.ok("trigger", "add", "--timer", "0 */5 * * * *", "fn", "tick")
        town.ok("trigger", "rm", "fn", "work")
        until(lambda: "disabled" in town.ok("trigger", "ls", "fn"), 30)
        result = town.azdock("trigger", "add", "fn", "missing")
        assert result.code != 0
        assert "belong in the image" in result.err

    @pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # volumes keep a connection
    def test_no_persistent_file_system(self, town: Town) -> None:
        """No persistent file system: a volume is mounted from Azure Files, and outlives the app."""
        town.create("fn", "-v", "data:/data", functions="write")
        mounted = json.loads(town.ok("inspect", "-f", "{{json .Mounts}}", "fn"))
        assert [(one["Name"], one["Destination"]) for one in mounted] == [("data", "/data")]
        town.ok("rm", "fn")
        assert "data" in town.ok("volume", "ls")
        town.ok("volume", "rm", "data")

    def test_no_attach(self, town: Town) -> None:
        """No attach: refused with what works instead."""
        town.create("fn")
        town.ok("start", "-a", "fn")
        result = town.azdock("attach", "fn")
        assert result.code != 0
        assert "azdock logs -f fn" in result.err

    def test_max_timeout_varies_by_plan(self, town: Town) -> None:
        """Max time-out: one that no front end keeps is warned about when the app is made, with what works instead."""
        result = town.azdock(*town.made("create", "--timeout", "20m", "--name", "fn"))
        assert result.code == 0
        assert ("230" if town.flags else "240") in result.err

    def test_no_port_mapping(self, town: Town) -> None:
        """No port mapping: -p is refused before anything exists, with what works instead."""
        result = town.azdock(*town.made("run", "-d", "-p", "8080:80"))
        assert result.code == 125
        assert "--publish" in result.err
        assert "--backend app" in result.err
        assert town.resources() == []

    @pytest.mark.parametrize("plan", ["Y1", "FC1", "EP1"])
    def test_plans(self, town: Town, plan: str) -> None:
        """Plans: refused before anything exists, as functions are hosted on Container Apps only."""
        result = town.azdock("create", "--backend", "function", "--plan", plan, "--yes", IMAGE)
        assert result.code == 125
        assert "--plan" in result.err
        assert town.resources() == []


def _refused(address: str) -> bool:
    """Whether nothing serves there any more: Azure's page of a stopped app, or no connection at all."""
    try:
        return httpx.get(f"{address}/api/function").status_code in (403, 404, 503)
    except httpx.TransportError:
        return True
