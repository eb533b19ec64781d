"""The way out of a bridge into the world: address translation by iptables or nft, whichever this machine has."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

FORWARDING = Path("/proc/sys/net/ipv4/ip_forward")
LIMIT = 10.0  # seconds for a program
COMMENT = "azdock-"
TABLES = ("nat", "filter")


class NoWayOut(Exception):
    """Containers on a bridge cannot reach other networks; the text says why."""


def _run(command: list[str], given: str = "") -> str:
    """What a program says. Raises NoWayOut when it fails."""
    try:
        done = subprocess.run(command, input=given, capture_output=True, text=True, timeout=LIMIT, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoWayOut(f"{command[0]}: {error}") from error
    if done.returncode:
        raise NoWayOut(f"{Path(command[0]).name}: {done.stderr.strip()}")
    return done.stdout


def open_way(owner: str, bridge: str, subnet: str, words: tuple[str, ...] = ()) -> None:
    """Let what comes from a bridge out under the machine's own address, and its answers in. `owner` is remembered with
    the rules; `words` in front of a command make it run beside the bridge, where that is elsewhere. Raises NoWayOut."""
    if words:
        if (nft := shutil.which("nft")) is None:
            raise NoWayOut("nft is not installed")
        _run([*words, nft, "-f", "-"], _script(owner, bridge, subnet))
        return
    try:
        if FORWARDING.read_text().strip() == "0":
            FORWARDING.write_text("1")
    except OSError as error:
        raise NoWayOut(f"IP forwarding is off: {error.strerror}") from error
    if restore := shutil.which("iptables-restore"):
        _run([restore, "--noflush", "--wait", "5"], _rules(owner, bridge, subnet))
    elif nft := shutil.which("nft"):
        _run([nft, "-f", "-"], _script(owner, bridge, subnet))
    else:
        raise NoWayOut("neither iptables nor nft is installed")


def _rules(owner: str, bridge: str, subnet: str) -> str:
    """Docker sets the policy of FORWARD to drop, and br_netfilter sends through it what stays on the bridge."""
    note = f"-m comment --comment {COMMENT}{owner}"
    return "\n".join(
        (
            "*nat",
            f"-A POSTROUTING -s {subnet} ! -o {bridge} {note} -j MASQUERADE",
            "COMMIT",
            "*filter",
            f"-I FORWARD 1 -o {bridge} -m conntrack --ctstate RELATED,ESTABLISHED {note} -j ACCEPT",
            f"-I FORWARD 1 -i {bridge} {note} -j ACCEPT",
            f"-I FORWARD 1 -i {bridge} -o azd+ {note} -j DROP",
            f"-I FORWARD 1 -i {bridge} -o {bridge} {note} -j ACCEPT",
            f"-I INPUT 1 -i {bridge} -d {subnet} {note} -j ACCEPT",
            "COMMIT",
            "",
        )
    )


def _script(owner: str, bridge: str, subnet: str) -> str:
    return f"""table ip {COMMENT}{owner}-{bridge} {{
  chain out {{
    type nat hook postrouting priority 100;
    ip saddr {subnet} oifname != "{bridge}" masquerade
  }}
}}
"""


def close_ways(owner: str) -> None:
    """Remove every rule of an owner. Raises NoWayOut when a program fails."""
    if (save := shutil.which("iptables-save")) and (restore := shutil.which("iptables-restore")):
        for table in TABLES:
            mine = [row for row in _run([save, "-t", table]).splitlines() if _owned(row, owner)]
            if mine:
                rows = "\n".join(f"-D{row[2:]}" for row in mine)
                _run([restore, "--noflush", "--wait", "5"], f"*{table}\n{rows}\nCOMMIT\n")
    elif nft := shutil.which("nft"):
        for row in _run([nft, "list", "tables", "ip"]).splitlines():
            name = row.split()[-1]
            if name.startswith(f"{COMMENT}{owner}-"):
                _run([nft, "delete", "table", "ip", name])


def _owned(row: str, owner: str) -> bool:
    return row.startswith("-A") and f"--comment {COMMENT}{owner} " in row.replace('"', "")
