"""Judge a parity run against the list of known differences.

parity_known.py again FIRST.xml RUNTIME          print the unlisted cases that differed
parity_known.py judge FIRST.xml SECOND.xml RUNTIME
"""

import sys
import xml.etree.ElementTree as tree
from pathlib import Path

KNOWN = Path("tests/parity/known_differences")


def known(runtime: str) -> dict[str, str]:
    """Case -> reason, for the differences that this runtime is known to have."""
    found = {}
    for line in KNOWN.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            head, _, reason = line.partition("#")
            case, *only = head.split()
            if not only or runtime in only:
                found[case] = reason.strip()
    return found


def results(path: str) -> dict[str, str]:
    """Case -> pass, fail or skip, from a JUnit file; empty when there is none."""
    if not Path(path).exists():
        return {}
    out = {}
    for case in tree.parse(path).getroot().iter("testcase"):
        word = "fail" if case.find("failure") is not None else "skip" if case.find("skipped") is not None else "pass"
        out[case.get("name", "")] = word
    return out


def main() -> int:
    mode, first, *rest = sys.argv[1:]
    listed, found = known(rest[-1]), results(first)
    if mode == "again":
        print(" ".join(case for case, word in found.items() if (word == "fail") != (case in listed) and word != "skip"))
        return 0
    found |= results(rest[0])
    new = [case for case, word in found.items() if word == "fail" and case not in listed]
    stale = [case for case, word in found.items() if word == "pass" and case in listed]
    total = sum(word != "skip" for word in found.values())
    passed = sum(word == "pass" for word in found.values())
    print(f"{rest[-1]}: {passed} of {total} cases behave like docker ({100 * passed / total:.0f}%)")
    for case in new:
        print(f"differs and is not listed: {case}")
    for case in stale:
        print(f"listed in {KNOWN} but behaves like docker: {case}")
    return 1 if new or stale else 0


if __name__ == "__main__":
    sys.exit(main())
