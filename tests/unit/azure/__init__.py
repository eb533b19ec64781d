"""Tests of azdock.azure: no network, no sleeps."""
