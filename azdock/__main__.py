"""The entry point. Root help and version are answered from the catalogue, before anything costly is imported."""

from __future__ import annotations

import sys

GARBAGE = 50_000  # new objects until Python looks for cycles; its own default is 700
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO


def main() -> int:
    """Run azdock with the arguments of this process; returns the exit code."""
    argv = sys.argv[1:]
    if not argv or argv[0] in ("--help", "--version", "-v", "completion"):
        answer = _fast(argv)
        if answer is not None:
            return answer
    import gc

    # Importing makes tens of thousands of objects that all stay: looking for garbage among them costs 7% of `ps`.
    gc.set_threshold(GARBAGE)
    from azdock.cli.main import main

    return main(argv)


def _fast(argv: list[str]) -> int | None:
    """The exit code when the answer is static text, else None."""
    if len(argv) == 2 and argv[0] == "completion":
        import os

        from azdock.cli import completion

        text = completion.answer(argv[1], os.environ)
        return None if text is None else _print(sys.stdout, text)

    from azdock.cli import help

    if not argv or argv == ["--help"]:
        # docker without a command prints its help as an error, and succeeds
        return _print(sys.stdout if argv else sys.stderr, help.root_help())
    if argv in (["--version"], ["-v"]):
        return _print(sys.stdout, help.version_line() + "\n")
    return None


def _print(stream: TextIO, text: str) -> int:
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:
        sys.stdout = None  # nothing more to flush at exit
        return 141
    return 0


if __name__ == "__main__":
    sys.exit(main())
