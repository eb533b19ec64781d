"""Apps with real processes: states, restarts, revisions, scale, end."""

from __future__ import annotations

import asyncio
import socket
import sys
from pathlib import Path
from typing import Any

import pytest

from azdock.emulator import apprunner
from azdock.emulator.runtimes.base import ImageRef
from azdock.emulator.runtimes.scripted import ScriptedRuntime
from tests.unit.emulator.applab import app, container, events, only, output, revise, run, settled, until, world

SERVE = """
import http.server, os, signal, sys
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        code = 200 if self.path != "/bad" else 500
        self.send_response(code); self.send_header("Content-Length", "2"); self.end_headers(); self.wfile.write(b"hi")
    def log_message(self, *args): pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Answer).serve_forever()
"""


def free_port() -> int:
    """A TCP port on which nothing listens."""
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        return int(made.getsockname()[1])


def server(port: int, **given: Any) -> dict[str, Any]:
    """A container that serves HTTP on a port."""
    return container(sys.executable, "-c", SERVE, str(port), **given)


def test_runs_and_tells(tmp_path: Path) -> None:
    """A container that stays up is running at its maximum, ready, with the variables Azure adds."""

    async def body() -> None:
        async with world(tmp_path) as made:
            runner = run(made, app(container("sh", "-c", "env | grep ^CONTAINER_APP; exec sleep 60")))
            facts = await settled(runner, "RunningAtMaxScale")
            assert (facts.health_state, facts.provisioning_state, facts.details) == ("Healthy", "Provisioned", "")
            one, replica = only(facts), facts.replicas[0]
            assert one.ready and one.started and one.endpoints and one.restarts == 0
            assert one.details.startswith("Container started at: ")
            assert replica.name.startswith("web--abc1234-") and replica.running_state == "Running"
            assert made.running.containers[replica.name]["app"].id == one.id
            await until(lambda: len(output(made, replica.name)) >= 5)
            lines = dict(line.split("=", 1) for line in output(made, replica.name))
            assert lines["CONTAINER_APP_NAME"] == "web" and lines["CONTAINER_APP_REVISION"] == "web--abc1234"
            assert lines["CONTAINER_APP_REPLICA_NAME"] == replica.name
            await until(lambda: runner.document["latest_ready"] == "web--abc1234")

    asyncio.run(body())


@pytest.mark.parametrize(
    ("one", "error", "details", "told"),
    [
        (
            container("sh", "-c", "exit 3"),
            "Container crashing: app",
            "1/1 Container crashing: app",
            "exit code '3' and",
        ),
        (container("nosuch"), "Container crashing: app", "1/1 Container crashing: app", "ContainerCreateFailure: exec"),
        (
            container("sh", image="work/missing:1"),
            "Pending:ImagePullBackOff on legion",
            "1/1 Pending:ImagePullBackOff on legion",
            "exit code '' and reason 'ImagePullFailure'",
        ),
    ],
)
def test_what_never_runs_has_failed(tmp_path: Path, one: Any, error: str, details: str, told: str) -> None:
    """A crash, a missing program and a missing image are failed revisions, told in live Azure's words."""

    async def body() -> None:
        async with world(tmp_path) as made:
            runner = run(made, app(one))
            facts = await settled(runner, "Failed")
            assert (facts.health_state, facts.details) == ("Unhealthy", details)
            assert runner.document["revisions"]["web--abc1234"]["failed"] == error
            assert facts.replicas[0].running_state == "NotRunning"
            assert only(facts).running_state in ("Waiting", "Terminated") and not only(facts).ready
            assert any(told in text for text in events(made, "ContainerTerminated"))

    asyncio.run(body())


def test_a_crash_loop_backs_off(tmp_path: Path) -> None:
    """The first restart comes at once; then the container waits, in the same replica, with a fresh root each time and
    its last instance's lines still to be read."""

    async def body() -> None:
        async with world(tmp_path, crash_backoff=0.5) as made:
            volume: dict[str, Any] = {"volumes": [{"name": "v", "storageType": "EmptyDir"}]}
            one = container("sh", "-c", "ls; echo $AZDOCK_FOLDER; touch f; echo x >>$AZDOCK_FOLDER/log; exit 1")
            one["volumeMounts"] = [{"volumeName": "v", "mountPath": "/.azdock"}]
            runner = run(made, app(one, **volume))
            await settled(runner, "Failed")
            words = "Container is waiting with reason: CrashLoopBackOff on legion."
            await until(lambda: only(runner.facts("web--abc1234")).details == words)
            found = runner.facts("web--abc1234")
            name = found.replicas[0].name
            assert only(found).restarts == 1
            folder = tmp_path / "scratch" / name / "~volumes" / "v"
            assert output(made, name) == [str(folder)] * 2 and (folder / "log").read_text() == "x\nx\n"
            log = made.logbook.find(name, "app")
            assert log is not None and made.logbook.listed(log) and [one.text for one in log.tail(9)] == [str(folder)]
            await until(lambda: only(runner.facts("web--abc1234")).restarts == 2)
            assert runner.facts("web--abc1234").replicas[0].name == name

    asyncio.run(body())


