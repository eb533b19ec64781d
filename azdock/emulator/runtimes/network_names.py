"""Names on a network: the live /etc/hosts of its containers, and a resolv.conf that works in a network of its own."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

HOSTS = """127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::0\tip6-localnet
ff00::0\tip6-mcastprefix
ff02::1\tip6-allnodes
ff02::2\tip6-allrouters
"""
RESOLV_CONF = Path("/etc/resolv.conf")
# systemd-resolved(8): the servers behind its own loopback address
BEHIND_RESOLVED = Path("/run/systemd/resolve/resolv.conf")
# docs.docker.com/engine/network, "DNS services": what docker falls back to
PUBLIC = ("8.8.8.8", "8.8.4.4")

Names = Mapping[str, tuple[str, Sequence[str]]]  # by app: its address and its names


class HostsFile:
    """One container's /etc/hosts. It is changed in place: a container that runs has the file itself mounted."""

    def __init__(self, path: Path, hostname: str, address: str) -> None:
        self.path = path
        self._own = f"{address}\t{hostname}\n"
        self._written = ""

    def write(self, names: Names) -> None:
        """Let it hold these names."""
        lines = [f"{address}\t{' '.join(known)}\n" for address, known in names.values() if known]
        text = HOSTS + self._own + "".join(lines)
        if text == self._written:
            return
        data = text.encode()
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            os.pwrite(descriptor, data, 0)
            os.ftruncate(descriptor, len(data))
        finally:
            os.close(descriptor)
        self._written = text


def resolv_conf(own: Path = RESOLV_CONF, behind: Path = BEHIND_RESOLVED) -> str:
    """The machine's resolv.conf with servers that can be reached from another network namespace."""
    for path in (own, behind):
        if not path.exists():
            continue
        rows = path.read_text(encoding="utf-8", errors="replace").splitlines()
        kept = [row for row in rows if not (row.startswith("nameserver") and _loopback(row))]
        if any(row.startswith("nameserver") for row in kept):
            return "".join(f"{row}\n" for row in kept)
    return "".join(f"nameserver {server}\n" for server in PUBLIC)


def _loopback(row: str) -> bool:
    words = row.split()
    try:
        return ipaddress.ip_address(words[1].partition("%")[0]).is_loopback
    except (IndexError, ValueError):
        return False
