"""The two test hosts of function apps: the same routes, answers, lines and ends."""

from __future__ import annotations

import http.client
import io
import json
import os
import signal
import socket
import subprocess
import sys
import tarfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.functions import content, image

FOLDER = Path(image.__file__).parent
EVERY = "function,echo,fail,slow,exit,run,env,write,long,orchestrate,tick,work,bus,event"


@dataclass
class Answer:
    """What a host said."""

    status: int
    body: bytes
    headers: dict[str, str]

    @property
    def json(self) -> Any:
        """The body's JSON."""
        return json.loads(self.body)


@dataclass
class Host:
    """A running host; `lines` is what it has printed."""

    process: subprocess.Popen[bytes]
    port: int
    output: Path

    def ask(self, path: str, body: bytes | None = None, method: str = "POST", **headers: str) -> Answer:
        """One request; `_` in a header's name is a dash."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, named)
        answer = connection.getresponse()
        found = Answer(answer.status, answer.read(), {name.lower(): value for name, value in answer.getheaders()})
        connection.close()
        return found

    def get(self, path: str, **headers: str) -> Answer:
        """One GET."""
        return self.ask(path, None, "GET", **headers)

    def end(self) -> int:
        """SIGTERM, and the code with which it ends."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(10)

    def printed(self) -> str:
        """All that it has printed so far."""
        return self.output.read_text()


Start = Callable[..., Host]


def applets(folder: Path) -> str:
    """A folder with nothing but busybox, as a path."""
    folder.mkdir()
    for name in subprocess.run(["busybox", "--list"], capture_output=True, text=True, check=True).stdout.split():
        (folder / name).symlink_to(image.BUSYBOX)
    return str(folder)


def free_port() -> int:
    """A port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(params=["host.py", "host.sh"])
def start(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Start]:
    """Starts hosts of one kind, with a program and variables."""
    if request.param == "host.sh" and not image.BUSYBOX.exists():
        pytest.skip("there is no busybox")
    began: list[Host] = []

    def run(*program: str, functions: str = EVERY, **env: str) -> Host:
        path = f"{os.environ['PATH']}"
        shell = [sys.executable, str(FOLDER / "host.py")]
        if request.param == "host.sh":
            path = applets(tmp_path / "bin")
            shell = [f"{path}/sh", str(FOLDER / "host.sh")]
        port = free_port()
        output = tmp_path / "printed"
        with output.open("wb") as file:
            process = subprocess.Popen(
                [*shell, "--", *program],
                env={"PATH": path, "FUNCTIONS": functions, "PORT": str(port), **env},
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        host = Host(process, port, output)
        began.append(host)
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return host
            time.sleep(0.02)
        raise AssertionError(host.printed())

    yield run
    for host in began:
        if host.process.poll() is None:
            host.end()


def test_function(start: Start) -> None:
    """The body comes back, byte for byte, and the host tells what it executed."""
    host = start()
    data = os.urandom(200_000)
    answer = host.ask("/api/function", data, Content_Type="application/octet-stream")
    assert (answer.status, answer.body) == (200, data)
    assert answer.headers["content-type"] == "application/octet-stream"
    assert host.ask("/api/echo", b"x").body == b"x"
    assert host.get("/api/function").body == b""
    assert host.get("/").status == 200
    assert "Executing 'Functions.function' (Reason='This function was programmatically" in host.printed()
    assert host.printed().count("Executed 'Functions.function' (Succeeded, Id=") == 2


def test_what_is_not_there(start: Start) -> None:
    """Functions that the app does not have, has switched off, or that are no HTTP functions have no route."""
    host = start(functions="function,tick,fail", AzureWebJobs__fail__Disabled="true")
    paths = ["/api/echo", "/api/tick", "/api/fail", "/function", "/robots933456.txt", "/admin/functions/echo"]
    assert [host.get(path).status for path in paths] == [404] * len(paths)


def test_fail(start: Start) -> None:
    """A failing function answers with the status asked for, and the host says that it failed."""
    host = start()
    assert (host.ask("/api/fail").status, host.ask("/api/fail").body) == (500, b"failed\n")
    assert (host.ask("/api/fail?status=418", b"no").status, host.ask("/api/fail", b"no").body) == (418, b"no")
    assert "Executed 'Functions.fail' (Failed, Id=" in host.printed()


def test_exit(start: Start) -> None:
    """The code is a header."""
    answer = start().ask("/api/exit?code=7", b"out")
    assert (answer.status, answer.body, answer.headers["x-azdock-exit-code"]) == (200, b"out", "7")


def test_slow_and_many_at_once(start: Start) -> None:
    """Requests do not wait for each other."""
    host = start()
    began = time.monotonic()
    found: list[bytes] = []
    ask = lambda n: found.append(host.ask("/api/slow?seconds=1", f"{n}".encode()).body)  # noqa: E731
    threads = [threading.Thread(target=ask, args=(n,)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 1 <= time.monotonic() - began < 6
    assert sorted(found) == sorted(f"{n}".encode() for n in range(20))


def test_run(start: Start) -> None:
    """The program gets the body and the request's variables; its output is the answer and is printed."""
    host = start("sh", "-c", 'cat; printf "%s\\n" "$A"; exit 3', QUIET="1")
    answer = host.ask("/api/run", b"in\n", X_Azdock_Env="A=b+c%26%25d%5Cn&B=")
    assert (answer.status, answer.body) == (200, b"in\nb c&%d\\n\n")
    assert answer.headers["x-azdock-exit-code"] == "3"
    assert host.printed() == "in\nb c&%d\\n\n"