def test_a_wrong_target_port(tmp_path: Path) -> None:
    """Nothing on the target port: degraded after the deadline, and the port that is listened on is named."""

    async def body() -> None:
        async with world(tmp_path) as made:
            wrong, right = free_port(), free_port()
            runner = run(made, app(server(right), ingress={"targetPort": wrong}))
            facts = await settled(runner, "Degraded")
            assert facts.details.startswith("Deployment Progress Deadline Exceeded. 0/1 replicas ready.")
            ports = f"The TargetPort {wrong} does not match the listening port {right}."
            await until(lambda: runner.facts("web--abc1234").details.endswith(ports))
            assert not only(facts).ready and facts.health_state == "Unhealthy"
            assert "Probe of StartUp failed with status code: 1" in events(made, "ProbeFailed")
            assert made.ingress.addresses() and runner.document["latest_ready"] == ""

    asyncio.run(body())


def test_a_revision_takes_over(tmp_path: Path) -> None:
    """In Single mode the old revision serves until the new one is ready, and ends then."""

    async def body() -> None:
        async with world(tmp_path) as made:
            first, second = free_port(), free_port()
            document = app(server(first), ingress={"targetPort": first})
            runner = run(made, document)
            await settled(runner, "RunningAtMaxScale")
            old = runner.facts("web--abc1234").replicas[0].name
            document["properties"]["configuration"]["ingress"]["targetPort"] = second
            name = revise(document, app(server(second))["properties"]["template"], "0000001")
            runner.sync()
            assert document["revisions"]["web--abc1234"]["active"]
            await until(lambda: document["latest_ready"] == name)
            assert not document["revisions"]["web--abc1234"]["active"]
            assert runner.facts("web--abc1234").running_state == "Stopped"
            await until(lambda: old not in made.running.containers)
            assert runner.facts(name).running_state == "RunningAtMaxScale"

    asyncio.run(body())


def test_stop_start_restart(tmp_path: Path) -> None:
    """A stopped app has no replicas, a started one new ones; restart replaces them; SIGTERM comes before SIGKILL."""

    async def body() -> None:
        async with world(tmp_path) as made:
            document = app(container("sh", "-c", "trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.05; done"))
            runner = run(made, document)
            first = (await settled(runner, "RunningAtMaxScale")).replicas[0].name
            await until(lambda: output(made, first) == ["up"])
            document["stopped"] = True
            runner.sync()
            assert runner.facts("web--abc1234").running_state == "Stopped"
            await until(lambda: first not in made.running.containers)
            assert output(made, first) == ["up", "bye"]
            assert any(text.endswith("reason 'ManuallyStopped'") for text in events(made, "ContainerTerminated"))
            assert not (tmp_path / "scratch" / first).exists()
            document["stopped"] = False
            runner.sync()
            second = (await settled(runner, "RunningAtMaxScale")).replicas[0].name
            runner.restart("web--abc1234")
            await until(lambda: second not in made.running.containers)
            third = (await settled(runner, "RunningAtMaxScale")).replicas[0].name
            assert len({first, second, third}) == 3
            await runner.ended()
            assert made.apps == {} and made.running.containers == {}

    asyncio.run(body())


def test_init_containers_come_first(tmp_path: Path) -> None:
    """Init containers run in order until they succeed, then several containers run side by side."""

    async def body() -> None:
        async with world(tmp_path) as made:
            note = tmp_path / "note"
            first = container("sh", "-c", f"echo one >>{note}; [ $(wc -l <{note}) -gt 1 ]", name="first")
            second = container("sh", "-c", f"echo two >>{note}", name="second")
            main = container("sh", "-c", f"cat {note}; exec sleep 60")
            side = container("sleep", "60", name="side")
            runner = run(made, app(main, side, initContainers=[first, second]))
            facts = await settled(runner, "RunningAtMaxScale")
            shown = {one.name: (one.running_state, one.initial) for one in facts.replicas[0].containers}
            assert shown == {
                "first": ("Terminated", True), "second": ("Terminated", True), "app": ("Running", False),
                "side": ("Running", False),
            }  # fmt: skip
            details = facts.replicas[0].containers[0].details
            assert details == "Container was terminated with reason: Completed, exit code: 0."
            await until(lambda: output(made, facts.replicas[0].name) == ["one", "one", "two"])

    asyncio.run(body())


