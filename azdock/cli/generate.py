"""Writes completions/ and man/ from the catalogue and the flags: python -m azdock.cli.generate [FOLDER]."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from azdock import catalogue
from azdock.catalogue import REFUSED, Row
from azdock.cli import app, manual, shells
from azdock.cli.flags import Flag


def files() -> dict[str, str]:
    """Every generated file, path below the project's folder -> text. The same every time."""
    rows = [(row, flags_of(row)) for row in catalogue.every()]
    found = {
        "completions/azdock.bash": shells.bash(rows),
        "completions/azdock.zsh": shells.zsh(rows),
        "completions/azdock.fish": shells.fish(rows),
        "man/azdock.1": manual.root(),
        "man/azdock-gaps.1": manual.gaps(app.gaps()),
    }
    for row, flags in rows:
        if row.module != REFUSED:
            found[f"man/azdock-{row.paths[-1].replace(' ', '-')}.1"] = manual.page(row, flags)
    return found


def flags_of(row: Row) -> Sequence[Flag]:
    """The flags of a verb; its module is imported for them."""
    return app.load(row, row.paths[-1]).flags


def main(folder: Path) -> None:
    """Write what differs and delete pages of verbs that are gone."""
    wanted = files()
    for kind in ("completions", "man"):
        for path in (folder / kind).glob("*"):
            if f"{kind}/{path.name}" not in wanted:
                path.unlink()
    for name, text in wanted.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
