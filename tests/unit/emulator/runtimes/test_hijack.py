"""The engine's raw streams, against a socket that speaks the engine's part."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from azdock.emulator.runtimes.hijack import DEFAULT_HOST, Address, HijackRefused, frame, hijack


async def serve(path: Path, answer: bytes) -> tuple[asyncio.Server, list[bytes]]:
    """An engine that gives one answer."""
    asked: list[bytes] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answer)
        await writer.drain()
        writer.close()

    return await asyncio.start_unix_server(handle, path), asked


def test_frames_follow_the_head(tmp_path: Path) -> None:
    """Output that comes with the response's head is not lost, and frames name their streams."""
    answer = b"HTTP/1.1 101 UPGRADED\r\nUpgrade: tcp\r\n\r\n"
    answer += b"\x01\0\0\0\0\0\0\x02hi" + b"\x02\0\0\0\0\0\0\x01e" + b"\x01\0\0"

    async def body() -> None:
        server, asked = await serve(tmp_path / "s", answer)
        reader, writer = await hijack(Address(f"unix://{tmp_path}/s"), "/containers/x/attach")
        assert [await frame(reader) for _ in range(3)] == [("stdout", b"hi"), ("stderr", b"e"), None]
        writer.close()
        server.close()
        assert asked[0].startswith(b"POST /containers/x/attach HTTP/1.1\r\n")

    asyncio.run(body())


@pytest.mark.parametrize(
    ("text", "message"), [(b'{"message": "no such container"}', "no such container"), (b"oops", "oops")]
)
def test_refusal(tmp_path: Path, text: bytes, message: str) -> None:
    """An error answer raises with the engine's message."""

    async def body() -> None:
        server, _ = await serve(tmp_path / "s", b"HTTP/1.1 404 Not Found\r\n\r\n" + text)
        with pytest.raises(HijackRefused, match=message) as caught:
            await hijack(Address(f"unix://{tmp_path}/s"), "/x")
        assert caught.value.status == 404
        server.close()

    asyncio.run(body())


def test_address(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The environment names the engine as for the docker client."""
    for name in ("DOCKER_HOST", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"):
        monkeypatch.delenv(name, raising=False)
    assert Address.from_environment() == Address(DEFAULT_HOST)
    monkeypatch.setenv("DOCKER_HOST", "tcp://e:2376")
    monkeypatch.setenv("DOCKER_TLS_VERIFY", "1")
    monkeypatch.setenv("DOCKER_CERT_PATH", str(tmp_path))
    assert Address.from_environment() == Address("tcp://e:2376", tmp_path)
