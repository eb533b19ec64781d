"""What every backend must do about logs: each line once, in order, however the live stream behaves."""

from __future__ import annotations

import threading
import time

import pytest

from azdock.azure.loganalytics import LogAnalytics
from azdock.docker.channels import LogQuery
from azdock.docker.spec import Restart
from tests.support.lab import Lab, text

BOTH = "i=0; while [ $i -lt 400 ]; do echo line$i; echo error$i >&2; i=$((i+1)); done"
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
        """Lines of both streams come on their own stream each, the first from Log Analytics and the last read live."""
        record = lab.run("sh", "-c", BOTH)
        lines = lab.attached(record)
        assert [text([line for line in lines if line.stream == one]) for one in ("out", "err")] == [
            counted(400), counted(400).replace(b"line", b"error")
        ]  # fmt: skip

    def test_burst_without_shim(self, lab: Lab) -> None:
        """The live stream does not tell stderr apart: then no line of the run goes there, in whatever way it came."""
        record = lab.run("sh", "-c", BOTH + "; sleep 0.3", shim="never")
        lines = lab.attached(record)
        assert (len(lines), {line.stream for line in lines}) == (800, {"out"})

    def test_the_end_is_told(self, lab: Lab) -> None:
        """A run that the shim holds open to be read is over as soon as its command is; its code is known then."""
        record = lab.watched("sh", "-c", "echo hi; printf bye >&2; exit 7")
        began = time.monotonic()
        reader = lab.backend.logs(record, LogQuery(follow=True, run=record.seen.run))
        assert [(line.stream, line.data) for line in reader] == [("out", b"hi\n"), ("err", b"bye")]
        assert time.monotonic() - began < 3
        assert (reader.ending.complete, reader.ending.exit_code, reader.ending.failure) == (True, 7, "")
        assert lab.backend.status(record).state == "running"

    def test_a_program_that_is_missing_is_told(self, lab: Lab) -> None:
        """The shim's mark becomes docker's sentence."""
        record = lab.run("no-such-program")
        reader = lab.backend.logs(record, LogQuery(follow=True, run=record.seen.run))
        assert list(reader) == []
        assert reader.ending.exit_code == 127
        assert reader.ending.failure == 'exec: "no-such-program": executable file not found in $PATH'

    def test_no_log_analytics_when_all_was_read(self, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
        """Between its marks a run is complete: nothing else is asked."""
        monkeypatch.setattr(LogAnalytics, "rows", None)
        record = lab.watched("sh", "-c", "echo hi; echo ho >&2")
        assert text(lab.attached(record)) == b"hi\nho\n"
        assert text(lab.backend.logs(record, LogQuery())) == b"hi\nho\n"

    @pytest.mark.parametrize("tail", [1, 2, 3, 4])
    def test_marks_are_no_lines(self, lab: Lab, tail: int) -> None:
        """Whether they come live or from Log Analytics, marks are not counted, and not shown."""
        record = lab.ended(lab.run("sh", "-c", "echo a; echo b >&2; printf c"))
        for linger in (60.0, 0.0):
            lab.behave(replica_linger=linger)
            found = sorted(line.data for line in lab.backend.logs(record, LogQuery(tail=tail)))
            assert len(found) == min(tail, 3)
            assert set(found) <= {b"a\n", b"b\n", b"c"}

    def test_restart_while_followed(self, lab: Lab) -> None:
        """Whoever follows a run does so over the end of the embedded Azure, to the end that the run came to."""
        record = lab.up("sh", "-c", "echo up; while :; do sleep 0.1; done")
        lines = iter(lab.backend.logs(record, LogQuery(follow=True, run=record.seen.run)))
        assert next(lines).data == b"up\n"
        lab.restart_emulator()
        after = lab.connect()
        if after.status(record).alive:  # Azure has begun it anew
            after.stop(record, None)
        assert {line.data for line in lines} <= {b"up\n"}

    @pytest.mark.parametrize("shim", ["auto", "never"])
    def test_nasty(self, lab: Lab, shim: str) -> None:
        """A replica that is gone at once, a stream that is cut, rows that are late: every line, once, in order."""
        lab.behave(replica_linger=0.0, stream_cut=0.2, log_delay=1.0)
        record = lab.watched("sh", "-c", COUNT.format(n=25, pause="sleep 0.03;"), shim=shim)
        reader = lab.backend.logs(record, LogQuery(follow=True, run=record.seen.run))
        assert text(reader) == counted(25)
        assert reader.ending.complete

    def test_a_long_line_that_was_read_late(self, lab: Lab) -> None:
        """Log Analytics keeps 32 KB of a line: what lacks the rest is known to lack it."""
        record = lab.ended(lab.run("sh", "-c", "head -c 100000 /dev/zero | tr '\\0' x; echo"))
        lab.behave(replica_linger=0.0)
        reader = lab.backend.logs(record, LogQuery())
        assert len(text(reader)) == 32 * 1024 + 1
        assert "32 KB" in reader.ending.missing

    def test_removed(self, lab: Lab) -> None:
        """Lines of a container that was removed are kept; it is found by what is left of its name or id."""
        record = lab.ended(lab.run("sh", "-c", "echo hi", name="my_app.1"))
        lab.backend.remove(record)
        assert lab.printed(record) == b"hi\n"
        for query in ("my_app.1", "/my_app.1", record.ident.id, record.ident.id[:12], record.ident.id[:5]):
            found = lab.connect().trace(query)
            assert found is not None and lab.printed(found) == b"hi\n"
        for query in ("my_app", "app.1", "f" * 64):
            assert lab.backend.trace(query) is None

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
        lines = iter(lab.backend.logs(record, LogQuery(follow=True)))
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


class Destinations:
    """The ways in which an environment keeps its logs, or does not."""

    def test_the_other_family_of_tables(self, lab: Lab) -> None:
        """With azure-monitor as destination the same lines come, on the same streams."""
        send(lab, "azure-monitor")
        record = lab.up("sh", "-c", BOTH + "; sleep 1")
        time.sleep(0.5)  # what was printed is more than the live stream shows
        for lines in (lab.attached(record), list(lab.backend.logs(lab.ended(record), LogQuery()))):
            assert text([line for line in lines if line.stream == "out"]) == counted(400)
            assert text([line for line in lines if line.stream == "err"]) == counted(400).replace(b"line", b"error")
        lab.behave(replica_linger=0.0)
        assert lab.printed(record, tail=3) == text(lines[-3:])
        lab.backend.remove(record)
        found = lab.connect().trace(record.ident.name)
        assert found is not None and len(lab.printed(found)) == len(text(lines))

    def test_no_destination(self, lab: Lab) -> None:
        """Without one there is the live stream only: nothing is waited for, and what may be missing is told."""
        send(lab, "none")
        record = lab.watched("sh", "-c", "echo hi; echo ho >&2")
        reader = lab.backend.logs(record, LogQuery(follow=True, run=record.seen.run))
        assert (text(reader), reader.ending.complete) == (b"hi\nho\n", True)
        lab.ended(record)
        lab.behave(replica_linger=0.0)
        began = time.monotonic()
        reader = lab.backend.logs(record, LogQuery())
        assert text(reader) == b""
        assert "destination none" in reader.ending.missing
        assert time.monotonic() - began < 5
        assert lab.connect().trace("nope") is None


def send(lab: Lab, destination: str) -> None:
    """Change where the environment sends its logs."""
    with lab.emulator.client() as http:
        assert http.patch("/_azdock/behaviour", json={"log_destination": destination}).status_code == 200
