"""Usage from control groups and /proc."""

from __future__ import annotations

import subprocess
import time

import pytest

from azdock.docker.usage import END, SCRIPT, Sample, Usage, between, parse, together

PROC = """\
self:90
first:
shim:0
/proc/uptime:100.50 5.00
/proc/net/dev:Inter-|   Receive
/proc/net/dev: face |bytes
/proc/net/dev:    lo: 999 1 0 0 0 0 0 0 999 1 0 0 0 0 0 0
/proc/net/dev:  eth0: 1500 1 0 0 0 0 0 0 700 1 0 0 0 0 0 0
/proc/1/stat:1 (app) S 0 1 1 0 1 0 0 0 0 0 30 10 5 5 20 0 3 0 0 2322432 100 0
/proc/7/stat:7 (job) S 1 1 1 0 1 0 0 0 0 0 10 0 0 0 20 0 1 0 0 2322432 50 0
/proc/90/stat:90 (sh) S 0 90 90 0 1 0 0 0 0 0 99 0 0 0 20 0 1 0 0 2322432 60 0
/proc/91/stat:91 (grep) S 90 90 90 0 1 0 0 0 0 0 0 0 0 0 20 0 1 0 0 2322432 60 0
/proc/1/io:read_bytes: 4096
/proc/1/io:write_bytes: 8192
/proc/90/io:read_bytes: 1
"""
V2 = """\
/sys/fs/cgroup/cpu.stat:usage_usec 2500000
/sys/fs/cgroup/memory.current:5000000
/sys/fs/cgroup/memory.max:max
/sys/fs/cgroup/memory.stat:inactive_file 1000000
/sys/fs/cgroup/pids.current:6
/sys/fs/cgroup/io.stat:8:0 rbytes=100 wbytes=200 rios=1 wios=1 dbytes=0 dios=0
/sys/fs/cgroup/io.stat:8:16 rbytes=1 wbytes=2 rios=1 wios=1 dbytes=0 dios=0
"""
V1 = """\
/sys/fs/cgroup/cpuacct/x/cpuacct.usage:2500000000
/sys/fs/cgroup/memory/x/memory.usage_in_bytes:5000000
/sys/fs/cgroup/memory/x/memory.limit_in_bytes:{limit}
/sys/fs/cgroup/memory/x/memory.stat:total_inactive_file 1000000
/sys/fs/cgroup/pids/x/pids.current:6
/sys/fs/cgroup/blkio/blkio.throttle.io_service_bytes:8:0 Read 100
/sys/fs/cgroup/blkio/blkio.throttle.io_service_bytes:8:0 Write 200
/sys/fs/cgroup/blkio/blkio.throttle.io_service_bytes:8:16 Read 1
/sys/fs/cgroup/blkio/blkio.throttle.io_service_bytes:8:16 Write 2
/sys/fs/cgroup/blkio/blkio.throttle.io_service_bytes:Total 303
"""


@pytest.mark.parametrize("groups", [V2, V1.format(limit=9223372036854771712)])
def test_control_group(groups: str) -> None:
    """Both versions give docker's figures; without a limit of its own it is what Azure granted."""
    assert parse(groups + PROC, 10**9) == Sample(
        100.5, 2_500_000_000, Usage(None, 4_000_000, 10**9, 1500, 700, 101, 202, 4)
    )


def test_limit() -> None:
    """The group's own limit comes first."""
    assert parse(V1.format(limit=4096) + PROC, 10**9).usage.limit == 4096


@pytest.mark.parametrize("groups", ["", V2.replace("pids.current:6", "pids.current:600")])
def test_processes(groups: str) -> None:
    """Without a group, or in one that holds the whole machine, the container's processes are summed up."""
    assert parse(groups + PROC, 0) == Sample(
        100.5, 600_000_000, Usage(None, 150 * 4096, None, 1500, 700, 4096, 8192, 4)
    )


def test_unreadable_disks() -> None:
    """What nobody may read is not known, which is not 0."""
    text = "\n".join(line for line in PROC.splitlines() if "/io:" not in line)
    assert (parse(text).usage.read, parse(text).usage.written) == (None, None)


@pytest.mark.parametrize(
    ("seconds", "spent", "percent"), [(1.0, 250_000_000, 25.0), (2.0, 4_000_000_000, 200.0), (1.0, -5, 0.0), (0, 1, 0)]
)
def test_share_of_cpu(seconds: float, spent: int, percent: float) -> None:
    """CPU time over wall time, above 100 on several cores, never below 0."""
    before = Sample(10.0, 1_000_000_000)
    assert between(before, Sample(10.0 + seconds, 1_000_000_000 + spent)).cpu == pytest.approx(percent)


def test_strange_text() -> None:
    """Output of something else is refused."""
    with pytest.raises(ValueError, match="does not show"):
        parse("sh: grep: not found\n")


def test_script() -> None:
    """The script, run here: one sample for each line of input, and its end with the end of input."""
    with subprocess.Popen(["sh", "-c", SCRIPT], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin and process.stdout
        samples = []
        for _ in range(2):
            process.stdin.write(b"\n")
            process.stdin.flush()
            lines = []
            while (line := process.stdout.readline()) != f"{END}:\n".encode():
                lines.append(line)
            samples.append(parse(b"".join(lines).decode("utf-8", "replace")))
            time.sleep(0.05)
        process.stdin.close()
        assert process.wait(10) == 0
    assert samples[1].uptime > samples[0].uptime
    assert samples[1].usage.memory and samples[1].usage.tasks


def test_together() -> None:
    """Sums; what one does not tell is not known; the oldest age."""
    found = together([Usage(cpu=1.5, memory=2, tasks=1), Usage(cpu=0.5, memory=3, tasks=None, age=7.0)])
    assert found == Usage(cpu=2.0, memory=5, tasks=None, age=7.0)
    assert together([]) == Usage()
