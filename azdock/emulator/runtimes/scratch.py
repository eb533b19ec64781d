"""The writable side of a container's root: the files docker provides, the working directory, or a whole copy."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

from azdock.emulator.runtimes.rootfs import Root

RESOLV_CONF = Path("/etc/resolv.conf")

# what dockerd writes into every container
HOSTS = """127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::0\tip6-localnet
ff00::0\tip6-mcastprefix
ff02::1\tip6-allnodes
ff02::2\tip6-allrouters
127.0.0.1\t{hostname}
"""


def prepare(root: Root, upper: Path, workdir: str, hostname: str) -> None:
    """Put /etc/hosts, /etc/hostname, /etc/resolv.conf and the working directory into `upper`, over `root`."""
    upper.mkdir(parents=True, exist_ok=True)
    _copy_facts(root, "/", upper)
    etc = root.real("/etc")
    make_folder(root, upper, etc)
    make_folder(root, upper, workdir)
    resolv = RESOLV_CONF.read_text() if RESOLV_CONF.exists() else ""
    files = {"hosts": HOSTS.format(hostname=hostname), "hostname": f"{hostname}\n", "resolv.conf": resolv}
    for name, text in files.items():
        file = Path(f"{upper}{etc}/{name}")
        file.unlink(missing_ok=True)  # in a copied root it may be a symlink out of it
        file.write_text(text)
        file.chmod(0o644)


def make_folder(root: Root, upper: Path, path: str) -> None:
    """Make a folder in `upper`; those that `root` has too keep their mode and owner. `path` holds no symlinks."""
    here = ""
    for name in path.split("/")[1:]:
        here = f"{here}/{name}" if name else here
        folder = Path(f"{upper}{here}")
        if not folder.exists():
            folder.mkdir(mode=0o755)
            _copy_facts(root, here, folder)


def _copy_facts(root: Root, path: str, folder: Path) -> None:
    found = root.find(path)
    if found is None:
        return
    facts = found[1].stat()
    if os.geteuid() == 0:
        os.chown(folder, facts.st_uid, facts.st_gid)
    folder.chmod(stat.S_IMODE(facts.st_mode))


def copy_root(root: Root, target: Path) -> None:
    """Copy what a program would see into `target`; the way without overlayfs, so much slower."""
    target.mkdir(parents=True)
    _copy_folder(root, "", target)


def _copy_folder(root: Root, path: str, target: Path) -> None:
    for name in root.names(path or "/"):
        entry = root.entry(f"{path}/{name}")
        if entry is None:
            continue  # a whiteout
        copy = target / name
        facts = entry.lstat()
        if stat.S_ISDIR(facts.st_mode):
            copy.mkdir()
            _copy_folder(root, f"{path}/{name}", copy)
        elif stat.S_ISLNK(facts.st_mode) or stat.S_ISREG(facts.st_mode):
            shutil.copy2(entry, copy, follow_symlinks=False)
        else:
            os.mknod(copy, facts.st_mode, facts.st_rdev)
        if os.geteuid() == 0:
            os.lchown(copy, facts.st_uid, facts.st_gid)
        if not stat.S_ISLNK(facts.st_mode):
            copy.chmod(stat.S_IMODE(facts.st_mode))
