"""The emulator as a background process: one for each home, found through its status file."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import logging
import os
import signal
import subprocess
import sys
import sysconfig
import time
import urllib.parse
import urllib.request
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from azdock import wire

if TYPE_CHECKING:
    from azdock.emulator.server import Certificate
    from azdock.emulator.world import World

STOP_LIMIT = 60.0  # seconds a stop may take: the grace period of realistic behaviour is 30
TAKE_OVER = 45.0  # seconds a new server waits for the lock of one that is just ending
START_LIMIT = 60.0  # seconds until a start counts as failed: the sandbox's probe and a slow disk included
LOG_LIMIT = 5_000_000  # bytes of log kept at a start
PACE = 0.005


class DaemonError(Exception):
    """The emulator cannot be started or stopped; the text says why."""


@dataclass(frozen=True, slots=True)
class Options:
    """What `azdock emulator start` takes."""

    port: int = 0
    tls: bool = False
    runtime: str = "auto"
    manner: str = "fast"  # fast, realistic or nasty

    def flags(self) -> list[str]:
        """The same as command-line flags."""
        made = ["--runtime", self.runtime, f"--{self.manner}"]
        if self.port:
            made += ["--port", str(self.port)]
        return [*made, "--tls"] if self.tls else made


def start(home: Path, options: Options) -> dict[str, Any]:
    """Have an emulator run in the background and return its facts; one that runs already is left as it is.

    Raises DaemonError when it does not come up.
    """
    folder = _folder(home)
    try:
        with FileLock(folder / "start.lock", timeout=START_LIMIT):
            return status(home) or _started(home, options)
    except Timeout as late:
        raise DaemonError(f"another process has been starting the emulator for {START_LIMIT:.0f} s") from late
    except OSError as refused:
        raise DaemonError(f"the emulator cannot use {folder}: {refused}") from refused


def _started(home: Path, options: Options) -> dict[str, Any]:
    process = _spawn(home, options)
    end = time.monotonic() + START_LIMIT
    while time.monotonic() < end:
        if (found := _facts(home)) is not None and found["pid"] == process.pid:
            return found
        if process.poll() is not None:
            raise DaemonError(f"the emulator ended at its start: {_last_words(home)}")
        time.sleep(PACE)
    process.terminate()
    raise DaemonError(f"the emulator was not ready after {START_LIMIT:.0f} s; see {log_file(home)}")


def _spawn(home: Path, options: Options) -> subprocess.Popen[bytes]:
    path = log_file(home)
    mode = "ab" if path.exists() and path.stat().st_size < LOG_LIMIT else "wb"
    with open(path, mode, opener=_private) as log:
        return subprocess.Popen(
            [sys.executable, "-m", "azdock", "emulator", "start", "--foreground", *options.flags()],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            cwd="/",
            env={**os.environ, **_search_path(), "AZDOCK_HOME": str(home.absolute())},
        )


def _search_path() -> dict[str, str]:
    """PYTHONPATH for an azdock that is not installed but imported from its clone: cwd will not lead there."""
    here = str(Path(__file__).resolve().parents[2])
    if here == sysconfig.get_path("purelib"):
        return {}
    return {"PYTHONPATH": os.pathsep.join(one for one in (here, os.environ.get("PYTHONPATH", "")) if one)}


def serve(home: Path, options: Options) -> int:
    """Run the emulator in this process until SIGTERM or Ctrl-C; the exit code. Raises DaemonError."""
    folder = _folder(home)
    if status(home) is not None:
        raise DaemonError(f"an emulator for {home} is running already")
    try:
        with FileLock(folder / "serve.lock", timeout=TAKE_OVER):
            asyncio.run(_serve(folder, options))
    except Timeout as taken:
        raise DaemonError(f"another emulator for {home} is not ending") from taken
    return 0


async def _serve(folder: Path, options: Options) -> None:
    from azdock.emulator import server

    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s")
    world = await _world(folder, options)
    certificate = _certificate(folder) if options.tls else None
    kept = _ports(folder)
    plain = server.bind(options.port or kept.get("plain", 0))
    if options.port and plain.getsockname()[1] != options.port:
        raise DaemonError(f"port {options.port} is taken")
    secure = (server.bind(kept.get("tls", 0)), certificate) if certificate else None
    ports = {**kept, "plain": plain.getsockname()[1]}
    if secure:
        ports["tls"] = secure[0].getsockname()[1]
    _write(folder / "ports.json", json.dumps(ports))
    world.facts |= _told(folder, world, ports, certificate is not None)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, lambda: world.stop())
    for number in (signal.SIGHUP, signal.SIGQUIT):
        # What a shell ignores for its background jobs would stay ignored in every container; a handler does not.
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, lambda _number, _frame: None)

    def ending() -> None:
        """Nobody may find an emulator that ends its containers and then itself: a start waits for the lock."""
        (folder / "status.json").unlink(missing_ok=True)

    try:
        ready = partial(_write, folder / "status.json", json.dumps(world.facts))
        await server.run(world, plain, ready, secure, ending)
    finally:
        ending()
        (folder / "client.secret").unlink(missing_ok=True)


async def _world(folder: Path, options: Options) -> World:
    from azdock.emulator.auth import Auth, new_secret
    from azdock.emulator.clock import Clock
    from azdock.emulator.logbook import Logbook
    from azdock.emulator.runtimes.select import RuntimeUnavailable, choose
    from azdock.emulator.store import BrokenSnapshot, Store
    from azdock.emulator.world import MANNERS, Behaviour, World

    behaviour = Behaviour(**MANNERS[options.manner])  # type: ignore[arg-type]
    secret = new_secret()
    _write(folder / "client.secret", secret)
    try:
        store = Store(folder / "world.json")
    except BrokenSnapshot as broken:
        raise DaemonError(f"{broken}; mend it, or forget everything with: azdock emulator reset") from broken
    try:
        runtime = await choose(options.runtime, folder, lambda text: print(text, file=sys.stderr, flush=True))
    except RuntimeUnavailable as failed:
        raise DaemonError(str(failed)) from failed
    return World(
        home=folder,
        store=store,
        clock=Clock(),
        auth=Auth(secret),
        runtime=runtime,
        logbook=Logbook(folder / "logs", behaviour),
        behaviour=behaviour,
    )


def _certificate(folder: Path) -> Certificate:
    from azdock.emulator import tls

    return tls.certificate(folder / "tls")


def _told(folder: Path, world: World, ports: dict[str, int], secure: bool) -> dict[str, Any]:
    from azdock.emulator import world as names

    return {
        "pid": os.getpid(),
        "url": f"http://127.0.0.1:{ports['plain']}",
        "tls_url": f"https://localhost:{ports['tls']}" if secure else "",
        "ca_file": str(folder / "tls" / "ca.pem") if secure else "",
        "client_id": world.auth.client_id,
        "client_secret_file": str(folder / "client.secret"),
        "tenant_id": names.TENANT,
        "subscription_id": names.SUBSCRIPTION,
        "resource_group": names.RESOURCE_GROUP,
        "environment": names.ENVIRONMENT,
        "location": names.LOCATION,
        "runtime": world.runtime.name,
        "log_file": str(folder / "emulator.log"),
        "workspace_id": names.WORKSPACE,
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def status(home: Path) -> dict[str, Any] | None:
    """The facts of the running emulator; None when there is none (a status file of a dead one does not count)."""
    found = _facts(home)
    if found is None:
        return None
    return found if _served(home) else None  # a process that has died does not remove its status file


def _served(home: Path) -> bool:
    """Whether a server holds the lock; asked with a shared lock, so that two who ask are not in each other's way."""
    try:
        with open(home / "emulator" / "serve.lock", "rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except (FileNotFoundError, NotADirectoryError):
        return False
    return False


def stop(home: Path) -> bool:
    """End the emulator and its containers, and wait for that; whether one was running. Raises DaemonError."""
    found = status(home)
    if found is None and not _served(home):
        return False
    pid = found["pid"] if found else 0  # 0: it is ending already
    if pid:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    end = time.monotonic() + STOP_LIMIT
    while _served(home) and (_facts(home) or {"pid": pid})["pid"] == pid:
        if time.monotonic() > end:
            raise DaemonError(f"the emulator has not ended after {STOP_LIMIT:.0f} s; see {log_file(home)}")
        time.sleep(PACE)
    return True


def reset(home: Path) -> None:
    """Stop the emulator and forget all it has, images included."""
    from azdock.emulator.folders import remove_tree

    stop(home)
    remove_tree(home / "emulator")


def token(home: Path) -> str:
    """A fresh access token of the running emulator. Raises DaemonError when none runs."""
    found = status(home)
    if found is None:
        raise DaemonError("the emulator is not running")
    form = {
        "grant_type": "client_credentials",
        "client_id": found["client_id"],
        "client_secret": Path(found["client_secret_file"]).read_text(encoding="utf-8"),
        "scope": wire.ARM_SCOPE,
    }
    request = urllib.request.Request(f"{found['url']}/adfs/oauth2/token", urllib.parse.urlencode(form).encode())
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=10) as answer:
            return str(json.load(answer)["access_token"])
    except OSError as silent:
        raise DaemonError(f"the emulator at {found['url']} gives no token: {silent}") from silent


def log_file(home: Path) -> Path:
    """Where a background emulator writes what goes wrong."""
    return _folder(home) / "emulator.log"


def _folder(home: Path) -> Path:
    folder = home / "emulator"
    for one in (home, folder):
        one.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder.absolute()


def _facts(home: Path) -> dict[str, Any] | None:
    return _read(home / "emulator" / "status.json")


def _ports(folder: Path) -> dict[str, int]:
    return _read(folder / "ports.json") or {}


def _read(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None  # written in one step, so what cannot be read is not the emulator's
    return found if isinstance(found, dict) else None


def _last_words(home: Path) -> str:
    lines = log_file(home).read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else f"see {log_file(home)}"


def _write(path: Path, text: str) -> None:
    part = path.with_suffix(".part")
    with open(part, "w", encoding="utf-8", opener=_private) as file:
        file.write(text)
    part.replace(path)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
