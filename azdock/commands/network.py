"""azdock network: environments, each a network whose containers reach one another by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from azdock.cli.env import Env
from azdock.cli.flags import flag
from azdock.cli.main import report
from azdock.cli.verb import verb
from azdock.commands import checks, confirming
from azdock.docker import network as networks
from azdock.docker.labels import parse_labels
from azdock.docker.network import Network
from azdock.docker.values import BadValue
from azdock.errors import AzdockError, DaemonError, NotFound, Unsupported
from azdock.output.format import FormatError, render_list
from azdock.output.networks import NETWORK_VIEW, network_row

PRUNE_WARNING = "WARNING! This will remove all custom networks not used by at least one container."
SUBNET = "subnet"
_ADDRESSES = "Azure chooses the addresses of an environment"
# flag -> why nothing can come of it
_REFUSED = {
    "aux_address": _ADDRESSES,
    "config_from": "Azure keeps no configurations of networks",
    "config_only": "Azure keeps no configurations of networks",
    "ingress": "there is no swarm, and every environment has an ingress",
    "ipam_opt": _ADDRESSES,
    "ipv6": "environments have IPv4 only",
    "scope": "there is no swarm",
}
_IGNORED = ("gateway", "ip_range", "subnet")


@dataclass(frozen=True, slots=True)
class CreateFlags:
    """The flags of `docker network create`."""

    attachable: bool = flag("bool", "Accepted: every container may name the network when it is created")
    aux_address: tuple[str, ...] = flag("map", f"Refused: {_ADDRESSES}")
    config_from: str = flag("string", "Refused: Azure keeps no configurations of networks")
    config_only: bool = flag("bool", "Refused: Azure keeps no configurations of networks")
    driver: str = flag("string", "Kind of network: bridge", "d", "bridge")
    gateway: tuple[str, ...] = flag("strings", f"Ignored: {_ADDRESSES}")
    ingress: bool = flag("bool", "Refused: every environment has an ingress")
    internal: bool = flag("bool", "No access from outside; needs -o subnet=ID")
    ip_range: tuple[str, ...] = flag("strings", f"Ignored: {_ADDRESSES}")
    ipam_driver: str = flag("string", "IP address management: default", default="default")
    ipam_opt: tuple[str, ...] = flag("map", f"Refused: {_ADDRESSES}")
    ipv4: bool = flag("bool", "Environments have IPv4", default=True)
    ipv6: bool = flag("bool", "Refused: environments have IPv4 only")
    label: tuple[str, ...] = flag("list", "Set a label (NAME=VALUE)", check=checks.label)
    opt: tuple[str, ...] = flag("map", "subnet=ID: Azure id of a subnet of yours to put the environment into", "o")
    scope: str = flag("string", "Refused: there is no swarm")
    subnet: tuple[str, ...] = flag("strings", f"Ignored: {_ADDRESSES}")


@dataclass(frozen=True, slots=True)
class LsFlags:
    """The flags of `docker network ls`."""

    filter: tuple[str, ...] = flag("filter", "Show what matches (name=back, label=a=b, dangling=true)", "f")
    format: str = flag("string", "Print with a template: table, table TEMPLATE, json or TEMPLATE")
    no_trunc: bool = flag("bool", "Shorten nothing")
    quiet: bool = flag("bool", "Print IDs only", "q")


@dataclass(frozen=True, slots=True)
class InspectFlags:
    """The flags of `docker network inspect`."""

    format: str = flag("string", "Print with a template: json or TEMPLATE", "f")
    verbose: bool = flag("bool", "Accepted: there is no swarm to tell more of", "v")


@dataclass(frozen=True, slots=True)
class PruneFlags:
    """The flags of `docker network prune`."""

    filter: tuple[str, ...] = flag("filter", "Remove only what matches (until=24h, label=a, label!=a)")
    force: bool = flag("bool", "Do not ask", "f")


@dataclass(frozen=True, slots=True)
class RmFlags:
    """The flags of `docker network rm`."""

    force: bool = flag("bool", "A missing one is no failure", "f")


@verb(CreateFlags)
def create(env: Env, flags: CreateFlags, args: Sequence[str]) -> int:
    """Create a network and print its ID."""
    try:
        labels = parse_labels(flags.label)
        options = parse_labels(flags.opt)
    except BadValue as bad:
        raise AzdockError(str(bad)) from bad
    _refuse(flags, options)
    for name in _IGNORED:
        if getattr(flags, name):
            env.err.line(f"WARNING: --{name.replace('_', '-')} is ignored: {_ADDRESSES}")
    service = env.networks()
    if not service.embedded or env.err.terminal:
        env.err.line(
            "WARNING: a network is an environment of its own: making it takes 3 to 8 minutes, and a subscription has a "
            "limited number of them in a region"
        )
    made = service.create(Network(args[0], "", labels=labels, options=options, internal=flags.internal))
    env.out.line(made.id)
    return 0


@verb(LsFlags)
def ls(env: Env, flags: LsFlags, _args: Sequence[str]) -> int:
    """List networks by name."""
    try:
        found = env.networks().matching(networks.parse_filters(flags.filter))
        rows = [network_row(one, no_trunc=flags.no_trunc) for one in found]
        text = render_list(NETWORK_VIEW, rows, flags.format, quiet=flags.quiet)
    except BadValue as bad:
        raise DaemonError(str(bad)) from bad
    except FormatError as bad:
        raise AzdockError(str(bad)) from bad
    env.out.write(text.encode())
    return 0


@verb(InspectFlags)
def show(env: Env, flags: InspectFlags, args: Sequence[str]) -> int:
    """Print networks as JSON."""
    from azdock.commands.inspect import of_network
    from azdock.commands.inspect import show as printed

    return printed(env, args, flags.format, lambda name: of_network(env, name))


@verb(RmFlags)
def rm(env: Env, flags: RmFlags, args: Sequence[str]) -> int:
    """Delete networks."""
    service, failed = env.networks(), False
    for name in args:
        try:
            service.remove(name)
        except NotFound as missing:
            if not flags.force:
                env.err.line(report(missing, env))
                failed = True
            continue
        except AzdockError as refused:
            env.err.line(report(refused, env))
            failed = True
            continue
        env.out.line(name)
    return 1 if failed else 0


@verb(PruneFlags)
def prune(env: Env, flags: PruneFlags, _args: Sequence[str]) -> int:
    """Delete the networks that azdock made and no container is in."""
    try:
        wanted = networks.parse_filters(flags.filter, prune=True)
    except BadValue as bad:
        raise DaemonError(str(bad)) from bad
    if not flags.force and not confirming.confirmed(env, PRUNE_WARNING):
        return 0
    removed = env.networks().prune(wanted)
    if removed:
        env.out.line("Deleted Networks:\n" + "".join(f"{name}\n" for name in removed))
    return 0


def _refuse(flags: CreateFlags, options: dict[str, str]) -> None:
    for name, reason in _REFUSED.items():
        if getattr(flags, name):
            raise Unsupported(f"--{name.replace('_', '-')}: {reason}")
    if flags.driver != "bridge":
        raise Unsupported(f"--driver {flags.driver}: Azure has one kind of network", hint="leave --driver away")
    if flags.ipam_driver != "default" or not flags.ipv4:
        raise Unsupported(f"--{'ipv4=false' if not flags.ipv4 else 'ipam-driver'}: {_ADDRESSES}")
    for name in options.keys() - {SUBNET}:
        raise Unsupported(f"--opt {name}: an environment has no such option", hint="the one there is: -o subnet=ID")
    if flags.internal and SUBNET not in options:
        raise Unsupported(
            "--internal: an environment is closed to the outside only in a virtual network of yours",
            hint="give -o subnet=ID, or publish no ports to the outside: -p 127.0.0.1:8080:80",
        )
