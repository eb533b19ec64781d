"""Layers and images made by hand, good and evil."""

from __future__ import annotations

import hashlib
import io
import json
import platform
import tarfile
from pathlib import Path
from typing import Any

MACHINE = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())


def sha(data: bytes) -> str:
    """sha256:..."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def entry(name: str, kind: bytes = tarfile.REGTYPE, data: bytes = b"", **facts: Any) -> tuple[tarfile.TarInfo, bytes]:
    """One entry; `facts` are attributes of TarInfo."""
    info = tarfile.TarInfo(name)
    info.type, info.size = kind, len(data)
    info.mode = 0o755 if kind == tarfile.DIRTYPE else 0o644
    for key, value in facts.items():
        setattr(info, key, value)
    return info, data


def layer(*entries: tuple[tarfile.TarInfo, bytes], format: int = tarfile.PAX_FORMAT) -> bytes:
    """A plain layer."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=format) as tar:
        for info, data in entries:
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def config(*layers: bytes, **facts: Any) -> bytes:
    """An image configuration over plain layers."""
    return json.dumps(
        {
            "architecture": MACHINE,
            "os": "linux",
            "created": "2024-01-01T00:00:00.123456789Z",
            "config": facts,
            "rootfs": {"type": "layers", "diff_ids": [sha(data) for data in layers]},
        }
    ).encode()


def saved(path: Path, configuration: bytes, layers: list[bytes], tags: list[str]) -> Path:
    """A `docker save` archive of the old layout."""
    names = [f"{sha(data)[7:]}/layer.tar" for data in layers]
    ident = f"{sha(configuration)[7:]}.json"
    manifest = [{"Config": ident, "RepoTags": tags, "Layers": names}]
    files = dict(zip(names, layers, strict=True)) | {
        ident: configuration,
        "manifest.json": json.dumps(manifest).encode(),
    }
    path.write_bytes(layer(*(entry(name, data=data) for name, data in files.items())))
    return path


def manifest(configuration: bytes, layers: list[bytes]) -> bytes:
    """An OCI manifest over layers as they are sent."""
    kind = "application/vnd.oci.image."
    return json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": f"{kind}manifest.v1+json",
            "config": {"mediaType": f"{kind}config.v1+json", "digest": sha(configuration), "size": len(configuration)},
            "layers": [{"mediaType": f"{kind}layer.v1.tar+gzip", "digest": sha(d), "size": len(d)} for d in layers],
        }
    ).encode()


def index(**manifests: bytes) -> bytes:
    """An OCI index: architecture -> manifest."""
    kind = "application/vnd.oci.image."
    items = [
        {
            "mediaType": f"{kind}manifest.v1+json",
            "digest": sha(data),
            "size": len(data),
            "platform": {"os": "linux", "architecture": architecture},
        }
        for architecture, data in manifests.items()
    ]
    return json.dumps({"schemaVersion": 2, "mediaType": f"{kind}index.v1+json", "manifests": items}).encode()
