"""What every backend must do about logs: each line once, in order, however the live stream behaves."""

from __future__ import annotations

import threading
import time

import pytest

from azdock.docker.channels import LogQuery
from azdock.docker.spec import Restart
from tests.support.lab import Lab, text

COUNT = "i=0; while [ $i -lt {n} ]; do echo line$i; i=$((i+1)); {pause} done"


def counted(n: int) -> bytes:
    return b"".join(f"line{i}\n".encode() for i in range(n))


class Logs:
    """logs, logs --follow, and being attached to a run."""

    def test_attached(self, lab: Lab) -> None:
        """A run's lines come as they are printed and end with it."""
        record = lab.run("sh", "-c", COUNT.format(n=5, pause="sleep 0.05;"))
        lines = lab.attached(record)
        assert text(lines) == counted(5)
        assert [line.time_ns for line in lines] == sorted(line.time_ns for line in lines)

    def test_run_that_prints_nothing(self, lab: Lab) -> None:
        """Silence is no reason to wait."""
        record = lab.run("true")
        began = time.monotonic()
        assert lab.attached(record) == []
        assert time.monotonic() - began < 5

    def test_more_lines_than_the_stream_shows(self, lab: Lab) -> None:
        """A burst longer than the live stream's tail loses nothing."""
        record = lab.run("sh", "-c", COUNT.format(n=1500, pause=""))
        assert text(lab.attached(record)) == counted(1500)

    def test_burst_on_both_streams(self, lab: Lab) -> None:
        """The live stream does not tell stderr apart: then no line of the run goes there, in whatever way it came."""
        record = lab.run("sh", "-c", "i=0; while [ $i -lt 400 ]; do echo o; echo e >&2; i=$((i+1)); done; sleep 0.3")
        lines = lab.attached(record)
        assert (len(lines), {line.stream for line in lines}) == (800, {"out"})

    def test_burst_of_a_run_seen_late(self, lab: Lab) -> None:
        """Whoever attaches to a run that has printed much gets it from the beginning."""
        lab.behave(log_delay=0.5)
        record = lab.run("sh", "-c", COUNT.format(n=700, pause="") + "; sleep 1; echo end")
        time.sleep(0.5)
        assert text(lab.attached(record)) == counted(700) + b"end\n"

    def test_vanished_replica(self, lab: Lab) -> None:
        """A run whose replica went away before it was seen still gives all its lines."""
        lab.behave(replica_linger=0.0)
        record = lab.ended(lab.run("sh", "-c", COUNT.format(n=20, pause="")))
        assert text(lab.attached(record)) == counted(20)

    def test_late_log_analytics(self, lab: Lab) -> None:
        """Lines that become visible late are waited for."""
        lab.behave(replica_linger=0.0, log_delay=1.0)
        record = lab.ended(lab.run("sh", "-c", COUNT.format(n=20, pause="")))
        assert text(lab.attached(record)) == counted(20)

    def test_stream_that_is_cut(self, lab: Lab) -> None:
        """A stream that ends every second gives every line once and in order."""
        lab.behave(stream_cut=0.3)
        record = lab.run("sh", "-c", COUNT.format(n=40, pause="sleep 0.03;"))
        assert text(lab.attached(record)) == counted(40)

    def test_stream_token_that_dies(self, lab: Lab) -> None:
        """A log that is followed for longer than its token lives goes on with another one."""
        lab.behave(stream_cut=0.3)
        record = lab.run("sh", "-c", COUNT.format(n=20, pause="sleep 0.05;"))
        found = []
        for line in lab.backend.logs(record, LogQuery(follow=True, run=record.seen.run)):
            if not found:
                lab.emulator.world.auth._key = b"tokens signed with another key are refused"
            found.append(line)
        assert text(found) == counted(20)

    def test_history_is_merged(self, lab: Lab) -> None:
        """What the live stream has and Log Analytics has not yet is in the history, and nothing twice."""
        lab.behave(log_delay=0.7)
        record = lab.up("sh", "-c", "echo early; sleep 1; echo late; sleep 30")
        time.sleep(1.3)
        assert lab.printed(record) == b"early\nlate\n"
        time.sleep(0.8)
        assert lab.printed(record) == b"early\nlate\n"

    def test_history_of_a_burst(self, lab: Lab) -> None:
        """Lines a microsecond apart that both sources have are told once, however their clocks round."""
        record = lab.ended(lab.run("sh", "-c", COUNT.format(n=290, pause="")))
        assert lab.printed(record) == counted(290)

    def test_history_of_every_run(self, lab: Lab) -> None:
        """logs shows all runs of a container, a query for one run only that run's."""
        first = lab.ended(lab.run("sh", "-c", "echo hi"))
        again = lab.ended(lab.begin(first))
        assert lab.printed(again) == b"hi\nhi\n"
        assert lab.printed(again, run=again.seen.run) == b"hi\n"

    @pytest.mark.parametrize(("tail", "lines"), [(0, 0), (1, 1), (3, 3), (99, 10)])
    def test_tail(self, lab: Lab, tail: int, lines: int) -> None:
        """The last n lines, in order."""
        record = lab.ended(lab.run("sh", "-c", COUNT.format(n=10, pause="")))
        assert lab.printed(record, tail=tail) == counted(10)[len(counted(10)) - 6 * lines :]

    def test_since_and_until(self, lab: Lab) -> None:
        """Lines between two times."""
        record = lab.ended(lab.run("sh", "-c", COUNT.format(n=6, pause="sleep 0.02;")))
        times = [line.time_ns for line in lab.backend.logs(record, LogQuery())]
        assert lab.printed(record, since_ns=times[2], until_ns=times[4] + 999) == counted(6)[12:30]

    def test_follow(self, lab: Lab) -> None:
        """logs --follow gives what was and what comes, once, until the run has ended."""
        record = lab.up("sh", "-c", COUNT.format(n=20, pause="sleep 0.05;"))
        time.sleep(0.4)
        assert lab.printed(record, follow=True) == counted(20)

    def test_follow_from_the_tail(self, lab: Lab) -> None:
        """logs --follow --tail 0 gives only what comes."""
        record = lab.up("sh", "-c", "echo old; sleep 1; echo new")
        time.sleep(0.3)
        assert lab.printed(record, follow=True, tail=0) == b"new\n"

    def test_follow_of_an_ended_run(self, lab: Lab) -> None:
        """logs --follow of a container that does not run ends at once."""
        record = lab.ended(lab.run("sh", "-c", "echo hi"))
        assert lab.printed(record, follow=True) == b"hi\n"

    def test_follow_of_what_is_removed(self, lab: Lab) -> None:
        """logs --follow ends quietly when somebody removes the container."""
        record = lab.up("sh", "-c", "echo up; sleep 60")
        lines = lab.backend.logs(record, LogQuery(follow=True))
        assert next(lines).data == b"up\n"
        lab.backend.remove(record)
        assert list(lines) == []

    def test_every_attempt(self, lab: Lab) -> None:
        """A run that is tried again gives the lines of all its attempts, in order."""
        record = lab.run("sh", "-c", COUNT.format(n=3, pause="") + "; exit 1", restart=Restart("on-failure", 2))
        assert text(lab.attached(record)) == counted(3) * 3
        assert lab.printed(record) == counted(3) * 3

    def test_own_time(self, lab: Lab) -> None:
        """The time of a line finds that line again, whether it was read live or from Log Analytics."""
        record = lab.run("sh", "-c", COUNT.format(n=6, pause="sleep 0.02;"))
        live = lab.attached(record)
        later = list(lab.backend.logs(record, LogQuery()))
        for number in range(6):
            for time_ns in (live[number].time_ns, later[number].time_ns):
                assert lab.printed(record, since_ns=time_ns) == counted(6)[6 * number :]

    def test_bytes(self, lab: Lab) -> None:
        """Text of any script, long lines and empty ones arrive unchanged."""
        said = "é \u2028 'q' \\ \t|".encode() + b"\n\n" + b"x" * 40_000 + b"\n"
        script = "printf '%s\\n\\n' \"$1\"; head -c 40000 /dev/zero | tr '\\0' x; echo"
        record = lab.run("sh", "-c", script, "sh", "é \u2028 'q' \\ \t|")
        assert text(lab.attached(record)) == said

    def test_readers_side_by_side(self, lab: Lab) -> None:
        """Two readers of one run both get everything."""
        record = lab.run("sh", "-c", COUNT.format(n=10, pause="sleep 0.05;"))
        found: list[bytes] = []
        threads = [threading.Thread(target=lambda: found.append(text(lab.attached(record)))) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert found == [counted(10)] * 2
