"""Tests of azdock.backends: pure tables and fakes."""
