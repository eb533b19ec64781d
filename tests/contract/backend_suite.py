"""What every backend must do, whatever kind of Azure resource it uses. Run by test_backends.py for each of them."""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from azdock.docker.channels import ExecRequest
from azdock.docker.record import Status
from azdock.docker.spec import Resources
from azdock.emulator.runtimes.base import Ended
from azdock.emulator.runtimes.plain import PlainContainer
from azdock.errors import AzdockError, NoSuchImage, NotFound, NotRunning, Unsupported
from tests.support.lab import Lab, text, until

SLEEP = ("sleep", "30")


class Life:
    """From create to remove."""

    def test_create(self, lab: Lab) -> None:
        """A container exists after create, has not run, and its handle leads back to it."""
        record = lab.create("true")
        assert record.handle
        assert lab.backend.status(record) == Status()
        assert lab.backend.raw(record)["name"] in record.handle.values()

    @pytest.mark.parametrize("code", [0, 1, 137, 255])
    def test_exit_code(self, lab: Lab, code: int) -> None:
        """A run ends with the program's own exit code."""
        record = lab.run("sh", "-c", f"exit {code}")
        status = lab.backend.wait(record, record.seen.run)
        assert (status.state, status.exit_code, status.exit_known) == ("exited", code, True)
        assert status.run == record.seen.run
        assert status.started_at and status.finished_at

    def test_out_of_memory(self, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
        """A program that was killed because memory was used up is marked, with code 137."""

        async def wait(container: PlainContainer) -> Ended:
            ended = await honest(container)
            return Ended(ended.code, oom=True)

        honest = PlainContainer.wait
        monkeypatch.setattr(PlainContainer, "wait", wait)
        status = lab.ended(lab.run("sh", "-c", "kill -KILL $$")).seen
        assert (status.state, status.exit_code, status.oom_killed) == ("exited", 137, True)

    def test_started_waits_for_the_container(self, lab: Lab) -> None:
        """`started` returns when the container really runs, also when Azure takes its time."""
        lab.behave(replica_delay=0.2, container_delay=0.2)
        record = lab.run(*SLEEP)
        assert lab.backend.started(record).state == "running"
        assert lab.exec(record, "echo", "hi") == (b"hi\n", 0)

    def test_started_of_a_short_run(self, lab: Lab) -> None:
        """`started` does not wait for a run that is over already."""
        record = lab.run("sh", "-c", "exit 3")
        lab.ended(record)
        assert lab.backend.started(record).exit_code == 3

    @pytest.mark.parametrize(("program", "code"), [("/no/such/program", 127), ("/etc/passwd", 126), ("/tmp", 126)])
    def test_a_program_that_cannot_be_invoked(self, lab: Lab, program: str, code: int) -> None:
        """It never ran: the container stays created, with docker's code and Azure's words, and prints nothing."""
        record = lab.run(program)
        status = lab.backend.started(record)
        assert (status.state, status.exit_code) == ("created", code)
        assert program in status.error
        assert lab.attached(record) == []
        assert lab.backend.wait(record, record.seen.run).exit_code == code

    def test_second_run(self, lab: Lab) -> None:
        """A container can be started again; its status is that of the latest run."""
        record = lab.ended(lab.run("sh", "-c", "exit 2"))
        again = lab.begin(record)
        assert again.seen.run != record.seen.run
        assert lab.ended(again).seen.exit_code == 2
        assert lab.backend.status(again).run == again.seen.run

    def test_stop(self, lab: Lab) -> None:
        """A stopped program may end as it likes, and its own code is told."""
        record = lab.up("sh", "-c", "trap 'exit 5' TERM; echo up; while :; do sleep 0.05; done")
        until(lambda: lab.printed(record))
        status = lab.backend.stop(record, None)
        assert (status.state, status.exit_code, status.exit_known) == ("exited", 5, True)

    def test_stop_of_a_deaf_program(self, lab: Lab) -> None:
        """A program that ignores the request is killed when its time is over."""
        lab.behave(grace=0.3)
        record = lab.up("sh", "-c", "trap '' TERM; echo up; while :; do sleep 0.05; done")
        until(lambda: lab.printed(record))
        assert lab.backend.stop(record, None).exit_code == 137

    def test_kill(self, lab: Lab) -> None:
        """KILL ends the run, with 137 or 143."""
        record = lab.up(*SLEEP)
        lab.backend.kill(record, "KILL")
        assert lab.ended(record).seen.exit_code in (137, 143)

    def test_remove(self, lab: Lab) -> None:
        """A removed container is gone, running or not, and removing it again is no error."""
        record = lab.up(*SLEEP)
        lab.backend.remove(record)
        lab.backend.remove(record)
        assert lab.backend.inventory({}) == []
        with pytest.raises(NotFound):
            lab.backend.status(record)
        with pytest.raises(NotFound):
            lab.backend.raw(record)

    def test_rename(self, lab: Lab) -> None:
        """The new name is on the resource; everything else of the record stays."""
        record = lab.create("true", labels={"a": "b"})
        lab.backend.rename(record, "other")
        renamed = replace(record, ident=replace(record.ident, name="other"))
        assert lab.backend.inventory({}) == [renamed]

    def test_raw_has_no_secrets(self, lab: Lab) -> None:
        """Azure's own JSON of the resource names the image."""
        assert "work/tool:1" in str(lab.backend.raw(lab.create("true")))


class Books:
    """What can be told from Azure's resources alone."""

    def test_equal_records_come_back(self, lab: Lab) -> None:
        """A process that knows nothing finds records equal to those that were created."""
        made = [
            lab.create("true", name="aa"),
            lab.create("sh", "-c", "echo 'é'", name="b.b_b", entrypoint=("env", "A=1"), env=("X=1", "Y=")),
            lab.create("x", "y", name="cc", entrypoint=(), labels={"k": "v" * 1000, "Ünï": "'\""}, auto_remove=True),
            lab.create("true", name="dd", resources=Resources(1_000_000_000, 5), timeout=77, attach=("stderr",)),
        ]
        found = lab.connect().inventory({})
        assert sorted(found, key=lambda one: one.ident.name) == made

    def test_statuses_are_fresh(self, lab: Lab) -> None:
        """The inventory tells what runs and what has ended, over all pages of Azure's lists."""
        lab.behave(page_size=1)
        running = lab.up(*SLEEP, name="aa")
        over = lab.ended(lab.run("sh", "-c", "exit 4", name="bb"))
        new = lab.create("true", name="cc")
        states = {one.ident.id: (one.seen.state, one.seen.exit_code) for one in lab.backend.inventory({})}
        assert states == {running.ident.id: ("running", 0), over.ident.id: ("exited", 4), new.ident.id: ("created", 0)}

    def test_what_is_over_is_not_asked_again(self, lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
        """Containers known to have ended cost nothing but their place in the list."""
        records = [lab.ended(lab.run("true", name=name)) for name in ("aa", "bb", "cc")]
        backend = lab.connect(debug=True)
        known = {one.ident.id: one.seen for one in records}
        assert {one.ident.id: one.seen for one in backend.inventory(known)} == known
        assert capsys.readouterr().err.count("DEBUG: GET") == 1
        del known[records[0].ident.id]
        backend.inventory(known)
        assert capsys.readouterr().err.count("DEBUG: GET") == (1 if lab.stays_up else 2)

    def test_others_are_left_alone(self, lab: Lab) -> None:
        """A resource that azdock did not make is none of its containers."""
        from tests.support.emulator import VERSION, job_body

        path = f"{lab.emulator.group}/providers/Microsoft.App/jobs/theirs?api-version={VERSION}"
        with lab.emulator.client() as http:
            assert http.put(path, json=job_body("true")).status_code == 201
        assert lab.backend.inventory({}) == []

    def test_many_at_once(self, lab: Lab) -> None:
        """Processes that create at the same time do not disturb each other."""
        lab.backend.image("work/tool:1", "missing")
        made: list[object] = []
        threads = [threading.Thread(target=lambda n=n: made.append(lab.create("true", name=f"n{n}"))) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(lab.backend.inventory({})) == len(made) == 4


class Wishes:
    """What the user asked for reaches the container, or is refused before it exists."""

    def test_environment_and_arguments(self, lab: Lab) -> None:
        """Variables and arguments arrive as they were given, blanks, quotes and all."""
        words = ("a  b", "it's", '"q"', "$HOME", "back\\slash", "é", "")
        record = lab.run("-c", 'printf "<%s>" "$@" "$X"', "sh", *words, entrypoint=("sh",), env=("X=1 '2' \"3\" $(4)",))
        expected = "".join(f"<{word}>" for word in (*words, "1 '2' \"3\" $(4)"))
        assert text(lab.attached(record)).decode().rstrip("\n") == expected

    def test_image(self, lab: Lab) -> None:
        """An image's facts are known before the container exists; an unknown one is refused in docker's sense."""
        assert lab.backend.image("work/tool:1", "missing").command == ("sh",)
        with pytest.raises(NoSuchImage):
            lab.backend.image("work/missing:1", "missing")
        with pytest.raises(NoSuchImage):
            lab.backend.image("never/seen:1", "never")

    def test_no_image_at_create(self, lab: Lab) -> None:
        """Azure's own refusal of an image is the same error, and nothing is left behind."""
        with pytest.raises(NoSuchImage, match="MANIFEST_UNKNOWN"):
            lab.backend.create(lab.record("true", image="work/missing:1"))
        assert lab.backend.inventory({}) == []

    def test_gaps(self, lab: Lab) -> None:
        """What cannot be honoured is a gap with a reason; what was not asked for is none."""
        spec = lab.record("true", asked={"privileged": "true", "name": "web"}).spec
        assert [(gap.flag, gap.action) for gap in lab.backend.gaps(spec)] == [("privileged", "refuse")]
        assert all(gap.reason for gap in lab.backend.gaps(spec))
        assert lab.backend.gaps(lab.record("true").spec) == []

    def test_rounding_is_told(self, lab: Lab) -> None:
        """CPU and memory that were rounded up are a notice."""
        assert lab.backend.notices(lab.record("true").spec) == []
        assert len(lab.backend.notices(lab.record("true", resources=Resources(memory=600 * 2**20)).spec)) == 1


class Commands:
    """exec."""

    @pytest.mark.parametrize("code", [0, 3, 255])
    def test_exit_code(self, lab: Lab, code: int) -> None:
        """Output is the program's own, free of carriage returns, and so is the exit code."""
        assert lab.exec(lab.up(*SLEEP), "sh", "-c", f"echo one; echo two; exit {code}") == (b"one\ntwo\n", code)

    def test_streams(self, lab: Lab) -> None:
        """stdout and stderr arrive apart."""
        channel = lab.backend.exec(lab.up(*SLEEP), ExecRequest(("sh", "-c", "echo out; echo err >&2")))
        found = []
        while (piece := channel.read()) is not None:
            found.append(piece)
        assert sorted(found) == [("err", b"err\n"), ("out", b"out\n")]

    def test_detached(self, lab: Lab, tmp_path: Path) -> None:
        """A detached command is not waited for, and goes on when the connection is gone."""
        mark = tmp_path / "mark"
        record = lab.up(*SLEEP)
        assert lab.exec(record, "sh", "-c", f"sleep 0.3; : >{mark}", detach=True) == (b"", 0)
        assert not mark.exists()
        lab.backend.close()
        until(mark.exists)

    def test_all_bytes(self, lab: Lab) -> None:
        """Random bytes go in and come back, zeros included."""
        data = os.urandom(300_000)
        assert lab.exec(lab.up(*SLEEP), "cat", input=data) == (data, 0)

    def test_input(self, lab: Lab) -> None:
        """Input arrives byte for byte, control characters included, and ends."""
        data = bytes(range(1, 128)) + "é\n".encode() + b"no newline at the end"
        assert lab.exec(lab.up(*SLEEP), "cat", input=data) == (data, 0)

    @pytest.mark.parametrize("data", [b"x" * 50_000, b"y" * 5_000 + b"\n" + b"z" * 5_000, b"line\n" * 20_000])
    def test_much_input(self, lab: Lab, data: bytes) -> None:
        """Input that is longer than a terminal's line or buffer arrives whole."""
        found, code = lab.exec(lab.up(*SLEEP), "cat", input=data)
        assert (len(found), code) == (len(data), 0)
        assert found == data

    def test_words_and_places(self, lab: Lab) -> None:
        """Arguments, variables and the folder arrive as given."""
        record = lab.up(*SLEEP)
        command = ("sh", "-c", 'printf "<%s>" "$PWD" "$A" "$@"', "sh", "a  b", "it's")
        assert lab.exec(record, *command, env=("A=x y",), workdir="/usr") == (b"</usr><x y><a  b><it's>", 0)

    def test_terminal(self, lab: Lab) -> None:
        """With a terminal the program sees one of the size asked for."""
        found, code = lab.exec(lab.up(*SLEEP), "stty", "size", tty=True, size=(31, 97))
        assert (found.strip(), code) == (b"31 97", 0)

    @pytest.mark.parametrize("tty", [True, False])
    def test_program_that_does_not_exist(self, lab: Lab, tty: bool) -> None:
        """A missing program is docker's 127, however it is told."""
        record = lab.up(*SLEEP)
        try:
            _, code = lab.exec(record, "no-such-program", tty=tty)
        except AzdockError as missing:
            code = missing.code
        assert code == 127

    def test_not_running(self, lab: Lab) -> None:
        """A container that has ended takes no commands."""
        with pytest.raises((NotRunning, NotFound)):
            lab.exec(lab.ended(lab.run("true")), "true")

    def test_other_user(self, lab: Lab) -> None:
        """Another user is had where the container's own may become it; otherwise that is refused, not ignored."""
        record = lab.up(*SLEEP)
        with pytest.raises(Unsupported, match="--user with --tty"):
            lab.backend.exec(record, ExecRequest(("id",), tty=True, user="nobody"))
        if os.geteuid() == 0:
            assert lab.exec(record, "sh", "-c", "id -u; id -g; id -G", user="1234:5678") == (b"1234\n5678\n5678\n", 0)
        else:
            with pytest.raises(Unsupported, match="--user: the container runs as an ordinary user"):
                lab.exec(record, "id", user="1234")
