"""Whole-process medians side by side, all in one run: python -m tests.bench [--runs 7] [--az PATH] [--docker].

Commands take turns (A B C A B C ...), so a drifting machine slows all of them alike; what counts is the ratio.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence

IMAGE = "busybox:latest"


def measure(commands: dict[str, Sequence[str]], runs: int) -> dict[str, float]:
    """Name -> median seconds of a whole process, after one warm-up round."""
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for turn in range(runs + 1):
        for name, command in commands.items():
            begin = time.perf_counter()
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
            took = time.perf_counter() - begin
            if done.returncode:
                sys.exit(f"{' '.join(command)} ended with {done.returncode}: {done.stderr.decode()}")
            if turn:
                seconds[name].append(took)
    return {name: statistics.median(values) for name, values in seconds.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--azdock", default=shutil.which("azdock") or "azdock")
    parser.add_argument("--az", help="an Azure CLI that is logged in to the same embedded Azure")
    parser.add_argument("--docker", action="store_true", help="compare with a Docker engine that has the image, too")
    parser.add_argument("--image", default=IMAGE)
    options = parser.parse_args()
    azdock, image = options.azdock, options.image

    run = subprocess.run([azdock, "run", "-d", image, "sleep", "600"], capture_output=True, text=True, check=True)
    container = run.stdout.strip()
    commands: dict[str, Sequence[str]] = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "azdock --help": [azdock, "--help"],
        "azdock ps": [azdock, "ps"],
        "azdock run --rm IMAGE true": [azdock, "run", "--rm", image, "true"],
        "azdock exec C true": [azdock, "exec", container, "true"],
    }
    twin = ""
    if options.az:
        group = os.environ.get("AZDOCK_GROUP", "azdock")
        commands["az containerapp job list"] = [options.az, "containerapp", "job", "list", "-g", group]
    if options.docker:
        done = subprocess.run(
            ["docker", "run", "-d", image, "sleep", "600"], capture_output=True, text=True, check=True
        )
        twin = done.stdout.strip()
        commands["docker run --rm IMAGE true"] = ["docker", "run", "--rm", image, "true"]
        commands["docker exec C true"] = ["docker", "exec", twin, "true"]
    try:
        medians = measure(commands, options.runs)
    finally:
        subprocess.run([azdock, "rm", "-f", container], capture_output=True, check=False)
        if twin:
            subprocess.run(["docker", "rm", "-f", twin], capture_output=True, check=False)
    for name, median in medians.items():
        print(f"{median * 1000:8.1f} ms  {name}")
    for one, other, bar in (
        ("azdock --help", "python -c pass", 1.5),
        ("azdock ps", "az containerapp job list", 0.35),
        ("azdock ps", "python -c pass", 12),
        ("azdock run --rm IMAGE true", "docker run --rm IMAGE true", 2),
        ("azdock exec C true", "docker exec C true", None),
    ):
        if other in medians:
            goal = f"goal {bar}" if bar else "no goal yet"
            print(f"{medians[one] / medians[other]:8.2f}     {one} / {other} ({goal})")


if __name__ == "__main__":
    main()
