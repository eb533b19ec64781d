"""Volumes: create, ls, inspect, rm, prune, and what containers need of them before they exist and after they go."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from azdock.backends import base
from azdock.backends.base import VolumeFiles, VolumeStore
from azdock.docker import mounts as options
from azdock.docker import names
from azdock.docker.labels import parse_labels
from azdock.docker.mounts import NFS, Mount
from azdock.docker.record import ContainerRecord
from azdock.docker.spec import EMPTY, ContainerSpec, ImageFacts
from azdock.docker.values import BadValue
from azdock.docker.volume import ANONYMOUS, SNAPSHOT, Volume, check_name, driver_of, parse_options
from azdock.errors import Conflict, DaemonError, NotFound, Unsupported
from azdock.services import mount_checks, reconcile, snapshots
from azdock.services.registry import Backends
from azdock.services.snapshots import Carried
from azdock.settings import Settings
from azdock.state.store import Store

NFS_NETWORK = "an NFS volume needs an environment in a virtual network of yours"
Steps = Callable[[], AbstractContextManager[Callable[[str], None]]]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A spec whose mounts are all there, and sentences the user should read on stderr."""

    spec: ContainerSpec
    notices: tuple[str, ...] = ()


class Volumes:
    """The volumes of one context. `steps` opens a place to show what slow work is at."""

    def __init__(
        self, store: Store, backends: Backends, settings: Settings, steps: Steps = lambda: nullcontext(lambda _: None)
    ) -> None:
        self._store, self._backends, self._settings, self._steps = store, backends, settings, steps

    @cached_property
    def _volumes(self) -> VolumeStore:
        return base.connect_volumes(self._settings)

    # ---- the verbs
    def create(
        self,
        name: str = "",
        driver: str = "",
        labels: Mapping[str, str] = EMPTY,
        asked: Mapping[str, str] = EMPTY,
    ) -> Volume:
        """Make a volume, ready for containers of the context's environment; one that exists is left as it is, apart
        from its way in. Without a name it gets one of 64 hex digits. Raises DaemonError, Conflict in docker's words."""
        if not name:
            name, labels = names.new_id(), {**labels, ANONYMOUS: ""}
        volume = self._new(name, driver, labels, asked)
        there = self._find(name)
        if there is not None and there.driver != volume.driver:
            raise Conflict(
                f"create {name}: driver '{there.driver}' already has volume '{name}': volume name must be unique"
            )
        made = there or self._volumes.create(volume)
        self._volumes.link(made, "", read_only=False, again=there is not None)
        return made

    def all(self) -> list[Volume]:
        """Every volume, by name."""
        return self._volumes.all()

    def get(self, name: str) -> Volume:
        """One volume. Raises NotFound in docker's words."""
        return self._volumes.get(name)

    def files(self, volume: Volume) -> VolumeFiles:
        """The way to a volume's files without a container. Raises Unsupported where there is none."""
        return self._volumes.files(volume)

    def users(self) -> dict[str, list[str]]:
        """The ids of the containers that mount each volume, whatever their state; Azure is asked."""
        found: dict[str, list[str]] = {}
        for record in reconcile.refresh(self._store, self._backends):
            for name in volumes_of(record.spec):
                found.setdefault(name, []).append(record.ident.id)
        return found

    def remove(self, name: str, *, force: bool) -> None:
        """Delete a volume. Raises Conflict for one in use; NotFound for one that is not there, unless `force`."""
        volume = self._find(name)
        if volume is None:
            if force:
                return
            raise NotFound(f"get {name}: no such volume", code=1)
        if users := self.users().get(name):
            raise Conflict(f"remove {name}: volume is in use - [{', '.join(users)}]")
        self._volumes.remove(volume)

    def prune(self, wanted: Callable[[Volume], bool]) -> list[str]:
        """Delete every volume that no container mounts and that is `wanted`; their names."""
        users = self.users()
        gone = [one for one in self.all() if one.name not in users and wanted(one)]
        for one in gone:
            self._volumes.remove(one)
        return [one.name for one in gone]

    def close(self) -> None:
        """Drop the connections."""
        if "_volumes" in self.__dict__:
            self._volumes.close()

    # ---- for containers
    def check(self, spec: ContainerSpec) -> None:
        """Raises DaemonError and Unsupported for mounts that cannot be, before anything is made."""
        mount_checks.check(spec.mounts)

    def prepare(self, spec: ContainerSpec, image: ImageFacts) -> Prepared:
        """Make what the mounts of a spec and its image's VOLUMEs need: named and anonymous volumes, snapshots of local
        files, each with a way in from the container's network. What was made here is gone again after an error."""
        self.check(spec)
        ready: list[Mount] = []
        notices: list[str] = []
        try:
            for mount in (*spec.mounts, *_of_image(spec.mounts, image.volumes)):
                ready.append(self._ready(mount, spec.network, notices))
        except BaseException:
            self.release_spec(replace(spec, mounts=tuple(ready)), anonymous=True)
            raise
        return Prepared(replace(spec, mounts=tuple(ready)), tuple(dict.fromkeys(notices)))

    def release(self, record: ContainerRecord, *, anonymous: bool) -> None:
        """Delete what belongs to a container that is gone: snapshots, and with `anonymous` its anonymous volumes."""
        self.release_spec(record.spec, anonymous=anonymous, id=record.ident.id)

    def release_spec(self, spec: ContainerSpec, *, anonymous: bool, id: str = "") -> None:
        """As release(), for a spec whose container `id` may never have existed."""
        others = [one for one in self._store.read().containers.values() if one.ident.id != id]
        shared = {name for one in others for name in volumes_of(one.spec)}
        for mount in spec.mounts:
            own = options.SNAPSHOT_OF in mount.options or (anonymous and options.ANONYMOUS in mount.options)
            if own and mount.source not in shared and (volume := self._find(mount.source)) is not None:
                self._volumes.remove(volume)

    def sync_back(self, record: ContainerRecord) -> Carried:
        """Bring the snapshots of a container home to where they came from. Read-only ones have not changed. Raises
        Unsupported for a container that has none."""
        taken = [one for one in record.spec.mounts if options.SNAPSHOT_OF in one.options]
        if not taken:
            raise Unsupported("--sync-back: the container mounts no local folder", hint="give one: -v ./dir:/path")
        total = Carried()
        with self._steps() as show:
            for mount in taken:
                if mount.read_only:
                    continue
                files = self._volumes.files(self._volumes.get(mount.source))
                try:
                    total += snapshots.download(files, mount.options[options.SNAPSHOT_OF], show)
                finally:
                    files.close()
        return total

    # ---- steps
    def _find(self, name: str) -> Volume | None:
        try:
            return self._volumes.get(name)
        except NotFound:
            return None

    def _new(self, name: str, driver: str, labels: Mapping[str, str], asked: Mapping[str, str]) -> Volume:
        try:
            check_name(name)
            chosen = driver_of(driver, asked)
            parse_options(asked, chosen)
        except BadValue as bad:
            raise DaemonError(f"create {name}: {bad}") from bad
        return Volume(name, datetime.now(UTC).replace(microsecond=0), chosen, labels, asked)

    def _ready(self, mount: Mount, network: str, notices: list[str]) -> Mount:
        if mount.type == "tmpfs":
            if any(name.startswith("tmpfs-") for name in mount.options):
                notices.append(
                    f"the tmpfs {mount.target} is an EmptyDir on the replica's disk: its size and mode are not limited"
                )
            return mount
        if mount.type == "bind":
            return self._snapshot(mount, network, notices)
        volume, own = self._volume_of(mount)
        if volume.driver == NFS:
            notices.append(NFS_NETWORK)
        try:
            self._volumes.link(volume, network, read_only=mount.read_only)
        except BaseException:
            if own:
                self._volumes.remove(volume)
            raise
        return _mounted(mount, volume, {options.ANONYMOUS: "true"} if own else {})

    def _volume_of(self, mount: Mount) -> tuple[Volume, bool]:
        """The volume of a mount, made if it is missing, and whether it belongs to this container alone."""
        labels = parse_labels(one for one in mount.options.get("volume-label", "").split("\n") if one)
        driver, asked = mount.options.get("volume-driver", ""), mount_checks.options_of(mount)
        if not mount.source:
            new = self._new(names.new_id(), driver, {**labels, ANONYMOUS: ""}, asked)
            return self._volumes.create(new), True
        there = self._find(mount.source)
        return there or self._volumes.create(self._new(mount.source, driver, labels, asked)), False

    def _snapshot(self, mount: Mount, network: str, notices: list[str]) -> Mount:
        """A volume of its own with the content of a local file or folder."""
        source = posixpath.normpath(mount.source)
        labels = {ANONYMOUS: "", SNAPSHOT: source}
        volume = self._volumes.create(self._new(names.new_id(), "", labels, {}))
        try:
            self._volumes.link(volume, network, read_only=mount.read_only)
            carried = self._upload(source, volume)
        except BaseException:
            self._volumes.remove(volume)
            raise
        notices.append(_told(source, carried))
        extra = {options.ANONYMOUS: "true", options.SNAPSHOT_OF: source}
        if Path(source).is_file():
            extra["volume-subpath"] = posixpath.basename(source)
        return _mounted(mount, volume, extra)

    def _upload(self, source: str, volume: Volume) -> Carried:
        files = self._volumes.files(volume)
        try:
            with self._steps() as show:
                return snapshots.upload(source, files, show)
        finally:
            files.close()


