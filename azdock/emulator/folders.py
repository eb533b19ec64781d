"""Folders that containers have written into, and how to be rid of them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any


def remove_tree(folder: Path) -> None:
    """Remove a folder even where a container (or overlayfs, whose work folder has mode 000) took the owner's rights.

    Raises OSError when something still cannot be removed; a folder that is not there is no error.
    """
    if folder.exists():
        shutil.rmtree(folder, onerror=_unlock)


def _unlock(_action: Any, path: str, failure: Any) -> None:
    if isinstance(failure[1], FileNotFoundError):
        return
    if not isinstance(failure[1], PermissionError):
        raise failure[1]
    stuck = Path(path)
    stuck.parent.chmod(0o700)
    if stuck.is_symlink() or not stuck.is_dir():
        stuck.unlink()
        return
    stuck.chmod(0o700)
    shutil.rmtree(stuck)
