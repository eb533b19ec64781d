"""Generated files are as the generator would write them now."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from azdock.cli import generate

ROOT = Path(__file__).parents[2]


def test_fresh() -> None:
    """After a change of verbs or flags: python -m azdock.cli.generate"""
    wanted = generate.files()
    on_disk = {f"{kind}/{path.name}" for kind in ("completions", "man") for path in (ROOT / kind).glob("*")}
    assert on_disk == set(wanted)
    stale = [name for name, text in wanted.items() if (ROOT / name).read_text(encoding="utf-8") != text]
    assert stale == []


@pytest.mark.parametrize(("shell", "script"), [("bash", "azdock.bash"), ("zsh", "azdock.zsh"), ("fish", "azdock.fish")])
def test_shells_can_read_their_script(shell: str, script: str) -> None:
    """No syntax error, as far as the shell is installed here."""
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell}")
    done = subprocess.run(
        [shell, "-n", str(ROOT / "completions" / script)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["azdock", "rest"], ["restart"]),
        (["azdock", "container", "wai"], ["wait"]),
        (["azdock", "stop", "--tim"], ["--timeout"]),
        (["azdock", "container", "ls", "--no-t"], ["--no-trunc"]),
    ],
)
def test_bash_completes(words: list[str], expected: list[str]) -> None:
    """Verbs, verbs of a noun, and flags."""
    if shutil.which("bash") is None:
        pytest.skip("no bash")
    quoted = " ".join(f"'{word}'" for word in words)
    script = (
        f". '{ROOT}/completions/azdock.bash'; COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; _azdock;"
        ' printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == expected