def test_run_prints_at_once(start: Start) -> None:
    """What the program prints can be read before it ends; a program that ignores its input is no trouble."""
    host = start("sh", "-c", "echo up; sleep 1; echo down", QUIET="1")
    found: list[Answer] = []
    thread = threading.Thread(target=lambda: found.append(host.ask("/api/run", b"x" * 300_000)))
    thread.start()
    while not host.printed():
        time.sleep(0.01)
    assert host.printed() == "up\n" and not found
    thread.join()
    assert found[0].body == b"up\ndown\n"


@pytest.mark.parametrize(("program", "code"), [("/no/such", "127"), ("/etc/passwd", "126"), ("false", "1")])
def test_run_of_what_is_no_program(start: Start, program: str, code: str) -> None:
    """The codes are those of a shell."""
    assert start(program).ask("/api/run").headers["x-azdock-exit-code"] == code


def test_env(start: Start) -> None:
    """A variable of the request hides that of the host."""
    host = start(FROM="host", EMPTY="")
    assert host.get("/api/env?name=FROM").body == b"host\n"
    assert host.get("/api/env?name=FROM", X_Azdock_Env="A=1&FROM=here+now").body == b"here now\n"
    assert (host.get("/api/env?name=EMPTY").status, host.get("/api/env?name=EMPTY").body) == (200, b"\n")
    assert host.get("/api/env?name=NOTHING").status == 404


def test_write(start: Start, tmp_path: Path) -> None:
    """Bodies are appended to a file."""
    host = start()
    target = tmp_path / "a b"
    path = f"/api/write?path={target}".replace(" ", "%20")
    assert (host.ask(path, b"one\n").status, host.ask(path, b"two\n").status) == (200, 200)
    assert target.read_bytes() == b"one\ntwo\n"


def test_long(start: Start) -> None:
    """202 and where to ask, until it is over."""
    host = start()
    answer = host.ask("/api/long?seconds=1")
    place = answer.headers["location"]
    assert (answer.status, answer.headers["retry-after"]) == (202, "1")
    assert host.get(place).status == 202
    while (state := host.get(place)).status == 202:
        time.sleep(0.1)
    assert (state.status, state.body) == (200, b"done\n")


@pytest.mark.parametrize(("fail", "state"), [("0", "Completed"), ("1", "Failed")])
def test_orchestrate(start: Start, fail: str, state: str) -> None:
    """Durable Functions' answers; addresses are those by which the host was asked from outside."""
    host = start()
    given = host.ask(f"/api/orchestrate?seconds=1&fail={fail}", b'say "hi"', X_Forwarded_Proto="https", Host="a.b")
    uri = given.json["statusQueryGetUri"]
    assert (given.status, given.headers["location"]) == (202, uri)
    assert uri.startswith("https://a.b/runtime/webhooks/durabletask/instances/")
    path = uri.removeprefix("https://a.b")
    assert (host.get(path).status, host.get(path).json["runtimeStatus"]) == (202, "Running")
    while (answer := host.get(path)).status == 202:
        time.sleep(0.1)
    assert (answer.json["runtimeStatus"], answer.json["output"]) == (state, 'say "hi"')


def test_orchestrate_terminated(start: Start) -> None:
    """An orchestration can be ended."""
    host = start()
    given = host.ask("/api/orchestrate?seconds=60").json
    assert host.ask(given["terminatePostUri"].partition(f":{host.port}")[2]).status == 202
    path = given["statusQueryGetUri"].partition(f":{host.port}")[2]
    assert (host.get(path).status, host.get(path).json["runtimeStatus"]) == (200, "Terminated")


