"""The sandbox: what programs inside see, what they leave, and what they may use."""

from __future__ import annotations

import asyncio
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from azdock.emulator.runtimes import cgroup
from azdock.emulator.runtimes.base import StartError
from azdock.emulator.runtimes.bubblewrap import Bubblewrap
from azdock.emulator.runtimes.sandbox import NO_LIMITS, SandboxRuntime
from tests.unit.emulator.runtimes.conftest import EmptyStore
from tests.unit.emulator.runtimes.lab import Lab, read_all, said, with_config

pytestmark = pytest.mark.sandbox


def test_environment_is_the_containers_own(sandbox: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs see PATH, HOSTNAME, the image's and the container's variables, HOME, and nothing of the emulator's."""
    monkeypatch.setenv("EMULATORS_OWN", "secret")

    async def body() -> None:
        image = with_config(sandbox.image, env=("A=image", "B=image"))
        _, output = await sandbox.outcome("env", image=image, env=(("B", "run\nline"), ("C", "")))
        got = set(output.text().replace("run\nline", "run line").splitlines())
        path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        assert got - {"PWD=/"} == {
            f"PATH={path}", "HOSTNAME=job-a-x1", "A=image", "B=run line", "C=", "HOME=/root"
        }  # fmt: skip

    sandbox.closing(body())


def test_environment_is_not_on_a_command_line(sandbox: Lab) -> None:
    """Values of variables do not show in the machine's process list."""

    async def body() -> None:
        container, output = await sandbox.start("sh", "-c", "echo up; exec sleep 60", env=(("PASSWORD", "t0psecret"),))
        await said(output, "up")
        assert not _runs(b"t0psecret")
        await container.signal(signal.SIGKILL)

    sandbox.closing(body())


def _runs(words: bytes) -> bool:
    """Whether a process of this machine has these words on its command line."""
    return any(words in _words(file) for file in Path("/proc").glob("[0-9]*/cmdline"))


def _words(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:  # ended meanwhile
        return b""


def test_machine_of_its_own(sandbox: Lab) -> None:
    """The program is PID 1 on a host of its own name, with docker's files in /etc and a usable /dev."""

    async def body() -> None:
        script = "echo $$; hostname; cat /etc/hostname /etc/hosts; ls -d /dev/null /dev/pts/ptmx /dev/shm"
        script += "; cat /proc/1/comm"
        code, output = await sandbox.outcome("sh", "-c", script)
        lines = output.text().splitlines()
        assert (code, lines[:3]) == (0, ["1", "job-a-x1", "job-a-x1"])
        assert {"127.0.0.1\tlocalhost", "127.0.0.1\tjob-a-x1", "/dev/null", "/dev/pts/ptmx", "/dev/shm"} <= set(lines)
        assert lines[-1] == "sh"

    sandbox.closing(body())


def test_writes_land_in_scratch(sandbox: Lab, root: Path) -> None:
    """What a container writes lies in its scratch folder, which can be removed; the image stays as it was."""

    async def body() -> None:
        run, _ = sandbox.run("sh", "-c", "echo new > /tmp/file; mkdir /deep")
        container = await sandbox.runtime.start(run)
        assert (await container.wait()).code == 0
        assert (run.scratch / "upper/tmp/file").read_text() == "new\n"
        assert not (root / "tmp/file").exists()
        shutil.rmtree(run.scratch)

    sandbox.closing(body())


@pytest.mark.parametrize(
    ("user", "uid", "gid", "home"),
    [
        ("", 0, 0, "/root"),
        ("0", 0, 0, "/root"),
        ("app", 1000, 50, "/home/app"),
        ("1000", 1000, 50, "/home/app"),
        ("app:extra", 1000, 60, "/home/app"),
        ("4242", 4242, 0, "/"),
        ("4242:77", 4242, 77, "/"),
    ],
)
def test_user_of_the_image(sandbox: Lab, user: str, uid: int, gid: int, home: str) -> None:
    """USER decides who the program and commands inside are; names are looked up in the image."""

    async def body() -> None:
        image = with_config(sandbox.image, user=user)
        script = "id -u; id -g; echo $HOME; echo up"
        container, output = await sandbox.start("sh", "-c", f"{script}; exec sleep 60", image=image)
        await said(output, "up")
        assert output.text().split() == [str(uid), str(gid), home, "up"]
        session = await container.exec(["sh", "-c", f"{script}; tty"], 80, 24)
        assert (await read_all(session)).split() == [str(uid), str(gid), home, "up", "/dev/pts/0"]
        assert await session.wait() == 0
        await session.close()

    sandbox.closing(body())


def test_unknown_user(sandbox: Lab) -> None:
    """A user name that the image does not know keeps the container from starting, in docker's words."""

    async def body() -> None:
        with pytest.raises(StartError, match="unable to find user nobody2: no matching entries in passwd file"):
            await sandbox.start("true", image=with_config(sandbox.image, user="nobody2"))

    sandbox.closing(body())


def test_working_directory(sandbox: Lab, root: Path, tmp_path: Path) -> None:
    """WORKDIR is made when absent, follows symlinks of the image, and is where commands inside start too."""
    layer = tmp_path / "layer"
    layer.mkdir()
    (layer / "link").symlink_to("/srv")

    async def body() -> None:
        image = replace(with_config(sandbox.image, workdir="/link/app"), layers=(root, layer))
        container, output = await sandbox.start("sh", "-c", "pwd; exec sleep 60", image=image)
        await said(output, "/srv/app\n")
        session = await container.exec(["sh", "-c", "pwd"], 80, 24)
        assert await read_all(session) == "/srv/app\r\n"
        await session.close()

    sandbox.closing(body())


def test_layers_stack(sandbox: Lab, root: Path, tmp_path: Path) -> None:
    """Higher layers win, and what a layer took away is gone for the runtime's own look-up too."""
    low, high = tmp_path / "low", tmp_path / "high"
    for layer, text in ((low, "low"), (high, "high")):
        (layer / "bin").mkdir(parents=True)
        (layer / "bin/say").write_text(f"#!/bin/sh\necho {text}\n")
        (layer / "bin/say").chmod(0o755)

    async def body() -> None:
        image = replace(sandbox.image, layers=(root, low, high))
        assert (await sandbox.outcome("say", image=image))[1].text() == "high\n"
        (high / "bin/say").chmod(0o644)
        with pytest.raises(StartError) as caught:
            await sandbox.start("/bin/say", image=image)
        assert caught.value.code == 126

    sandbox.closing(body())


def test_missing_interpreter(sandbox: Lab, root: Path, tmp_path: Path) -> None:
    """A script whose interpreter is missing ends as in docker: a line on stderr, exit code 1."""
    layer = tmp_path / "layer"
    layer.mkdir()
    (layer / "bad").write_text("#!/nosuch\n")
    (layer / "bad").chmod(0o755)

    async def body() -> None:
        image = replace(sandbox.image, layers=(root, layer))
        code, output = await sandbox.outcome("/bad", image=image)
        assert (code, output.text("stderr")) == (1, "exec /bad: no such file or directory\n")

    sandbox.closing(body())


def test_background_children_die_with_the_container(sandbox: Lab) -> None:
    """A child that outlives the main process neither keeps the container open nor survives it."""

    async def body() -> None:
        begin = time.monotonic()
        code, output = await sandbox.outcome("sh", "-c", "sleep 86399 & echo $!; exit 4")
        assert (code, time.monotonic() - begin < 5) == (4, True)
        assert output.text().strip().isdigit()
        assert not _runs(b"sleep\x0086399")

    sandbox.closing(body())


def test_pid_one_without_handler_ignores_term(sandbox: Lab) -> None:
    """The kernel keeps SIGTERM from a PID 1 that handles it not, as in docker; SIGKILL ends it."""

    async def body() -> None:
        container, output = await sandbox.start("sh", "-c", "echo up; exec sleep 60")
        await said(output, "up")
        await asyncio.sleep(0.1)
        await container.signal(signal.SIGTERM)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(container.wait(), 0.3)
        await container.signal(signal.SIGKILL)
        assert (await container.wait()).code == 137

    sandbox.closing(body())


def test_memory_limit(sandbox: Lab) -> None:
    """Where control groups can be made, a program that eats more memory than allowed is killed and it is told why."""
    if cgroup.available(sandbox.folder / "none") is None:
        pytest.skip("this user may not make control groups")

    async def body() -> None:
        script = "x=aaaaaaaa; while :; do x=$x$x; done"
        container, _ = await sandbox.start("sh", "-c", script, memory=24 << 20)
        ended = await asyncio.wait_for(container.wait(), 20)
        assert (ended.code, ended.oom) == (137, True)

    sandbox.closing(body())


def test_cpu_limit(sandbox: Lab) -> None:
    """Where control groups can be made, a busy program gets the share of a core it was given."""
    if cgroup.available(sandbox.folder / "none") is None:
        pytest.skip("this user may not make control groups")

    async def body() -> None:
        container, output = await sandbox.start("sh", "-c", "echo up; while :; do :; done", cpu=0.2)
        await said(output, "up")
        before = container.usage()["cpu_ns"]
        await asyncio.sleep(1)
        assert 0 < container.usage()["cpu_ns"] - before < 0.4 * 10**9
        session = await container.exec(["true"], 80, 24)
        assert await session.wait() == 0
        await session.close()

    sandbox.closing(body())


def test_missing_limits_are_told_once(
    wrap: Bubblewrap, sandbox: Lab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where control groups cannot be made, that is said once, and containers run without limits."""
    monkeypatch.setattr(cgroup, "available", lambda _home: None)
    notices: list[str] = []
    free = replace(sandbox, runtime=SandboxRuntime(wrap, EmptyStore(), tmp_path, notices.append))

    async def body() -> None:
        for _ in range(2):
            container, output = await free.start("sh", "-c", "echo up; sleep 60", cpu=0.5, memory=1 << 30)
            await said(output, "up")
            usage = container.usage()
            assert usage["pids"] >= 1 and usage["memory_bytes"] > 0
        assert notices == [NO_LIMITS]

    free.closing(body())


def test_without_overlay_the_root_is_copied(wrap: Bubblewrap, sandbox: Lab, root: Path, tmp_path: Path) -> None:
    """A bubblewrap that cannot stack layers gets a copy of the merged image for each container."""
    program = shutil.which("bwrap") or wrap.program
    layer = tmp_path / "layer"
    (layer / "etc").mkdir(parents=True)
    (layer / "etc/motd").write_text("hello\n")
    (layer / "etc/resolv.conf").symlink_to("/nowhere")
    old = Bubblewrap(program, wrap.nsenter, wrap.setsid, False)
    copied = replace(sandbox, runtime=SandboxRuntime(old, EmptyStore(), tmp_path, print))

    async def body() -> None:
        image = replace(sandbox.image, layers=(root, layer))
        code, output = await copied.outcome(
            "sh", "-c", "cat /etc/motd; touch /etc/new; cat /etc/resolv.conf", image=image
        )
        assert (code, output.text()[:6]) == (0, "hello\n")
        assert not (root / "etc/new").exists()

    copied.closing(body())


def test_many_layers_still_start(sandbox: Lab, root: Path, tmp_path: Path) -> None:
    """More layers than fit into overlayfs' options run as well."""
    layers = [root]
    for number in range(60):
        layer = tmp_path / f"{'x' * 60}{number}"
        layer.mkdir()
        (layer / f"file{number}").write_text(str(number))
        layers.append(layer)

    async def body() -> None:
        image = replace(sandbox.image, layers=tuple(layers))
        assert (await sandbox.outcome("sh", "-c", "cat /file0 /file59", image=image))[1].text() == "059"

    sandbox.closing(body())


def test_host_image_is_read_only_but_for_tmp(sandbox: Lab) -> None:
    """azdock/host sees the host's programs, may write only in its own /tmp, and starts there."""

    async def body() -> None:
        image = await sandbox.runtime.resolve("azdock/host:latest")
        script = "pwd; echo $HOME; touch /tmp/a && ls /tmp; touch /etc/azdock-test 2>/dev/null || echo refused"
        run, output = sandbox.run("sh", "-c", script, image=image)
        container = await sandbox.runtime.start(run)
        await container.wait()
        assert output.text().split() == ["/tmp", "/tmp", "a", "refused"]
        assert (run.scratch / "tmp/a").exists()

    sandbox.closing(body())


@pytest.mark.parametrize("user", ["", "1000"])
def test_containers_die_with_the_emulator(wrap: Bubblewrap, root: Path, tmp_path: Path, user: str) -> None:
    """A killed emulator leaves no running container behind, at the latest when the next one starts."""
    facts = (wrap.program, wrap.nsenter, wrap.setsid, wrap.overlay)
    script = f"""
import asyncio, os, signal
from pathlib import Path
from azdock.emulator.runtimes.sandbox import SandboxRuntime
from azdock.emulator.runtimes.bubblewrap import Bubblewrap
from azdock.emulator.runtimes.base import ContainerRun, ImageConfig, ImageRef
async def main():
    runtime = SandboxRuntime(Bubblewrap(*{facts!r}), None, Path({str(tmp_path)!r}), print)
    image = ImageRef("r", "i", ImageConfig(user={user!r}), (Path({str(root)!r}),))
    scratch = Path({str(tmp_path / "s")!r})
    run = ContainerRun("main", image, ("sleep", "86398"), (), (), "h", 0, 0, scratch, lambda *_: None)
    await runtime.start(run)
    os.kill(os.getpid(), signal.SIGKILL)
asyncio.run(main())
"""
    interpreter = sys.executable
    done = subprocess.run([interpreter, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (-signal.SIGKILL, "")
    if user:
        SandboxRuntime(wrap, EmptyStore(), tmp_path, print)
    deadline = time.monotonic() + 5
    while _runs(b"sleep\x0086398"):
        assert time.monotonic() < deadline
        time.sleep(0.05)
