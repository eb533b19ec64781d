"""The emulator's own certificate authority."""

from __future__ import annotations

import ssl
import stat
from pathlib import Path

import httpx
import pytest
from cryptography import x509

from azdock.emulator import tls
from tests.support.emulator import Emulator


def test_keys_are_private_and_kept(tmp_path: Path) -> None:
    """Keys are 0600, and a second call makes nothing new."""
    found = tls.certificate(tmp_path / "tls")
    before = (found.chain.read_bytes(), tls.authority(tmp_path / "tls").read_bytes())
    for key in ("ca.key", "server.key"):
        assert stat.S_IMODE((tmp_path / "tls" / key).stat().st_mode) == 0o600
    assert tls.certificate(tmp_path / "tls") == found
    assert (found.chain.read_bytes(), tls.authority(tmp_path / "tls").read_bytes()) == before


def test_the_authority_signs_for_loopback_only(tmp_path: Path) -> None:
    """Whoever trusts the CA file trusts this machine's server, not a signer for the whole web."""
    tls.certificate(tmp_path)
    loaded = x509.load_pem_x509_certificate(tls.authority(tmp_path).read_bytes())
    names = loaded.extensions.get_extension_for_class(x509.NameConstraints)
    assert names.critical and names.value.permitted_subtrees is not None


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1"])
def test_both_ports_serve(tmp_path: Path, name: str) -> None:
    """TLS and plain HTTP come from one process, and each builds URLs of its own kind."""
    made = Emulator(tmp_path, tls=True).start()
    try:
        trust = ssl.create_default_context(cafile=str(tmp_path / "tls" / "ca.pem"))
        port = made.tls_url.rpartition(":")[2]
        with httpx.Client(verify=trust, headers=made.headers, base_url=f"https://{name}:{port}") as secure:
            found = secure.get(f"{made.group}/providers/Microsoft.App/managedEnvironments?api-version=2026-07-01")
            endpoint = found.json()["value"][0]["properties"]["eventStreamEndpoint"]
            assert endpoint.startswith(f"https://{name}:{port}/")
            with pytest.raises(httpx.ConnectError):
                httpx.get(f"https://{name}:{port}/metadata/endpoints", verify=ssl.create_default_context())
    finally:
        made.stop()