def test_to_zero_and_back(tmp_path: Path) -> None:
    """An app whose minimum is 0 begins with one replica, goes to zero when idle, and comes back for a request."""

    async def body() -> None:
        async with world(tmp_path, scale_pace=0.004) as made:
            port = free_port()
            runner = run(made, app(server(port), ingress={"targetPort": port}, least=0, most=2))
            await settled(runner, "Running")
            facts = await settled(runner, "ScaledToZero")
            assert facts.replicas == ()
            await until(lambda: made.running.containers == {})
            address = next(iter(made.ingress.addresses().values())).rpartition(":")[2]
            reader, writer = await asyncio.open_connection("127.0.0.1", int(address))
            name = f"web.{next(iter(made.ingress.addresses())).partition('.')[2]}"
            writer.write(f"GET / HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n".encode())
            assert b" 200 OK\r\n" in await reader.read()
            writer.close()
            await writer.wait_closed()
            assert (await settled(runner, "Running")).replicas

    asyncio.run(body())


def test_without_ingress_to_zero_for_good(tmp_path: Path) -> None:
    """Without ingress and with a minimum of 0 nothing brings an app back."""

    async def body() -> None:
        async with world(tmp_path, scale_pace=0.001) as made:
            runner = run(made, app(container("sleep", "60"), least=0))
            await settled(runner, "RunningAtMaxScale")
            await settled(runner, "ScaledToZero")
            runner.wake()
            await asyncio.sleep(0.3)
            assert runner.facts("web--abc1234").running_state == "ScaledToZero"

    asyncio.run(body())


def test_runs_again_after_a_restart_of_the_emulator(tmp_path: Path) -> None:
    """What ran when the emulator ended runs again; what was stopped stays so."""

    async def body() -> None:
        async with world(tmp_path) as made:
            document = app(container("sleep", "60"))
            first = (await settled(run(made, document), "RunningAtMaxScale")).replicas[0].name
            await apprunner.end_all(made)
            assert made.running.containers == {} and document["revisions"]["web--abc1234"]["active"]
            apprunner.resume(made)
            second = (await settled(apprunner.of(made, document), "RunningAtMaxScale")).replicas[0].name
            assert first != second
            await apprunner.end_all(made)
            document["stopped"] = True
            apprunner.resume(made)
            assert apprunner.of(made, document).facts("web--abc1234").running_state == "Stopped"

    asyncio.run(body())


def test_a_liveness_probe_that_fails(tmp_path: Path) -> None:
    """A container that its probe ends is crashing until one has passed its probe; it is named in the system log."""

    async def body() -> None:
        async with world(tmp_path) as made:
            port = free_port()
            probe = {"type": "Liveness", "httpGet": {"path": "/bad", "port": port}, "failureThreshold": 2}
            runner = run(made, app(server(port, probes=[probe]), ingress={"targetPort": port}))
            facts = await settled(runner, "Failed")
            assert facts.details == "1/1 Container crashing: app"
            assert "Probe of Liveness failed with status code: 500" in events(made, "ProbeFailed")
            await until(lambda: only(runner.facts("web--abc1234")).restarts == 1)
            ends = events(made, "ContainerTerminated")
            assert ends[0] == "Container 'app' was terminated with exit code '' and reason 'ProbeFailure'"
            assert events(made, "ProbeFailure")[0] == "Container app failed liveness probe, will be restarted"

    asyncio.run(body())


def test_the_second_container_serves(tmp_path: Path) -> None:
    """Containers of a replica share a network: the one that listens on the target port gets the requests."""

    async def body() -> None:
        async with world(tmp_path) as made:
            port = free_port()
            runner = run(made, app(container("sleep", "60"), server(port, name="side"), ingress={"targetPort": port}))
            await settled(runner, "RunningAtMaxScale")
            address = next(iter(made.ingress.addresses().values())).rpartition(":")[2]
            reader, writer = await asyncio.open_connection("127.0.0.1", int(address))
            writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            assert b" 200 OK\r\n" in await reader.read()
            writer.close()
            await writer.wait_closed()

    asyncio.run(body())


class Slow(ScriptedRuntime):
    """A runtime that fetches images for a while."""

    async def resolve(self, reference: str, auth: tuple[str, str] | None = None, pull: str = "missing") -> ImageRef:
        """Late."""
        await asyncio.sleep(0.3)
        return await super().resolve(reference, auth, pull)


def test_the_end_comes_before_the_container(tmp_path: Path) -> None:
    """A container that is only being made when its app is deleted is ended as any other, SIGKILL included."""

    async def body() -> None:
        async with world(tmp_path, Slow(), grace=0.1) as made:
            stubborn = container("sh", "-c", "trap '' TERM; sleep 60")
            runner = run(made, app(stubborn, terminationGracePeriodSeconds=1))
            await until(lambda: runner.facts("web--abc1234").replicas)
            async with asyncio.timeout(10):
                await runner.ended()
            assert made.running.containers == {} and list((tmp_path / "scratch").iterdir()) == []
            ends = events(made, "ContainerTerminated")
            assert ends == ["Container 'app' was terminated with exit code '' and reason 'ManuallyStopped'"]

    asyncio.run(body())
