"""What a volume is called on Azure: its share, and its storage in an environment.

SOURCE: learn.microsoft.com/rest/api/storageservices/naming-and-referencing-shares--directories--files--and-metadata:
a share has 3 to 63 lower-case letters, digits and single hyphens. Storages get the narrower rule of container apps.
"""

from __future__ import annotations

import hashlib
import re

SLUG_LENGTH = 19
READ_ONLY = "-ro"


def share_name(volume: str) -> str:
    """The share of a volume: what is legal of its name, then a digest of it, as docker tells "Data" from "data"."""
    slug = re.sub(r"[^a-z0-9]+", "-", volume.lower()).strip("-")
    if not slug[:1].isalpha():
        slug = f"v-{slug}" if slug else "v"
    return f"{slug[:SLUG_LENGTH].rstrip('-')}-{hashlib.sha256(volume.encode()).hexdigest()[:8]}"


def storage_name(volume: str, read_only: bool) -> str:
    """The storage of a volume in any environment: Azure's access mode belongs to it, so a read-only mount has its own.
    At most 31 letters."""
    return share_name(volume) + (READ_ONLY if read_only else "")
