"""Log lines as text."""

from __future__ import annotations

import json

from azdock.docker.channels import Ending, LogLine
from azdock.output.loglines import as_json, ending_as_json, pieces, plain, prefixed, rfc3339_nano, stamped

NS = 1767355200999999999
OUT, ERR = LogLine("out", b"a\n", NS, "r1"), LogLine("err", b"b", NS, "r2")


def test_pieces() -> None:
    """Neighbours of one stream are written at once, in the order of all."""
    assert list(pieces([OUT, OUT, ERR, OUT])) == [("out", b"a\na\n"), ("err", b"b"), ("out", b"a\n")]


def test_exactness() -> None:
    """Times are exact to the nanosecond, floats are not involved."""
    assert rfc3339_nano(NS) == "2026-01-02T12:00:00.999999999Z"
    assert stamped(OUT) == rfc3339_nano(NS).encode() + b" a\n"


def test_replicas() -> None:
    """The replica comes first of all."""
    assert prefixed(plain)(OUT) == b"r1 | a\n"
    assert prefixed(stamped)(OUT) == b"r1 | " + stamped(OUT)


def test_json() -> None:
    """One object for each line, and one for the end."""
    line = LogLine("err", "é\xff".encode("latin-1"), NS, "r1")
    found = json.loads(as_json(line))
    assert found == {"time": rfc3339_nano(NS), "stream": "stderr", "log": "\ufffd\ufffd", "replica": "r1"}
    assert as_json(OUT).endswith(b"}\n")
    assert json.loads(ending_as_json(Ending())) == {"complete": True}
    assert json.loads(ending_as_json(Ending(missing="late"))) == {"complete": False, "reason": "late"}
