"""Streams."""

from __future__ import annotations

import io

from azdock.cli.streams import Out
from tests.support.fakes import Typed


def test_lines_are_flushed_bytes() -> None:
    """Text becomes UTF-8, and what came in as raw bytes goes out as such."""
    file = io.BytesIO()
    Out(file).line("ä\udcff")
    assert file.getvalue() == b"\xc3\xa4\xff\n"


def test_no_terminal_has_docker_s_default_size() -> None:
    """24 rows, 80 columns."""
    assert Out(io.BytesIO()).size == (24, 80)
    assert not Out(io.BytesIO()).terminal


def test_input_is_read_in_pieces() -> None:
    """b"" is the end."""
    typed = Typed(b"abc")
    assert (typed.read(2), typed.read(), typed.read()) == (b"ab", b"c", b"")
    typed.close()
