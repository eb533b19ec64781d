"""Contract tests: azdock and the emulator over a socket."""

import pytest

# Suites are imported by test modules; pytest explains failed assertions only in what it rewrote.
for suite in ("backend_suite", "backend_suite_logs", "backend_suite_trouble"):
    pytest.register_assert_rewrite(f"{__name__}.{suite}")
