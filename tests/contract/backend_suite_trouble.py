"""What every backend must do when Azure is slow, busy or failing, and when the embedded Azure was restarted."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from azdock.backends import base
from azdock.docker.spec import Restart as Policy
from azdock.errors import AzdockError, AzureFailure, Throttled
from tests.support.lab import Lab, text, until

SLEEP = ("sleep", "30")


class Trouble:
    """Slow, busy, failing."""

    def test_throttling_is_waited_out(self, lab: Lab) -> None:
        """429 answers are obeyed and nothing is lost."""
        lab.behave(throttle=3, throttle_retry_after=0.05)
        record = lab.run("sh", "-c", "exit 6")
        lab.behave(throttle=2)
        assert lab.ended(record).seen.exit_code == 6
        assert lab.emulator.world.behaviour.throttle == 0

    def test_busy_resource_is_waited_for(self, lab: Lab) -> None:
        """A resource that is still provisioning for somebody else is tried again until it is free."""
        record = lab.create("true")
        lab.behave(provisioning=0.8)
        lab.connect().rename(record, "one")
        lab.behave(provisioning=0.4)
        import threading

        first = threading.Thread(target=lambda: lab.connect().rename(record, "two"))
        first.start()
        lab.backend.rename(record, "three")
        first.join()
        lab.backend.remove(record)
        assert lab.backend.inventory({}) == []

    def test_failed_create(self, lab: Lab) -> None:
        """An operation that fails is reported with Azure's code, and nothing is left behind."""
        lab.behave(fail_operations=1, fail_code="ManagedEnvironmentNotProvisioned")
        with pytest.raises(AzureFailure, match="ManagedEnvironmentNotProvisioned") as caught:
            lab.create("true")
        assert caught.value.error_code == "ManagedEnvironmentNotProvisioned"
        assert lab.backend.inventory({}) == []

    def test_failed_remove(self, lab: Lab) -> None:
        """A removal that fails is an error, and works when it is repeated."""
        record = lab.create("true")
        lab.behave(fail_operations=1)
        with pytest.raises(AzureFailure, match="ContainerAppOperationError"):
            lab.backend.remove(record)
        lab.backend.remove(record)
        assert lab.backend.inventory({}) == []

    def test_exec_limit(self, lab: Lab) -> None:
        """Too many exec connections are refused with the time to wait."""
        record = lab.up(*SLEEP)
        lab.behave(exec_limit=1, exec_retry_after=42)
        for _ in range(3):  # they share a connection
            assert lab.exec(record, "echo", "hi") == (b"hi\n", 0)
        lab.backend = lab.connect()
        with pytest.raises(Throttled) as caught:
            lab.exec(record, "echo", "hi")
        assert "42 seconds" in caught.value.hint

    def test_retries_are_counted(self, lab: Lab) -> None:
        """on-failure:2 runs the program three times; the last code and the number of restarts are told."""
        record = lab.run("sh", "-c", "echo try; exit 9", restart=Policy("on-failure", 2))
        status = lab.ended(record).seen
        assert (status.state, status.exit_code, status.restarts) == ("exited", 9, 2)
        assert lab.printed(record) == b"try\n" * 3
        assert text(lab.attached(record)) == b"try\n" * 3

    def test_attached_to_retries(self, lab: Lab) -> None:
        """Whoever is attached sees every try, once and in order."""
        script = "echo one; sleep 0.1; echo two; sleep 0.1; exit 9"
        record = lab.run("sh", "-c", script, restart=Policy("on-failure", 2))
        assert text(lab.attached(record)) == b"one\ntwo\n" * 3

    def test_timeout(self, lab: Lab) -> None:
        """A run that takes longer than allowed is ended, with the code of timeout(1) or of the signal."""
        if lab.stays_up:
            spec = lab.record("true", asked={"timeout": "1"}).spec
            assert [gap.flag for gap in lab.backend.gaps(spec)] == ["timeout"]
            return
        lab.behave(grace=0.2)
        status = lab.ended(lab.run(*SLEEP, timeout=1)).seen
        assert (status.state, status.exit_code) == ("exited", 124)
        assert status.reason == "DeadlineExceeded"

    def test_slow_azure(self, lab: Lab) -> None:
        """Everything works when every step takes its time."""
        lab.behave(provisioning=0.3, replica_delay=0.2, container_delay=0.2, log_table_delay=0.5, log_delay=0.3)
        record = lab.run("sh", "-c", "echo hi; sleep 0.3; exit 7")
        assert text(lab.attached(record)) == b"hi\n"
        assert lab.ended(record).seen.exit_code == 7
        lab.backend.remove(record)
        assert lab.backend.inventory({}) == []


class Restart:
    """Tokens and addresses of an emulator that is no more."""

    def test_another_process(self, lab: Lab) -> None:
        """A token kept on disk by an earlier process is renewed without a word, in every kind of call."""
        record = lab.create("sh", "-c", "echo hi; sleep 30")
        lab.restart_emulator()
        later = lab.backend = lab.connect()
        assert [one.ident for one in later.inventory({})] == [record.ident]
        lab.begin(record)

    @pytest.mark.parametrize("call", ["list", "create", "remove", "logs", "exec", "load", "image"])
    def test_stale_token(self, lab: Lab, call: str, tmp_path: Path) -> None:
        """The first call after a restart gets another token, whichever path it takes."""
        record = lab.up("sh", "-c", "echo hi; sleep 30", name="aa")
        until(lambda: lab.printed(record))
        spoil(lab)
        lab.backend = lab.connect()
        if call == "list":
            assert len(lab.backend.inventory({})) == 1
        elif call == "create":
            lab.backend.create(lab.record("true", name="bb"))
        elif call == "remove":
            lab.backend.remove(record)
        elif call == "logs":
            assert lab.printed(record) == b"hi\n"
        elif call == "exec":
            assert lab.exec(record, "echo", "hi") == (b"hi\n", 0)
        elif call == "image":
            assert lab.backend.image("work/tool:1", "missing").id
        else:
            archive = tmp_path / "big.tar"
            archive.write_bytes(b"x" * 5_000_000)
            with closing(base.connect_images(lab.settings)) as store:  # type: ignore[type-var]
                assert store.load(str(archive))

    def test_token_that_dies_within_a_process(self, lab: Lab) -> None:
        """Also a process that has used its token already gets over its end."""
        record = lab.up("sh", "-c", "echo hi; sleep 30")
        assert lab.exec(record, "echo", "hi") == (b"hi\n", 0)
        forget_tokens(lab)
        assert lab.printed(record) == b"hi\n"
        forget_tokens(lab)
        assert lab.backend.create(lab.record("true", name="bb"))
        forget_tokens(lab)
        lab.backend.remove(record)

    def test_unreachable(self, lab: Lab) -> None:
        """An emulator that is gone is an error that says so, not a traceback."""
        lab.create("true")
        lab.emulator.stop()
        with pytest.raises(AzdockError, match="no answer from"):
            lab.backend.inventory({})


def forget_tokens(lab: Lab) -> None:
    """Make the emulator refuse every token it has given."""
    lab.emulator.call(lab.emulator.world.auth._tokens.clear)


def spoil(lab: Lab) -> None:
    """As after a restart: what is kept on disk looks good and is refused."""
    assert list((lab.home / "tokens").iterdir())
    forget_tokens(lab)
