"""azdock volume create, inspect, ls, prune, rm."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from azdock.cli.env import Env
from azdock.cli.flags import flag
from azdock.cli.verb import verb
from azdock.commands import checks, confirming, targets
from azdock.docker.spec import EMPTY
from azdock.docker.volume import Volume
from azdock.errors import AzdockError, DaemonError, Unsupported
from azdock.output import volumes as views
from azdock.output.format import FormatError, render_list

# of volumes that docker keeps in a swarm
CLUSTER = (
    *("availability", "group", "limit-bytes", "required-bytes", "scope", "secret", "sharing", "type"),
    *("topology-preferred", "topology-required"),
)
TRUTH: Mapping[str, bool] = {**dict.fromkeys(("true", "1"), True), **dict.fromkeys(("false", "0"), False)}
PRUNE = "WARNING! This will remove {} local volumes not used by at least one container."
QUESTION = "Are you sure you want to continue? [y/N] "


@dataclass(frozen=True, slots=True)
class CreateFlags:
    """The flags of `docker volume create`; those about volumes of a swarm are refused."""

    availability: str = flag("string", "Refused: volumes of a swarm only", default="active")
    driver: str = flag("string", "local (Azure Files by SMB), or nfs (premium, in your virtual network)", "d", "local")
    group: str = flag("string", "Refused: volumes of a swarm only")
    label: tuple[str, ...] = flag("list", "Set a label (NAME=VALUE)", check=checks.label)
    limit_bytes: int | None = flag("bytes", "Refused: volumes of a swarm only; see -o size=")
    opt: tuple[str, ...] = flag("map", "Mount options (nobrl,uid=1000), the most it may hold (size=10g)", "o")
    required_bytes: int | None = flag("bytes", "Refused: volumes of a swarm only")
    scope: str = flag("string", "Refused: volumes of a swarm only", default="single")
    secret: tuple[str, ...] = flag("map", "Refused: volumes of a swarm only")
    sharing: str = flag("string", "Refused: volumes of a swarm only", default="none")
    topology_preferred: tuple[str, ...] = flag("list", "Refused: volumes of a swarm only")
    topology_required: tuple[str, ...] = flag("list", "Refused: volumes of a swarm only")
    type: str = flag("string", "Refused: volumes of a swarm only", default="block")
    given: Mapping[str, str] = field(default_factory=lambda: EMPTY)


@dataclass(frozen=True, slots=True)
class InspectFlags:
    """The flags of `docker volume inspect`."""

    format: str = flag("string", "Print with a template: json or TEMPLATE", "f")


@dataclass(frozen=True, slots=True)
class LsFlags:
    """The flags of `docker volume ls`."""

    cluster: bool = flag("bool", "Refused: volumes of a swarm only")
    filter: tuple[str, ...] = flag("filter", "Show what matches (name=data, label=a=b, dangling=true, driver=nfs)", "f")
    format: str = flag("string", "Print with a template: table, table TEMPLATE, json or TEMPLATE")
    quiet: bool = flag("bool", "Print names only", "q")


@dataclass(frozen=True, slots=True)
class PruneFlags:
    """The flags of `docker volume prune`."""

    all: bool = flag("bool", "Remove volumes with a name, too", "a")
    filter: tuple[str, ...] = flag("filter", "Remove what matches (label=a=b, label!=a)")
    force: bool = flag("bool", "Do not ask", "f")


@dataclass(frozen=True, slots=True)
class RmFlags:
    """The flags of `docker volume rm`."""

    force: bool = flag("bool", "A volume that does not exist is no error", "f")


@verb(CreateFlags)
def create(env: Env, flags: CreateFlags, args: Sequence[str]) -> int:
    """Make a volume and print its name."""
    for name in flags.given:
        if name in CLUSTER:
            raise Unsupported(f"--{name}: Azure has no volumes of a swarm", hint="a volume's limit is -o size=10g")
    asked = {key: value for key, _, value in (one.partition("=") for one in flags.opt)}
    labels = {key: value for key, _, value in (one.partition("=") for one in flags.label)}
    made = env.volumes().create(args[0] if args else "", flags.driver, labels, asked)
    if made.driver != "local":
        from azdock.services.volumes import NFS_NETWORK

        env.err.line(f"WARNING: {NFS_NETWORK}")
    env.out.line(made.name)
    return 0


@verb(InspectFlags)
def inspect(env: Env, flags: InspectFlags, args: Sequence[str]) -> int:
    """Print volumes."""
    from azdock.commands.inspect import show

    found = env.volumes()
    return show(env, args, flags.format, lambda name: views.volume_json(found.get(name)), view=views.volume_struct)


@verb(LsFlags)
def ls(env: Env, flags: LsFlags, _args: Sequence[str]) -> int:
    """List volumes by name."""
    if flags.cluster:
        raise Unsupported("--cluster: Azure has no volumes of a swarm")
    wanted = _parsed(flags.filter, ("dangling", "driver", "label", "name"))
    volumes = env.volumes()
    users = volumes.users() if any(key == "dangling" for key, _ in wanted) else {}
    shown = [one for one in volumes.all() if _fits(one, wanted, one.name in users)]
    try:
        rows = [views.volume_row(one) for one in shown]
        text = render_list(views.volume_view(), rows, flags.format, quiet=flags.quiet)
    except FormatError as bad:
        raise AzdockError(str(bad)) from bad
    env.out.write(text.encode())
    return 0


@verb(PruneFlags)
def prune(env: Env, flags: PruneFlags, _args: Sequence[str]) -> int:
    """Remove volumes that no container mounts: those without a name, or all."""
    wanted = _parsed(flags.filter, ("label", "label!"))
    if not flags.force and not confirming.confirmed(env, PRUNE.format("all" if flags.all else "anonymous")):
        return 0
    gone = env.volumes().prune(lambda one: (flags.all or one.anonymous) and _fits(one, wanted, False))
    if gone:
        env.out.line("\n".join(["Deleted Volumes:", *gone, ""]))
    env.out.line("Total reclaimed space: 0B")
    return 0


@verb(RmFlags)
def rm(env: Env, flags: RmFlags, args: Sequence[str]) -> int:
    """Remove volumes and print their names."""
    volumes = env.volumes()
    return targets.code(targets.each(env, args, lambda name: volumes.remove(name, force=flags.force)))


def _parsed(texts: Sequence[str], known: Sequence[str]) -> list[tuple[str, str]]:
    """Filters as pairs. Raises DaemonError in docker's words."""
    found = [(key.strip().lower(), value.strip()) for key, _, value in (one.partition("=") for one in texts if one)]
    for key, value in found:
        if key not in known:
            raise DaemonError(f"Invalid filter '{key}'")
        if key == "dangling" and value not in TRUTH:
            raise DaemonError(f"Invalid filter 'dangling=[{value}]'")
    return found


def _fits(volume: Volume, wanted: Sequence[tuple[str, str]], used: bool) -> bool:
    """Of the same key one condition is enough, but every label counts."""
    checks: Mapping[str, Callable[[str], bool]] = {
        "name": lambda value: bool(_search(value, volume.name)),
        "driver": lambda value: volume.driver == value,
        "dangling": lambda value: TRUTH[value] != used,
        "label": lambda value: _has_label(volume, value),
        "label!": lambda value: not _has_label(volume, value),
    }
    by_key: dict[str, list[bool]] = {}
    for key, value in wanted:
        by_key.setdefault(key, []).append(checks[key](value))
    return all((all if key.startswith("label") else any)(found) for key, found in by_key.items())


def _search(value: str, name: str) -> bool:
    try:
        return bool(re.search(value, name))
    except re.error:
        return False  # docker ignores a broken expression


def _has_label(volume: Volume, value: str) -> bool:
    key, equals, text = value.partition("=")
    return key in volume.labels and (not equals or volume.labels[key] == text)
