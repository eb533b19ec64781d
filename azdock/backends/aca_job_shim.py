"""Pure: when a job's command line is wrapped by the run shim, and how."""

from __future__ import annotations

from azdock.backends.base import Gap
from azdock.backends.shim import Mark, Plan, Stdin, must_carry
from azdock.docker.channels import Attachment
from azdock.docker.record import ContainerRecord
from azdock.docker.spec import ContainerSpec, ImageFacts
from azdock.errors import Unsupported

# What only a wrapped command can have, and what to do without.
_NEEDS = {
    "interactive": "start it with -d and use `azdock exec -i`",
    "workdir": "use `sh -c 'cd DIR && exec COMMAND'`, or set WORKDIR in the image",
    "attach": "attach both stdout and stderr",
}
UNTOLD = "azdock cannot read the image's ENTRYPOINT and CMD from its registry"
SHELL = "/bin/sh"
# Seconds that a container whose command could not be run stays, so that whoever started it learns why.
REFUSED = 20


def wanted(spec: ContainerSpec, image: ImageFacts) -> bool:
    """Whether the command line is wrapped: unless forbidden, whenever it is known whole."""
    return spec.shim != "never" and known(spec, image)


def known(spec: ContainerSpec, image: ImageFacts) -> bool:
    """Whether the whole command line is known: a given ENTRYPOINT replaces all that the image says."""
    return bool(image.id or spec.entrypoint or (spec.entrypoint == () and spec.command))


def gaps(spec: ContainerSpec, image: ImageFacts) -> list[Gap]:
    """What cannot be done because the command line stays as it is."""
    if wanted(spec, image):
        return []
    if spec.shim == "never":
        why = "it needs the run shim, which --shim never forbids"
    else:
        why = f"it needs the run shim, and {UNTOLD}"
    found = [Gap(flag, "refuse", why, _NEEDS[flag]) for flag in _wishes(spec)]
    if spec.shim == "always":
        found.append(Gap("shim", "refuse", UNTOLD, "give --entrypoint, or use --shim auto"))
    return found


def _wishes(spec: ContainerSpec) -> list[str]:
    """Flags that need the run shim."""
    asked = {
        "interactive": spec.stdin_open,
        "workdir": bool(spec.workdir),
        "attach": {"stdout", "stderr"} & set(spec.attach) == {"stderr"},
    }
    return [flag for flag, wish in asked.items() if wish]


def check_shell(record: ContainerRecord) -> None:
    """Raise Unsupported when a container must not run without the shim, whose image has no shell."""
    spec = record.spec
    wishes = [*_wishes(spec), *(["shim"] if spec.shim == "always" else [])]
    if wishes:
        raise Unsupported(f"--{wishes[0]}: it needs the run shim, and the image has no {SHELL}")


def lacks_shell(record: ContainerRecord) -> bool:
    """Whether the last run ended because there is no shell to run the shim with."""
    seen = record.seen
    return seen.state == "created" and seen.exit_code in (126, 127) and f'"{SHELL}"' in seen.error


def failure(mark: Mark, record: ContainerRecord) -> str:
    """runc's words for a command that the shim could not invoke (recorded from docker)."""
    program = record.argv[0] if record.argv else ""
    if mark.failure == "workdir":
        return f"the working directory {record.spec.workdir} cannot be made or entered"
    if mark.failure == "stdin":
        return "the container has no way to take standard input: it needs base64 and a place for a pipe"
    if mark.failure == "invoke":
        return f'exec: "{program}": permission denied'
    if "/" in program:
        return f'exec: "{program}": stat {program}: no such file or directory'
    return f'exec: "{program}": executable file not found in $PATH'


def plan(record: ContainerRecord, linger: int, attachment: Attachment) -> Plan:
    """How the command of a run is wrapped."""
    spec = record.spec
    return Plan(
        linger=linger if attachment.output else 0,
        refused=REFUSED,
        workdir=spec.workdir,
        init=spec.init,
        stdin=_stdin(spec, attachment),
        data=attachment.data or b"",
        variables=tuple(item for item in (*record.image.env, *spec.env) if must_carry(item.partition("=")[0])),
    )


def _stdin(spec: ContainerSpec, attachment: Attachment) -> Stdin:
    if attachment.data is not None:
        return "carried"
    if not spec.stdin_open:
        return "none"
    return "attached" if attachment.stdin else "held"
