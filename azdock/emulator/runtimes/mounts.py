"""Folders of the host that a sandbox sees: where they are mounted in its root, and programs that lie in them."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from pathlib import Path

from azdock.emulator.runtimes.base import ContainerRun, Folder, StartError
from azdock.emulator.runtimes.rootfs import Root
from azdock.emulator.runtimes.scratch import make_folder

HOST_TOP = Path("/")


def mount_points(root: Root, upper: Path, folders: Sequence[Folder]) -> None:
    """Make the folders and files over which something is mounted, in `upper` over `root`."""
    for folder in folders:
        place = root.real(folder.target)
        if folder.source.is_file():
            make_folder(root, upper, posixpath.dirname(place))
            Path(f"{upper}{place}").touch()
        else:
            make_folder(root, upper, place)


def bind_options(root: Root, folders: Sequence[Folder], place: str = "") -> list[str]:
    """bubblewrap's options that mount the folders in the root on `place`; links of the image are followed in it."""
    return [
        word for folder in folders for word in (_bind(folder), str(folder.source), f"{place}{root.real(folder.target)}")
    ]


def _bind(folder: Folder) -> str:
    return "--ro-bind" if folder.read_only else "--bind"


def host_options(folders: Sequence[Folder], writable: str) -> list[str]:
    """bubblewrap's options for the host's own files, read-only, with these folders in them. A folder may lie in a place
    that the host has, in `writable`, or below a name that the host's root lacks. Raises StartError (126) for others."""
    if not folders:
        return ["--ro-bind", "/", "/"]
    options = ["--tmpfs", "/"]
    for entry in sorted(HOST_TOP.iterdir()):
        link = entry.is_symlink()
        options += ["--symlink", str(entry.readlink()), str(entry)] if link else ["--ro-bind", str(entry), str(entry)]
    for folder in folders:
        top = HOST_TOP / folder.target.split("/")[1]
        if top.exists() and not folder.target.startswith(f"{writable}/") and not Path(folder.target).is_dir():
            raise StartError(126, f"mounting {folder.target}: mkdir {folder.target}: read-only file system")
    return options


def check_program(root: Root, run: ContainerRun, path: str, workdir: str) -> None:
    """As Root.check_program, for a program that may lie in a mounted folder. Raises StartError."""
    name = run.argv[0] if run.argv else ""
    if "/" in name:
        full = posixpath.normpath(posixpath.join(workdir, name))
        for folder in reversed(run.folders):
            target = folder.target.rstrip("/")
            if full.startswith(f"{target}/"):
                return _check_inside(folder, full[len(target) :], name)
    return root.check_program(name, path, workdir)


def _check_inside(folder: Folder, inside: str, name: str) -> None:
    try:
        Root([folder.source]).check_program(inside, "", "/")
    except StartError as failed:
        raise StartError(failed.code, failed.message.replace(inside, name)) from failed
