"""The processes of a container, and ps' options."""

from __future__ import annotations

import os
import subprocess

import pytest

from azdock.docker.processes import SCRIPT, Listing, listing, parse, stat_fields
from azdock.docker.values import BadValue

NOON = 1_767_355_200  # 2026-01-02 12:00 UTC
TEXT = """\
self:90
first:
shim:0
now:1767355200
/proc/uptime:100000.00 5.00
/proc/meminfo:MemTotal:        1000000 kB
/etc/passwd:root:x:0:0:root:/root:/bin/sh
/etc/passwd:web:x:33:33::/:
/etc/group:www:x:33:
/proc/1/stat:1 (my (odd) app) S 0 1 1 34817 1 4194560 0 0 0 0 350 50 0 0 20 0 3 0 9990000 2322432 460 0
/proc/7/stat:7 (kworker) R 1 7 1 0 -1 4194560 0 0 0 0 0 0 0 0 20 5 1 0 9990000 0 0 0
/proc/90/stat:90 (sh) S 0 90 90 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 9999900 0 0 0
/proc/91/stat:91 (gone) R 1 7 1 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 1 0 9990000 0 0 0
/proc/1/status:Uid:\t33\t33\t33\t33
/proc/1/status:Gid:\t33\t33\t33\t33
/proc/1/status:VmSize:\t    2268 kB
/proc/1/status:VmRSS:\t    1500 kB
/proc/7/status:Uid:\t0\t1001\t0\t0
/proc/7/status:Gid:\t0\t1001\t0\t0
/proc/90/status:Uid:\t0\t0\t0\t0
/proc/90/status:Gid:\t0\t0\t0\t0
/proc/1/cmdline:app\x1e--flag\x1ea b\x1e
/proc/7/cmdline:
"""


def rows(*options: str) -> Listing:
    return listing(parse(TEXT), options)


def test_default() -> None:
    """ps -ef: user names from the container, [name] for a process without arguments, the reader left out."""
    found = rows()
    assert found.titles == ("UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD")
    assert found.rows == (
        ("web", "1", "0", "4", "11:58", "pts/1", "00:00:04", "app --flag a b"),
        ("1001", "7", "1", "0", "11:58", "?", "00:00:00", "[kworker]"),
    )
    assert rows("-ef") == found


def test_aux() -> None:
    """BSD's columns."""
    found = rows("aux")
    assert found.titles[:6] == ("USER", "PID", "%CPU", "%MEM", "VSZ", "RSS")
    assert found.rows[0] == ("web", "1", "4.0", "0.1", "2268", "1500", "pts/1", "Ssl+", "11:58", "0:04",
                             "app --flag a b")  # fmt: skip
    assert found.rows[1][7] == "RN"


@pytest.mark.parametrize(
    ("options", "titles", "row"),
    [
        (("-o", "pid,comm"), ("PID", "COMMAND"), ("1", "my (odd) app")),
        (("-eo", "pid,uid,user,group"), ("PID", "UID", "USER", "GROUP"), ("1", "33", "web", "www")),
        (("-opid", "-o", "ppid,nlwp"), ("PID", "PPID", "NLWP"), ("1", "0", "3")),
        (("o", "pid,etime,time"), ("PID", "ELAPSED", "TIME"), ("1", "01:40", "00:00:04")),
        (("-o", "pid pcpu,pmem"), ("PID", "%CPU", "%MEM"), ("1", "4.0", "0.1")),
        (("-e",), ("PID", "TTY", "TIME", "CMD"), ("1", "pts/1", "00:00:04", "my (odd) app")),
        (("-o", "pid,args=PROGRAM"), ("PID", "PROGRAM"), ("1", "app --flag a b")),
        (("-o", "pid,start,lstart"), ("PID", "STARTED", "STARTED"), ("1", "11:58:20", "Fri Jan  2 11:58:20 2026")),
    ],
)
def test_columns(options: tuple[str, ...], titles: tuple[str, ...], row: tuple[str, ...]) -> None:
    """Lists of columns in every way to write them."""
    found = rows(*options)
    assert (found.titles, found.rows[0]) == (titles, row)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("-o", "comm"), "Couldn't find PID field in ps output"),
        (("-o", "pid,nosuch"), 'ps: error: unknown user-defined format specifier "nosuch"'),
        (("-o",), 'ps: error: list of columns is missing after "-o"'),
        (("axjf",), "ps: axjf: azdock top knows -ef, aux and -o COLUMN,... only"),
        (("--forest",), "ps: --forest: azdock top knows -ef, aux and -o COLUMN,... only"),
    ],
)
def test_refused(options: tuple[str, ...], message: str) -> None:
    """docker's words for what ps would refuse, one sentence for what it would not."""
    with pytest.raises(BadValue) as bad:
        rows(*options)
    assert str(bad.value) == message


def test_strange_text() -> None:
    """Output of something else is no list of processes; half a stat line is no process."""
    with pytest.raises(ValueError, match="does not show"):
        parse("sh: grep: not found\n")
    assert stat_fields("12 (a") is None


def test_script() -> None:
    """The script's own sh, run here, sees this very process with its arguments, also in the busiest /proc."""
    done = subprocess.run(["sh", "-c", SCRIPT], capture_output=True, check=True)
    found = parse(done.stdout.decode("utf-8", "replace")).processes[os.getpid()]
    assert found.arguments
    assert found.uids[1] == os.geteuid()
    assert found.threads >= 1
