"""The part of a backend through which one gets into containers; most commands never need what is behind it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cached_property
from typing import TYPE_CHECKING

from azdock.docker.channels import ExecChannel, ExecRequest
from azdock.docker.record import ContainerRecord

if TYPE_CHECKING:
    from azdock.azure.containers import Containers
    from azdock.backends.exec_pool import Place
    from azdock.backends.inside import Inside


class InsideBase(ABC):
    """exec and stdin of a backend, which says where its containers are (see inside.Reach)."""

    @property
    @abstractmethod
    def containers(self) -> Containers:
        """The resources of the backend's kind."""

    @abstractmethod
    def place(self, record: ContainerRecord, replica: str = "") -> Place:
        """The record's resource, its run as Azure names it, and the replica wished for; "" is any."""

    @abstractmethod
    def endpoint(self, place: Place, field: str) -> str:
        """An address of the main container there; "" when there is none now."""

    def exec(self, record: ContainerRecord, request: ExecRequest) -> ExecChannel:
        """A command in the running container. Raises Unsupported for another user with a terminal."""
        return self._inside.exec(record, request)

    def stdin(self, record: ContainerRecord) -> ExecChannel:
        """A channel into the standard input of the run's command."""
        return self._inside.stdin(record)

    def connected(self, record: ContainerRecord) -> bool:
        """Whether an exec connection into the record's run lives."""
        return "_inside" in self.__dict__ and self._inside.connected(record)

    def hang_up(self) -> None:
        """Drop the exec connections."""
        if "_inside" in self.__dict__:
            self._inside.close()

    @cached_property
    def _inside(self) -> Inside:
        from azdock.backends.inside import Inside

        return Inside(self)
