"""update: a container's limits, restart policy, environment or image, changed in place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from azdock.docker.record import ContainerRecord
from azdock.docker.spec import EMPTY, ContainerSpec, Resources, Restart
from azdock.errors import DaemonError
from azdock.services import placement
from azdock.services.judging import is_up, refuse
from azdock.services.ledger import Ledger
from azdock.services.registry import Backends


@dataclass(frozen=True, slots=True)
class Changes:
    """What is to be changed; None and () leave things as they are. `env` has NAME=value, later ones winning. `asked`
    maps flags that `run` has, too, to their texts, as in ContainerSpec."""

    nano_cpus: int | None = None
    memory: int | None = None
    memory_reservation: int | None = None
    restart: Restart | None = None
    env: tuple[str, ...] = ()
    image: str = ""
    scale: tuple[int, int] | None = None
    asked: Mapping[str, str] = field(default_factory=lambda: EMPTY)

    def applied(self, spec: ContainerSpec) -> ContainerSpec:
        """The spec afterwards."""
        before = spec.resources
        resources = Resources(
            before.nano_cpus if self.nano_cpus is None else self.nano_cpus,
            before.memory if self.memory is None else self.memory,
            before.memory_reservation if self.memory_reservation is None else self.memory_reservation,
        )
        names = {one.partition("=")[0] for one in self.env}
        kept = tuple(one for one in spec.env if one.partition("=")[0] not in names)
        return replace(
            spec,
            resources=resources,
            restart=self.restart or spec.restart,
            env=(*kept, *self.env),
            image=self.image or spec.image,
            scale=self.scale or spec.scale,
            asked=self.asked,
        )


@dataclass(frozen=True, slots=True)
class Updated:
    """The container afterwards, warnings, and when the change takes effect, if it is not at once."""

    record: ContainerRecord
    warnings: list[str] = field(default_factory=list)
    when: str = ""


class Updating:
    """Changing containers that exist."""

    def __init__(self, ledger: Ledger, backends: Backends) -> None:
        self._ledger = ledger
        self._backends = backends

    def update(self, name: str, changes: Changes) -> Updated:
        """Change a container. Raises Unsupported before anything is changed when its kind cannot have what is asked."""
        record = self._ledger.refresh(self._ledger.find(name))
        backend = self._backends.get(record.backend)
        spec = changes.applied(record.spec)
        if record.spec.auto_remove and spec.restart.name != "no":
            raise DaemonError(
                "Restart policy cannot be updated because AutoRemove is enabled for the container", code=1
            )
        gaps = backend.gaps(spec)
        refuse(gaps)
        facts = backend.image(spec.image, "missing") if changes.image else record.image
        refuse(backend.needs(spec, facts))
        changed = replace(record, spec=replace(spec, asked=EMPTY), image=facts)
        status = backend.update(replace(record, image=facts), changed.spec)
        self._ledger.change(record, lambda current: replace(current, spec=changed.spec, image=facts, seen=status))
        known = backend.notices(record.spec)
        warnings = [f"--{gap.flag} is ignored: {gap.reason}" for gap in gaps]
        warnings += [one for one in backend.notices(spec) if one not in known]
        return Updated(replace(changed, seen=status), warnings, _when(record, changes, status.run))


def _when(record: ContainerRecord, changes: Changes, run: str) -> str:
    name = record.ident.name
    if placement.stays_up(record.backend):
        return f"{name}: revision {run} takes over" if run and run != record.seen.run else ""
    only_restart = replace(changes, restart=None, asked=EMPTY) == Changes()
    return "" if only_restart or not is_up(record.seen) else f"{name}: in effect from its next run on"