def test_admin(start: Start) -> None:
    """The host tells what it is and which functions it has."""
    host = start(AzureWebJobs__work__Disabled="1")
    assert (host.get("/admin/host/ping").status, host.get("/admin/host/status").json["state"]) == (200, "Running")
    every = host.get("/admin/functions", Host="a.b").json
    assert [one["name"] for one in every] == EVERY.split(",")
    assert [one["name"] for one in every if one["isDisabled"]] == ["work"]
    kinds = [one["config"]["bindings"][0]["type"] for one in every if not one["invoke_url_template"]]
    assert kinds == ["timerTrigger", "queueTrigger", "serviceBusTrigger", "eventGridTrigger"]
    assert every[0]["invoke_url_template"] == "http://a.b/api/function"
    assert [one["config"]["bindings"][0].get("authLevel") for one in every[:2]] == ["anonymous", "function"]
    assert host.get("/admin/functions/tick", Host="a.b").json == next(one for one in every if one["name"] == "tick")


def test_both_tell_the_same(start: Start) -> None:
    """Whatever a host tells of its functions, it is what python's tells."""
    told = start().get("/admin/functions", Host="a.b").json
    assert told == [content.metadata(name, "http://a.b") for name in EVERY.split(",")]


def test_admin_invocation(start: Start) -> None:
    """A function that is no HTTP function can be run by hand; nothing but the lines tell how it went."""
    host = start()
    assert host.ask("/admin/functions/work", b'{"input": "say \\"hi\\""}').status == 202
    assert host.ask("/admin/functions/work", b'{"input":"fail now"}').status == 202
    assert host.ask("/admin/functions/work", b"").status == 400
    assert host.ask("/admin/functions/nothing", b'{"input":""}').status == 404
    assert 'work: say "hi"\n' in host.printed()
    assert "Executed 'Functions.work' (Succeeded" in host.printed()
    assert "Executed 'Functions.work' (Failed" in host.printed()


def test_termination_waits(start: Start) -> None:
    """What is in flight when SIGTERM comes is answered, and then the host ends with 0."""
    host = start()
    found: list[Answer] = []
    thread = threading.Thread(target=lambda: found.append(host.ask("/api/slow?seconds=1", b"late")))
    thread.start()
    while "Executing" not in host.printed():
        time.sleep(0.01)
    assert host.end() == 0
    thread.join()
    assert found[0].body == b"late"


def test_termination_is_passed_on(start: Start) -> None:
    """A program under way gets the signal, and its own end is the answer."""
    host = start("sh", "-c", "trap 'echo got; exit 5' TERM; echo up; while :; do sleep 0.05; done")
    found: list[Answer] = []
    thread = threading.Thread(target=lambda: found.append(host.ask("/api/run")))
    thread.start()
    while "up" not in host.printed():
        time.sleep(0.01)
    assert host.end() == 0
    thread.join()
    assert (found[0].body, found[0].headers["x-azdock-exit-code"]) == (b"up\ngot\n", "5")


def extracted(tar: tarfile.TarFile, name: str) -> bytes:
    """The bytes of a file in an archive."""
    file = tar.extractfile(name)
    assert file is not None
    return file.read()


@pytest.mark.skipif(not image.BUSYBOX.exists(), reason="there is no busybox")
def test_image(tmp_path: Path) -> None:
    """The archive is one layer with the script as ENTRYPOINT; the same busybox gives the same image."""
    ident = image.write(tmp_path / "a.tar", "mine:2")
    assert image.write(tmp_path / "b.tar", "mine:2") == ident
    with tarfile.open(tmp_path / "a.tar") as tar:
        manifest = json.loads(extracted(tar, "manifest.json"))[0]
        described = json.loads(extracted(tar, manifest["Config"]))
        with tarfile.open(fileobj=io.BytesIO(extracted(tar, manifest["Layers"][0]))) as files:
            assert {"host.sh", "bin/sh", "bin/nc", "tmp"} <= set(files.getnames())
    assert manifest["RepoTags"] == ["mine:2"] and ident == f"sha256:{manifest['Config'].removesuffix('.json')}"
    assert described["config"]["Entrypoint"] == ["/bin/sh", "/host.sh"]
    assert described["config"]["ExposedPorts"] == {"80/tcp": {}}
