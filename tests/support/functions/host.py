"""An HTTP server with the routes that an Azure Functions host answers: `python host.py [-- PROGRAM ARG...]`.

It is NOT the Functions host: it loads no functions, checks no keys, listens to no timers or queues. It is one program
of the standard library that contains a handful of ready-made functions, so that function apps can be tested where no
image runs. `host.sh` beside it is the same for busybox.

Environment: FUNCTIONS the functions it has, separated by commas (default "function"); PORT, else WEBSITES_PORT, else
80; QUIET=1 leaves its own lines out, so that only what a program prints is printed. Paths are /api/NAME:
    function, echo      answer the request's body (echo says that it wants a key)
    fail?status=500     answers the body with that status
    slow?seconds=1      answers the body after a while
    exit?code=3         answers the body and X-Azdock-Exit-Code
    run                 runs PROGRAM, the body is its stdin; what it prints is printed at once, and is the answer when
                        it has ended, with its code in X-Azdock-Exit-Code; SIGTERM to the host is passed on to it
    env?name=A          answers the value of a variable: of X-Azdock-Env, else of the host's own
    write?path=/a       appends the body to a file
    long?seconds=1      202 and Location: /api/status/ID, which is 202 until it is over and then 200
    orchestrate?seconds=1&fail=1   202 and statusQueryGetUri, as Durable Functions answer
    tick, work, bus, event         timer, storage queue, Service Bus, Event Grid: only POST /admin/functions/NAME runs
                        them; one whose input begins with "fail" fails
On SIGTERM it accepts nothing more, finishes what is in flight and exits with 0.

SOURCE: Azure/azure-functions-host, HostController.cs and FunctionsController.cs (admin routes,
FunctionMetadataResponse); Azure/azure-functions-durable-extension, HttpApiHandler.cs
"""

from __future__ import annotations

import json
import os
import signal
import socketserver
import sys
import threading
import time
import uuid
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

sys.path.insert(0, str(Path(__file__).parents[3]))  # this is run as a file, in any folder

from tests.support.functions.content import disabled, metadata
from tests.support.functions.program import run_program, running, write

EXIT_HEADER, ENV_HEADER = "X-Azdock-Exit-Code", "X-Azdock-Env"
NAMES = [name for name in os.environ.get("FUNCTIONS", "function").split(",") if name]
QUIET = os.environ.get("QUIET") == "1"
PROGRAM = sys.argv[2:] if sys.argv[1:2] == ["--"] else []
REASON = "This function was programmatically called via the host APIs."
INSTANCES = "/runtime/webhooks/durabletask/instances/"
STARTED = time.monotonic()

inputs: dict[str, str] = {}  # of orchestrations, by id
terminated: set[str] = set()
ended = threading.Event()  # SIGTERM has come
idle = threading.Condition()


def say(text: str) -> None:
    """A line of the host's own."""
    if not QUIET:
        write(1, text.encode() + b"\n")


