"""What every runtime must do, run on each that this machine has."""

from __future__ import annotations

import asyncio
import signal
import time

import pytest

from azdock.emulator.runtimes.base import StartError
from tests.unit.emulator.runtimes.lab import Lab, read_all, said


@pytest.mark.parametrize(
    ("script", "code", "out", "err"),
    [
        ("echo hi; exit 7", 7, "hi\n", ""),
        ("exit 255", 255, "", ""),
        ("printf no-newline", 0, "no-newline", ""),
        ("echo out; echo err >&2", 0, "out\n", "err\n"),
        ("kill -KILL $$", 137, None, None),
        ("exec >&-; exec sleep 0.1", 0, "", ""),
        ("cat", 0, "", ""),
    ],
)
def test_end_and_output(lab: Lab, script: str, code: int, out: str | None, err: str | None) -> None:
    """The exit code is the program's, and both streams arrive whole and apart."""

    async def body() -> None:
        if "KILL" in script:  # PID 1 cannot kill itself; from outside it can be
            container, output = await lab.start("sleep", "60")
            await container.signal(signal.SIGKILL)
            got = (await container.wait()).code
        else:
            got, output = await lab.outcome("sh", "-c", script)
        assert got == code
        assert out is None or (output.text(), output.text("stderr")) == (out, err)

    lab.closing(body())


def test_large_output_then_exit(lab: Lab) -> None:
    """Twenty thousand lines written just before the end all arrive, in order, quickly."""

    async def body() -> None:
        begin = time.monotonic()
        code, output = await lab.outcome("seq", "20000")
        assert (code, output.text()) == (0, "".join(f"{number}\n" for number in range(1, 20001)))
        assert time.monotonic() - begin < 10

    lab.closing(body())


def test_binary_output(lab: Lab) -> None:
    """Bytes that are no text pass unchanged."""

    async def body() -> None:
        _, output = await lab.outcome("sh", "-c", r"printf '\000\377\r\n\033[0m'")
        assert output.bytes() == b"\x00\xff\r\n\x1b[0m"

    lab.closing(body())


def test_output_comes_at_once(lab: Lab) -> None:
    """A line is in the sink while the program still runs, with the time it came."""

    async def body() -> None:
        container, output = await lab.start("sh", "-c", "echo ready; exec sleep 60")
        await said(output, "ready")
        assert abs(output.pieces[0][2] - time.time_ns()) < 10 * 10**9
        await container.signal(signal.SIGKILL)
        assert (await container.wait()).code == 137
        assert (await container.wait()).code == 137

    lab.closing(body())


def test_signal_reaches_a_handler(lab: Lab) -> None:
    """SIGTERM is delivered to the main process, whose handler decides the exit code; later signals are no error."""

    async def body() -> None:
        script = "trap 'echo bye; exit 5' TERM; echo ready; while :; do sleep 0.05; done"
        container, output = await lab.start("sh", "-c", script)
        await said(output, "ready")
        await container.signal(signal.SIGTERM)
        assert (await asyncio.wait_for(container.wait(), 10)).code == 5
        assert output.text() == "ready\nbye\n"
        await container.signal(signal.SIGTERM)

    lab.closing(body())


@pytest.mark.parametrize(
    ("program", "code", "message"),
    [
        ("nosuch", 127, 'exec: "nosuch": executable file not found in $PATH'),
        ("/no/such", 127, 'exec: "/no/such": stat /no/such: no such file or directory'),
        ("/etc", 126, 'exec: "/etc": permission denied'),
        ("/etc/passwd", 126, 'exec: "/etc/passwd": permission denied'),
    ],
)
def test_program_that_cannot_start(lab: Lab, program: str, code: int, message: str) -> None:
    """A missing program is 127, one that may not be executed 126, in runc's words, for start and exec alike."""

    async def body() -> None:
        with pytest.raises(StartError) as caught:
            await lab.start(program)
        assert (caught.value.code, caught.value.message) == (code, message)
        container, _ = await lab.start("sleep", "60")
        with pytest.raises(StartError) as caught:
            await container.exec([program], 80, 24)
        assert (caught.value.code, caught.value.message) == (code, message)

    lab.closing(body())


