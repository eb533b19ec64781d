"""The live hosts file and a resolv.conf that works elsewhere."""

from __future__ import annotations

from pathlib import Path

from azdock.emulator.runtimes.network_names import HostsFile, resolv_conf


def test_hosts_is_changed_in_place(tmp_path: Path) -> None:
    """The file keeps its inode, shrinks as well as grows, and knows localhost and the container itself."""
    file = HostsFile(tmp_path / "hosts", "replica-a", "10.0.0.2")
    file.write({"web": ("10.0.8.1", ["web", "web.example"]), "hidden": ("10.0.8.2", [])})
    inode = file.path.stat().st_ino
    text = file.path.read_text()
    assert "127.0.0.1\tlocalhost\n" in text
    assert text.endswith("10.0.0.2\treplica-a\n10.0.8.1\tweb web.example\n")
    file.write({})
    assert file.path.read_text().endswith("10.0.0.2\treplica-a\n")
    assert file.path.stat().st_ino == inode


def test_resolv_conf_without_loopback(tmp_path: Path) -> None:
    """Servers on loopback are passed over: first for those behind systemd-resolved, then for docker's choice."""
    own, behind = tmp_path / "own", tmp_path / "behind"
    own.write_text("search example\nnameserver 127.0.0.53\nnameserver 192.0.2.1\n")
    assert resolv_conf(own, behind) == "search example\nnameserver 192.0.2.1\n"
    own.write_text("nameserver 127.0.0.53\nnameserver ::1\n")
    assert resolv_conf(own, behind) == "nameserver 8.8.8.8\nnameserver 8.8.4.4\n"
    behind.write_text("nameserver 192.0.2.9\n")
    assert resolv_conf(own, behind) == "nameserver 192.0.2.9\n"
