"""The configuration of an image, as an archive, a registry and a Docker engine tell it alike.

Source: github.com/opencontainers/image-spec, config.md; Docker's engine adds Healthcheck, whose times are nanoseconds
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from azdock.emulator.runtimes.base import ImageConfig


def of_config(found: Mapping[str, Any]) -> ImageConfig:
    """The `config` object of an image's configuration, without what says nothing."""
    return ImageConfig(
        entrypoint=tuple(found.get("Entrypoint") or ()),
        command=tuple(found.get("Cmd") or ()),
        env=tuple(found.get("Env") or ()),
        workdir=found.get("WorkingDir") or "",
        user=found.get("User") or "",
        labels=dict(found.get("Labels") or {}),
        stop_signal=found.get("StopSignal") or "",
        exposed=tuple(sorted(found.get("ExposedPorts") or ())),
        volumes=tuple(sorted(found.get("Volumes") or ())),
        health={key: value for key, value in (found.get("Healthcheck") or {}).items() if value},
    )
