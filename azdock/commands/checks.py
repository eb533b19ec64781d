"""What docker's client checks of a single flag value, in its words (SOURCE: docker/cli, opts/)."""

from __future__ import annotations

from typing import Any


def attach(text: str) -> str:
    """A stream's name in lower case. Raises ValueError."""
    name = text.lower()
    if name not in ("stdin", "stdout", "stderr"):
        raise ValueError("valid streams are STDIN, STDOUT and STDERR")
    return name


def env(text: str) -> str:
    """NAME=VALUE or NAME. Raises ValueError when there is no name."""
    if not text or text.startswith("="):
        raise ValueError(f"invalid environment variable: {text}")
    return text


def label(text: str) -> str:
    """NAME=VALUE or NAME. Raises ValueError when there is no name."""
    if not text or text.startswith("="):
        raise ValueError(f"invalid label '{text}': empty name")
    return text


def add_host(text: str) -> str:
    """NAME:IP or NAME=IP. Raises ValueError."""
    name, _, address = text.partition("=" if "=" in text else ":")
    if not name or not address:
        raise ValueError(f'bad format for add-host: "{text}"')
    return text


def ip_address(text: str) -> str:
    """An IPv4 or IPv6 address. Raises ValueError."""
    import ipaddress

    try:
        return str(ipaddress.ip_address(text.strip()))
    except ValueError:
        raise ValueError(f"IP address is not correctly formatted: {text}") from None


def link(text: str) -> str:
    """CONTAINER or CONTAINER:ALIAS. Raises ValueError."""
    if not text:
        raise ValueError("empty string specified for links")
    if text.count(":") > 1:
        raise ValueError(f"bad format for links: {text}")
    return text


def device_rate(text: str) -> str:
    """PATH:RATE. Raises ValueError."""
    path, colon, rate = text.partition(":")
    if not colon or not path or ":" in rate:
        raise ValueError(f"bad format: {text}")
    if not path.startswith("/dev/"):
        raise ValueError(f"bad format for device path: {text}")
    return text


def swap(text: str) -> int:
    """Bytes, or -1 for no limit. Raises ValueError."""
    from azdock.docker.units import parse_memory

    return -1 if text == "-1" else parse_memory(text)


def mount(text: str) -> Any:
    """A --mount value. Raises ValueError."""
    from azdock.docker.mounts import parse_mount

    return parse_mount(text)


def ulimit(text: str) -> str:
    """NAME=SOFT[:HARD]. Raises ValueError."""
    name, equals, limits = text.partition("=")
    if not equals or not name:
        raise ValueError(f"invalid ulimit argument: {text}")
    if not all(part.lstrip("-").isdigit() for part in limits.split(":", 1)):
        raise ValueError(f"invalid ulimit argument: {text}")
    return text


def shim(text: str) -> str:
    """auto, never or always. Raises ValueError."""
    from azdock.settings import SHIM

    if text not in SHIM:
        raise ValueError(f"must be one of {', '.join(SHIM)}")
    return text


def seconds(text: str) -> float:
    """A duration, or a bare number of seconds; at least one second. Raises ValueError."""
    from azdock.docker.units import parse_duration

    value = float(text) if text.isdigit() else parse_duration(text)
    if value < 1:
        raise ValueError("a run needs at least one second")
    return value


def scale(text: str) -> tuple[int, int]:
    """Replicas: N, or LEAST..MOST. Raises ValueError."""
    least, dots, most = text.partition("..")
    if not least.isdecimal() or (dots and not most.isdecimal()):
        raise ValueError("must be a number of replicas, or LEAST..MOST")
    low, high = int(least), int(most if dots else least)
    # azure-rest-api-specs, Microsoft.App Scale: maxReplicas is at least 1; learn.microsoft.com: at most 1000
    if not low <= high or not 1 <= high <= 1000:
        raise ValueError("needs 0 to 1000 replicas, at least one at most, and not more at least than at most")
    return low, high


def until(text: str) -> str:
    """What a detached run waits for: running, healthy or none. Raises ValueError."""
    if text not in ("running", "healthy", "none"):
        raise ValueError("must be one of running, healthy, none")
    return text


def via(text: str) -> str:
    """Who checks a container's health: probe or exec. Raises ValueError."""
    if text not in ("probe", "exec"):
        raise ValueError("must be one of probe, exec")
    return text


def probe(text: str) -> str:
    """A probe: http:PORT/PATH or tcp:PORT, then its times. Raises ValueError."""
    from azdock.docker.health import parse_probe

    parse_probe(text)
    return text


def method(text: str) -> str:
    """An HTTP method in upper case. Raises ValueError."""
    if not text.isascii() or not text.isalpha():
        raise ValueError("must be an HTTP method: GET, POST, PUT, ...")
    return text.upper()


def route(text: str) -> str:
    """A path below a function app's address, without leading slashes. Raises ValueError."""
    if "://" in text or any(letter.isspace() for letter in text):
        raise ValueError("must be a path, as in api/NAME?key=value")
    return text.lstrip("/")


def header(text: str) -> tuple[str, str]:
    """NAME: VALUE. Raises ValueError."""
    name, colon, value = text.partition(":")
    if not colon or not name or not all(letter.isalnum() or letter in "-_" for letter in name) or "\n" in value:
        raise ValueError("must be NAME: VALUE")
    return name, value.strip()
