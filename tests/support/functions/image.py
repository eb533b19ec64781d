"""Write an image of the busybox test host as a docker-save archive: `python -m tests.support.functions.image OUT.tar`.

The image is a static busybox (Debian: busybox-static) with its applets and host.sh as ENTRYPOINT: an HTTP server with
the routes that an Azure Functions host answers, not the Functions host. EXPOSE 80, ENV FUNCTIONS=function, no CMD: what
is given as a command is the program of the function "run". An optional second argument is its name.

SOURCE: docs.docker.com, "docker image save"; github.com/moby/docker-image-spec, v1.2 (manifest.json, layers, config)
"""

from __future__ import annotations

import hashlib
import io
import json
import platform
import subprocess
import sys
import tarfile
from pathlib import Path

NAME = "functions:1"
BUSYBOX = Path("/bin/busybox")
SCRIPT = Path(__file__).with_name("host.sh")
FOLDERS = {"bin": 0o755, "etc": 0o755, "home": 0o755, "root": 0o700, "tmp": 0o1777, "proc": 0o755, "sys": 0o755}
MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}
PASSWD = b"root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/home:/bin/false\n"


def add(tar: tarfile.TarFile, name: str, mode: int, data: bytes) -> None:
    """A file."""
    member = tarfile.TarInfo(name)
    member.mode, member.size = mode, len(data)
    tar.addfile(member, io.BytesIO(data))


def layer(busybox: Path) -> bytes:
    """The root file system as a tar."""
    listed = subprocess.run([busybox, "--list"], capture_output=True, text=True, check=True).stdout.split()
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, mode in FOLDERS.items():
            folder = tarfile.TarInfo(name)
            folder.type, folder.mode = tarfile.DIRTYPE, mode
            tar.addfile(folder)
        add(tar, "bin/busybox", 0o755, busybox.read_bytes())
        for applet in sorted(set(listed) - {"busybox"}):
            link = tarfile.TarInfo(f"bin/{applet}")
            link.type, link.linkname, link.mode = tarfile.SYMTYPE, "busybox", 0o777
            tar.addfile(link)
        add(tar, "etc/passwd", 0o644, PASSWD)
        add(tar, "etc/group", 0o644, b"root:x:0:\nnogroup:x:65534:\n")
        add(tar, "host.sh", 0o755, SCRIPT.read_bytes())
    return out.getvalue()


def config(digest: str) -> bytes:
    """The image's configuration; `digest` is the sha256 of its one layer."""
    content = {
        "architecture": MACHINES.get(platform.machine(), platform.machine()),
        "os": "linux",
        "created": "2024-01-01T00:00:00Z",
        "config": {
            "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "FUNCTIONS=function"],
            "Entrypoint": ["/bin/sh", "/host.sh"],
            "ExposedPorts": {"80/tcp": {}},
        },
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]},
        "history": [{"created": "2024-01-01T00:00:00Z", "created_by": "host.sh"}],
    }
    return json.dumps(content, separators=(",", ":")).encode()


def write(out: Path, name: str = NAME, busybox: Path = BUSYBOX) -> str:
    """Write the archive and return the image's id. Raises OSError when there is no static busybox."""
    content = layer(busybox)
    digest = hashlib.sha256(content).hexdigest()
    described = config(digest)
    ident = hashlib.sha256(described).hexdigest()
    manifest = [{"Config": f"{ident}.json", "RepoTags": [name], "Layers": [f"{digest}/layer.tar"]}]
    with tarfile.open(out, "w", format=tarfile.USTAR_FORMAT) as tar:
        add(tar, f"{ident}.json", 0o644, described)
        add(tar, f"{digest}/layer.tar", 0o644, content)
        add(tar, "manifest.json", 0o644, json.dumps(manifest).encode())
    return f"sha256:{ident}"


if __name__ == "__main__":
    print(write(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else NAME))
