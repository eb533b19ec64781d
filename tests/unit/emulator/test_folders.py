"""Removing what containers have left."""

from __future__ import annotations

from pathlib import Path

from azdock.emulator.folders import remove_tree


def test_locked_folders_and_links(tmp_path: Path) -> None:
    """Folders without rights go, links go without what they point at, an absent folder is no error."""
    keep = tmp_path / "keep"
    keep.mkdir()
    (keep / "file").write_text("x")
    folder = tmp_path / "folder"
    (folder / "a" / "b").mkdir(parents=True)
    (folder / "a" / "b" / "file").write_text("x")
    (folder / "link").symlink_to(keep)
    (folder / "a" / "b").chmod(0)
    (folder / "a").chmod(0o500)
    remove_tree(folder)
    assert not folder.exists() and (keep / "file").exists()
    remove_tree(folder)