# ---- requests
class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server_version, sys_version = "Kestrel", ""
    query: dict[str, str]
    body: bytes
    busy = 0  # requests under way, of all connections

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are told by what they execute."""

    def do_GET(self) -> None:
        """Any request. Whoever ends the host waits until the answer is sent."""
        with idle:
            Handler.busy += 1
        try:
            self.serve()
        finally:
            with idle:
                Handler.busy -= 1
                idle.notify_all()

    def serve(self) -> None:
        """Answer one request."""
        parts = urlsplit(self.path)
        self.query = dict(parse_qsl(parts.query, keep_blank_values=True))
        self.body = self.read_body()
        path = parts.path.rstrip("/") or "/"
        if path == "/":
            self.answer(200, b"Your Functions-like host is up and running.\n")
        elif path.startswith("/admin/"):
            self.admin(path.removeprefix("/admin/"))
        elif path.startswith("/api/status/"):
            over = self.over(path.removeprefix("/api/status/"))
            self.answer(200 if over else 202, b"done\n" if over else b"")
        elif path.startswith(INSTANCES):
            self.instance(path.removeprefix(INSTANCES))
        else:
            self.function(path.removeprefix("/api/") if path.startswith("/api/") else "")

    do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = do_GET

    def read_body(self) -> bytes:
        """The body, whichever way its length is told."""
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        found = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            found += self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return found

    @property
    def base(self) -> str:
        """The address by which this host was asked."""
        host = self.headers.get("X-Forwarded-Host") or self.headers.get("Host") or "localhost"
        return f"{self.headers.get('X-Forwarded-Proto') or 'http'}://{host}"

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        """The whole answer; `_` in a header's name is a dash."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        if ended.is_set():
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def tell(self, status: int, content: Any, **headers: str) -> None:
        """A JSON answer."""
        self.answer(status, json.dumps(content).encode(), Content_Type="application/json; charset=utf-8", **headers)

    def admin(self, path: str) -> None:
        """The routes of the host itself."""
        kind, _, name = path.partition("/")
        if (kind, name) == ("host", "ping"):
            self.answer(200)
        elif (kind, name) == ("host", "status"):
            self.tell(200, status())
        elif kind == "functions" and not name and self.command == "GET":
            self.tell(200, [metadata(one, self.base) for one in NAMES])
        elif kind != "functions" or name not in NAMES:
            self.answer(404)
        elif self.command == "POST":
            self.invoke(name)
        else:
            self.tell(200, metadata(name, self.base))

    def invoke(self, name: str) -> None:
        """POST admin/functions/NAME: accepted at once, no word about the result."""
        try:
            given = str(json.loads(self.body)["input"])
        except (ValueError, KeyError, TypeError):
            self.answer(400)
            return
        begun = executing(name)
        failed = given.startswith("fail")
        if given:
            say(f"{name}: {given}")
        executed(name, *begun, failed=failed)
        self.answer(202)

    def function(self, name: str) -> None:
        """Execute an HTTP function."""
        do: Callable[[], bool] | None = getattr(self, f"call_{name}", None)
        if do is None or name not in NAMES or disabled(name):
            self.answer(404)
            return
        begun = executing(name)
        executed(name, *begun, failed=not do())

    def call_function(self) -> bool:
        self.answer(200, self.body, Content_Type=self.headers.get("Content-Type") or "text/plain")
        return True

    call_echo = call_function

    def call_fail(self) -> bool:
        self.answer(int(self.query.get("status", "500")), self.body or b"failed\n")
        return False

    def call_slow(self) -> bool:
        time.sleep(float(self.query.get("seconds", "1")))
        self.answer(200, self.body or b"slow\n")
        return True

    def call_exit(self) -> bool:
        self.answer(200, self.body, **{EXIT_HEADER: self.query.get("code", "0")})
        return True

    def call_run(self) -> bool:
        code, output = run_program(PROGRAM, self.body, self.sent())
        self.answer(200, output, **{EXIT_HEADER: str(code)})
        return True

    def sent(self) -> dict[str, str]:
        """The variables of this request alone."""
        return dict(parse_qsl(self.headers.get(ENV_HEADER, ""), keep_blank_values=True))

    def call_env(self) -> bool:
        name = self.query.get("name", "")
        value = self.sent().get(name, os.environ.get(name))
        self.answer(404 if value is None else 200, (value or "").encode() + b"\n")
        return True

    def call_write(self) -> bool:
        with open(self.query["path"], "ab") as file:
            file.write(self.body)
        self.answer(200)
        return True

    # ---- what takes longer than a request
    def begin(self) -> str:
        """The id of something that is over after ?seconds=, and says so by itself."""
        end = time.time() + float(self.query.get("seconds", "1"))
        return f"{int(end * 1000)}-{self.query.get('fail', '0')}-{uuid.uuid4().hex}"

    def over(self, ident: str) -> bool:
        """Whether it has ended."""
        return time.time() * 1000 >= int(ident.split("-")[0])

    def call_long(self) -> bool:
        self.answer(202, Location=f"/api/status/{self.begin()}", Retry_After="1")
        return True

    def call_orchestrate(self) -> bool:
        ident = self.begin()
        inputs[ident] = self.body.decode(errors="replace")
        address = f"{self.base}{INSTANCES}{ident}"
        uris = {"statusQueryGetUri": address, "terminatePostUri": f"{address}/terminate"}
        self.tell(202, {"id": ident, **uris}, Location=address, Retry_After="1")
        return True

    def instance(self, path: str) -> None:
        """The state of an orchestration, or its end."""
        ident, _, word = path.partition("/")
        if ident not in inputs:
            self.answer(404)
        elif word == "terminate":
            terminated.add(ident)
            self.answer(202)
        else:
            state = self.state(ident)
            output = None if state == "Running" else inputs[ident] or "done"
            shown = {"name": "orchestrate", "instanceId": ident, "runtimeStatus": state, "output": output}
            self.tell(202 if state == "Running" else 200, {**shown, "input": inputs[ident], "customStatus": None})

    def state(self, ident: str) -> str:
        """Running, Terminated, Failed or Completed."""
        if ident in terminated:
            return "Terminated"
        if not self.over(ident):
            return "Running"
        return "Failed" if ident.split("-")[1] == "1" else "Completed"


def status() -> dict[str, Any]:
    """GET admin/host/status."""
    up = int((time.monotonic() - STARTED) * 1000)
    name = os.environ.get("HOSTNAME", "localhost")
    return {"id": name, "state": "Running", "version": "4.0.0.0", "instanceId": name, "errors": [], "processUptime": up}


def executing(name: str) -> tuple[str, float]:
    """Print that a function begins; its id and the time."""
    ident = str(uuid.uuid4())
    say(f"Executing 'Functions.{name}' (Reason='{REASON}', Id={ident})")
    return ident, time.monotonic()


def executed(name: str, ident: str, began: float, *, failed: bool) -> None:
    """Print that a function has ended."""
    word, took = "Failed" if failed else "Succeeded", int((time.monotonic() - began) * 1000)
    say(f"Executed 'Functions.{name}' ({word}, Id={ident}, Duration={took}ms)")


class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """A thread for each connection."""

    allow_reuse_address = True
    request_queue_size = 128
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever asked has gone, or asked nonsense: one line instead of a traceback."""
        say(f"A request has failed: {sys.exc_info()[1]!r}")


def main() -> None:
    """Serve until SIGTERM."""
    port = int(os.environ.get("PORT") or os.environ.get("WEBSITES_PORT") or 80)
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    with Server(("", port), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        say(f"Now listening on: http://[::]:{port}")
        say("Application started.")
        ended.wait()
        say("Application is shutting down...")
        server.shutdown()
        for child in list(running):
            child.terminate()
        with idle:
            idle.wait_for(lambda: not Handler.busy)


if __name__ == "__main__":
    main()
