"""Whether a run can be trusted, and what that costs: python -m tests.bench.trust [--runs N] [--lines N] [--docker].

Talks to the embedded Azure of AZDOCK_HOME, which must run and hold the image. Its manners are made bad for the runs and
good again afterwards. Exits with 1 when one byte or one exit code is wrong; figures never fail.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import statistics
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Sequence

NASTY = {"replica_linger": "0", "stream_cut": "2", "log_delay": "60"}
NICE = {"replica_linger": "5", "stream_cut": "0", "log_delay": "0"}
# A command through the control connection may take so much longer than `azdock version`.
EXTRA_SECONDS = 0.15


class Trust:
    """One azdock, one image; `wrong` counts what was not as it should be."""

    def __init__(self, azdock: str, image: str) -> None:
        self.azdock, self.image, self.wrong = azdock, image, 0

    def call(self, *argv: str, program: str = "") -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [program or self.azdock, *argv], stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=600
        )

    def behave(self, manners: dict[str, str]) -> None:
        done = self.call("emulator", "set", *(f"{name}={value}" for name, value in manners.items()))
        if done.returncode:
            sys.exit(done.stderr.decode())

    def check(self, what: str, right: bool, seen: object) -> None:
        if not right:
            self.wrong += 1
            print(f"WRONG {what}: {seen}")

    # ---- the three parts
    def runs(self, count: int) -> None:
        """Short runs under bad manners: stdout, stderr and the exit code, each time."""
        self.behave(NASTY)
        began, before = time.perf_counter(), self.wrong
        try:
            for number in range(count):
                code = number % 5
                script = f"echo 1.2.{number}; echo warning {number} >&2; exit {code}"
                done = self.call("run", "--rm", self.image, "sh", "-c", script)
                seen = (done.stdout, done.stderr, done.returncode)
                right = (f"1.2.{number}\n".encode(), f"warning {number}\n".encode(), code)
                self.check(f"run {number}", seen == right, seen)
        finally:
            self.behave(NICE)
        seconds = (time.perf_counter() - began) / max(1, count)
        print(f"{count - self.wrong + before} of {count} runs complete and right, {seconds * 1000:.0f} ms each")

    def lines(self, count: int, docker: bool) -> None:
        """Many lines through run, logs and logs -f, also with a stream that is cut all the time; and docker's rate."""
        wanted = hashlib.sha256("".join(f"{number}\n" for number in range(1, count + 1)).encode()).hexdigest()
        rates = {"azdock run": self._rate("run", "--name", "trust-lines", self.image, "seq", str(count), wanted=wanted)}
        rates["azdock logs"] = self._rate("logs", "trust-lines", wanted=wanted)
        rates["azdock logs -f"] = self._rate("logs", "-f", "trust-lines", wanted=wanted)
        self.call("rm", "-f", "trust-lines")
        if docker:
            argv = ("run", "--name", "trust-lines", self.image, "seq", str(count))
            rates["docker run"] = self._rate(*argv, wanted=wanted, program="docker")
            rates["docker logs"] = self._rate("logs", "trust-lines", wanted=wanted, program="docker")
            self.call("rm", "-f", "trust-lines", program="docker")
        for name, seconds in rates.items():
            print(f"{seconds:7.2f} s  {count / seconds:10.0f} lines/s  {name}")
        if docker:
            print(f"{rates['docker run'] / rates['azdock run']:7.2f} of docker's rate: run (goal 0.5)")
            print(f"{rates['docker logs'] / rates['azdock logs']:7.2f} of docker's rate: logs (goal 0.5)")
        self._cut(count, wanted)

    def _rate(self, *argv: str, wanted: str, program: str = "") -> float:
        seconds = []
        for turn in range(3):
            if turn and argv[0] == "run":
                self.call("rm", "-f", "trust-lines", program=program)
            began = time.perf_counter()
            done = self.call(*argv, program=program)
            seconds.append(time.perf_counter() - began)
            self.check(" ".join(argv), hashlib.sha256(done.stdout).hexdigest() == wanted, done.stderr[-500:])
        return statistics.median(seconds)

    def _cut(self, count: int, wanted: str) -> None:
        """The stream ends at least ten times while a program prints, and a second client follows from its beginning."""
        part = count // 10
        script = f"for i in 0 1 2 3 4 5 6 7 8 9; do seq $((i*{part}+1)) $(((i+1)*{part})); sleep 0.3; done"
        self.behave({"stream_cut": "0.2"})
        found: list[bytes] = []

        def second() -> None:
            while self.call("inspect", "trust-cut").returncode:
                time.sleep(0.02)
            found.append(self.call("logs", "-f", "trust-cut").stdout)

        other = threading.Thread(target=second)
        other.start()
        try:
            first = self.call("run", "--name", "trust-cut", self.image, "sh", "-c", script)
            other.join()
        finally:
            self.behave(NICE)
        for name, data in (("run", first.stdout), ("logs -f", found[0])):
            right = hashlib.sha256(data).hexdigest() == wanted
            self.check(f"{name} through a stream that is cut", right, f"{len(data.splitlines())} lines")
            print(f"{name} of a second client, stream cut ten times: {'identical' if right else 'WRONG'}")
        self.call("rm", "-f", "trust-cut")

    def execs(self, count: int) -> None:
        """Many commands in one container: handshakes, and seconds beyond those of `azdock version`."""
        container = self.call("run", "-d", self.image, "sleep", "600").stdout.decode().strip()
        before, seconds, versions = self._handshakes(), [], []
        for number in range(count):
            began = time.perf_counter()
            done = self.call("exec", container, "true")
            seconds.append(time.perf_counter() - began)
            self.check(f"exec {number}", done.returncode == 0 and not done.stderr, done.stderr)
            began = time.perf_counter()
            self.call("version")
            versions.append(time.perf_counter() - began)
        version, rest = statistics.median(versions), seconds[1:]
        print(f"{count} execs: {self._handshakes() - before} handshakes (goal: at most 2)")
        print(f"first {seconds[0] * 1000:.0f} ms, then median {statistics.median(rest) * 1000:.0f} ms, "
              f"at most {max(rest) * 1000:.0f} ms; azdock version {version * 1000:.0f} ms")  # fmt: skip
        late = sum(one > version + EXTRA_SECONDS for one in rest)
        print(f"{late} of {len(rest)} took more than {EXTRA_SECONDS} s longer than azdock version (goal: none)")
        self.call("rm", "-f", container)

    def _handshakes(self) -> int:
        found = json.loads(self.call("emulator", "status", "--format", "json").stdout)
        token = self.call("emulator", "token").stdout.decode().strip()
        request = urllib.request.Request(f"{found['url']}/_azdock/status", headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(request) as answer:
            return int(json.load(answer)["counters"]["exec_handshakes"])


def main(argv: Sequence[str]) -> int:
    """Run the parts asked for; 1 when something was wrong."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--lines", type=int, default=100_000)
    parser.add_argument("--execs", type=int, default=50)
    parser.add_argument("--azdock", default=shutil.which("azdock") or "azdock")
    parser.add_argument("--docker", action="store_true", help="compare with a Docker engine that has the image, too")
    parser.add_argument("--image", default="busybox:latest")
    options = parser.parse_args(argv)
    trust = Trust(options.azdock, options.image)
    if options.execs:
        trust.execs(options.execs)
    if options.lines:
        trust.lines(options.lines, options.docker)
    if options.runs:
        trust.runs(options.runs)
    return 1 if trust.wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