def volumes_of(spec: ContainerSpec) -> list[str]:
    """The names of the volumes that a container mounts."""
    return list(dict.fromkeys(one.source for one in spec.mounts if one.type == "volume" and one.source))


def _of_image(given: Iterable[Mount], paths: Sequence[str]) -> list[Mount]:
    """Anonymous volumes for the VOLUMEs of an image that nothing else is mounted on."""
    taken = {posixpath.normpath(one.target) for one in given}
    return [Mount(target=path) for path in dict.fromkeys(map(posixpath.normpath, paths)) if path not in taken]


def _mounted(mount: Mount, volume: Volume, extra: Mapping[str, str]) -> Mount:
    """The mount of a volume that exists; what only its making needed is over."""
    kept = {key: text for key, text in mount.options.items() if key not in ("volume-opt", "volume-label")}
    asked = {**volume.options, **mount_checks.options_of(mount)}
    found = {**kept, "volume-driver": volume.driver, **extra}
    if text := parse_options(asked, volume.driver).mount:
        found[options.MOUNT_OPTIONS] = text
    return replace(mount, type="volume", source=volume.name, options=found)


def _told(source: str, carried: Carried) -> str:
    """The one sentence about a snapshot."""
    text = f"a snapshot of {source} was uploaded ({carried}), without modes and owners; what changes in either place"
    text += " does not reach the other (--sync-back brings it home after the run)"
    if carried.left_out:
        text += f"; links that lead out of it and special files were left out ({carried.left_out})"
    return text
