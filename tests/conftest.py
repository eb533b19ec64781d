"""What holds for every test."""

from __future__ import annotations

import os
import signal

# No test leaves a control process behind; those about them set it themselves.
os.environ["AZDOCK_CONTROL_PERSIST"] = "0"

# A shell ignores these for its background jobs, and what is ignored stays ignored in every program a test starts.
for _number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, signal.default_int_handler if _number == signal.SIGINT else signal.SIG_DFL)
