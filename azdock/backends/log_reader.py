"""The log as the rest of azdock reads it: lines, and afterwards how it ended."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence

from azdock.docker.channels import Ending, LogLine

Batches = Generator[Sequence[LogLine], None, Ending]


class Reader:
    """A LogReader over a generator of batches that returns the ending."""

    def __init__(self, batches: Callable[[], Batches], *, together: bool = False) -> None:
        self._batches = batches()
        self._ending = Ending(missing="the log was not read to its end")
        self.together = together

    def batches(self) -> Iterator[Sequence[LogLine]]:
        """The lines in the pieces in which they arrive."""
        self._ending = yield from self._batches

    def __iter__(self) -> Iterator[LogLine]:
        """The lines one by one."""
        for batch in self.batches():
            yield from batch

    @property
    def ending(self) -> Ending:
        """How the log ended."""
        return self._ending

    def close(self) -> None:
        """Drop the connections."""
        self._batches.close()
