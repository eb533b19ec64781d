"""The one error of the docker vocabulary."""

from __future__ import annotations


class BadValue(ValueError):
    """A value docker would refuse; the text is docker's own message."""
