"""The flags of run and create are docker's, all of them."""

from __future__ import annotations

from azdock.cli.flags import flags_of
from azdock.commands.flags import CreateFlags, RunFlags

# docker 28.2.2, docker run --help
BOOLEANS = (
    "disable-content-trust help init interactive no-healthcheck oom-kill-disable privileged publish-all quiet "
    "read-only rm tty use-api-socket"
)
OURS = {"yes"}
SHORTHANDS = {
    "attach": "a", "cpu-shares": "c", "env": "e", "hostname": "h", "interactive": "i", "label": "l", "memory": "m",
    "publish": "p", "publish-all": "P", "quiet": "q", "tty": "t", "user": "u", "volume": "v", "workdir": "w",
}  # fmt: skip


def test_shorthands() -> None:
    """Exactly docker's letters."""
    assert {one.name: one.short for one in flags_of(CreateFlags) if one.short} == SHORTHANDS
    assert {one.name: one.short for one in flags_of(RunFlags) if one.short} == SHORTHANDS | {"detach": "d"}


def test_booleans() -> None:
    """Docker's flags without a value, and azdock's own."""
    assert {one.name for one in flags_of(CreateFlags) if one.kind == "bool"} == set(BOOLEANS.split()) | OURS


def test_run_adds_what_concerns_being_attached() -> None:
    """run knows all of create's flags, and those about what happens after the start."""
    extra = {one.name for one in flags_of(RunFlags)} - {one.name for one in flags_of(CreateFlags)}
    assert extra == {"data", "detach", "detach-keys", "header", "sig-proxy", "sync-back", "wait"}


def test_every_flag_has_a_help_line() -> None:
    """Nobody has to guess."""
    assert [one.name for one in flags_of(RunFlags) if not one.help] == []