def test_exec_has_a_terminal(lab: Lab) -> None:
    """A command inside has a terminal of the size asked for, the container's environment and TERM, and its code."""

    async def body() -> None:
        container, _ = await lab.start("sleep", "60", env=(("COLOUR", "blue and green"),))
        session = await container.exec(["sh", "-c", 'sleep 0.3; stty size; echo "$COLOUR $TERM"; exit 9'], 101, 33)
        assert await read_all(session) == "33 101\r\nblue and green xterm\r\n"
        assert await session.wait() == 9
        await session.close()

    lab.closing(body())


def test_exec_talks(lab: Lab) -> None:
    """What is typed reaches the command, Ctrl-C interrupts it, and a new size is seen."""

    async def body() -> None:
        container, _ = await lab.start("sleep", "60")
        session = await container.exec(
            ["sh", "-c", "trap 'stty size; exit 3' INT; read a; echo got $a; read b"], 80, 24
        )
        await session.write(b"word\n")
        text = ""
        while "got word" not in text:
            text += (await session.read()).decode()
        session.resize(90, 30)
        await asyncio.sleep(0.3)
        await session.write(b"\x03")
        assert "30 90" in await read_all(session)
        assert await session.wait() == 3
        await session.close()

    lab.closing(body())


def test_exec_ends_with_its_container(lab: Lab) -> None:
    """When the container ends, a command inside is killed and its terminal closes."""

    async def body() -> None:
        container, _ = await lab.start("sleep", "60")
        session = await container.exec(["sh", "-c", "echo up; exec sleep 60"], 80, 24)
        assert b"up" in await session.read()
        await container.signal(signal.SIGKILL)
        assert (await asyncio.wait_for(container.wait(), 10)).code == 137
        await asyncio.wait_for(read_all(session), 10)
        assert await asyncio.wait_for(session.wait(), 10) in {129, 137}
        await session.close()

    lab.closing(body())


def test_close_hangs_up(lab: Lab) -> None:
    """Closing a session ends its command; the container goes on."""

    async def body() -> None:
        container, output = await lab.start("sh", "-c", "echo on; exec sleep 60")
        await said(output, "on")
        session = await container.exec(["sh", "-c", "trap '' HUP; echo up; while :; do sleep 0.1; done"], 80, 24)
        assert b"up" in await session.read()
        await asyncio.wait_for(session.close(), 10)
        assert await asyncio.wait_for(session.wait(), 10) >= 128
        assert await session.read() == b""
        probe = await container.exec(["true"], 80, 24)
        assert await probe.wait() == 0
        await probe.close()

    lab.closing(body())


def test_close_ends_all(lab: Lab) -> None:
    """Closing the runtime ends what still runs."""

    async def body() -> None:
        container, _ = await lab.start("sleep", "60")
        await lab.runtime.close()
        assert (await asyncio.wait_for(container.wait(), 5)).code == 137

    asyncio.run(body())


def test_many_at_once(lab: Lab) -> None:
    """Twenty containers at once each keep their own output and code."""

    async def body() -> None:
        ends = await asyncio.gather(*(lab.outcome("sh", "-c", f"echo {n}; sleep 0.1; exit {n}") for n in range(20)))
        assert [(code, output.text()) for code, output in ends] == [(n, f"{n}\n") for n in range(20)]

    lab.closing(body())


def test_usage_is_figures(lab: Lab) -> None:
    """Figures are numbers, and only known names are used."""

    async def body() -> None:
        container, output = await lab.start("sh", "-c", "echo up; sleep 60")
        await said(output, "up")
        usage = container.usage()
        assert usage.keys() <= {"cpu_ns", "memory_bytes", "pids", "rx_bytes", "tx_bytes"}
        assert all(isinstance(figure, int) and figure >= 0 for figure in usage.values())

    lab.closing(body())
