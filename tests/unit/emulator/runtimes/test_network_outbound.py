"""The rules that let a bridge out, with programs that note what they are given."""

from __future__ import annotations

from pathlib import Path

import pytest

from azdock.emulator.runtimes import network_outbound
from azdock.emulator.runtimes.network_outbound import NoWayOut, close_ways, open_way


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine that forwards, with no program at all on its PATH but those that a test adds to this folder."""
    forwarding = tmp_path / "ip_forward"
    forwarding.write_text("1\n")
    monkeypatch.setattr(network_outbound, "FORWARDING", forwarding)
    programs = tmp_path / "bin"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs))
    return programs


def program(folder: Path, name: str, body: str) -> None:
    """Add a program."""
    file = folder / name
    file.write_text(f"#!/bin/sh\nPATH=/usr/bin:/bin\n{body}\n")
    file.chmod(0o755)


def test_nothing_installed(machine: Path) -> None:
    """Without iptables and nft there is no way out, and the reason says so."""
    with pytest.raises(NoWayOut, match="neither iptables nor nft"):
        open_way("00000", "azd0", "10.201.0.0/20")


def test_iptables(machine: Path) -> None:
    """The rules go in with one call, and out again by their owner alone."""
    given = machine / "given"
    program(machine, "iptables-restore", f'cat >> "{given}"')
    open_way("0beef", "azd0", "10.201.0.0/20")
    rules = given.read_text()
    assert "-A POSTROUTING -s 10.201.0.0/20 ! -o azd0 -m comment --comment azdock-0beef -j MASQUERADE\n" in rules
    own = "-A POSTROUTING -s 10.201.0.0/20 ! -o azd0 -m comment --comment azdock-0beef -j MASQUERADE"
    foreign = "-A POSTROUTING -s 10.9.0.0/20 ! -o azd9 -m comment --comment azdock-0bee0 -j MASQUERADE"
    program(machine, "iptables-save", f"case $2 in nat) echo '{own}'; echo '{foreign}';; esac")
    given.unlink()
    close_ways("0beef")
    assert given.read_text() == f"*nat\n-D{own[2:]}\nCOMMIT\n"


def test_nft(machine: Path) -> None:
    """nft is used where iptables is not there; its tables are found again by the owner."""
    given = machine / "given"
    program(
        machine,
        "nft",
        f"case $1 in -f) cat >> '{given}';; list) echo 'table ip azdock-0beef-azd0'; echo 'table ip filter';;"
        f" *) echo \"$@\" >> '{given}';; esac",
    )
    open_way("0beef", "azd0", "10.201.0.0/20")
    assert 'ip saddr 10.201.0.0/20 oifname != "azd0" masquerade' in given.read_text()
    given.unlink()
    close_ways("0beef")
    assert given.read_text() == "delete table ip azdock-0beef-azd0\n"


def test_a_program_that_fails(machine: Path) -> None:
    """What a program complains about is the reason."""
    program(machine, "iptables-restore", "echo 'Permission denied (you must be root)' >&2; exit 4")
    with pytest.raises(NoWayOut, match="iptables-restore: Permission denied"):
        open_way("0beef", "azd0", "10.201.0.0/20")
