"""Print the N-th fenced `sh` block of the README, so that CI runs what a reader pastes."""

import re
import sys
from pathlib import Path

blocks = re.findall(r"^```sh\n(.*?)^```", Path("README.md").read_text(encoding="utf-8"), re.M | re.S)
sys.stdout.write(blocks[int(sys.argv[1]) - 1])
