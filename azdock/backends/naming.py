"""Legal Azure names from Docker names.

SOURCE: azure-cli, command_modules/containerapp/_validators.py: 2-32 lower-case letters, digits and single hyphens,
beginning with a letter, ending with a letter or digit.
"""

from __future__ import annotations

import re

from azdock.docker.record import Ident

SLUG_LENGTH = 22
ID_LENGTH = 8
_LEGAL = re.compile(r"(?=.{2,32}$)[a-z](?!.*--)([-a-z0-9]*[a-z0-9])?")


def job_name(ident: Ident) -> str:
    """A job's name: what is legal of the container's name, then the beginning of its id, which keeps it unique."""
    slug = re.sub(r"[^a-z0-9]+", "-", ident.name.lower()).strip("-")
    if not slug[:1].isalpha():
        slug = f"c-{slug}" if slug else "c"
    return f"{slug[:SLUG_LENGTH].rstrip('-')}-{ident.id[:ID_LENGTH]}"


def app_name(ident: Ident) -> str:
    """The name that an app would like to have, as others reach it by that: the container's own, where it is legal."""
    return ident.name if _LEGAL.fullmatch(ident.name) else job_name(ident)


def beginning(name: str) -> str:
    """What the job of every container of this name begins with, up to its id."""
    return job_name(Ident("", name))


def is_named(job: str, query: str) -> bool:
    """Whether a job may be that of a container with this name or beginning of an id: it keeps a part of each."""
    slug, _, ident = job.rpartition("-")
    if len(ident) != ID_LENGTH or not slug:
        return False
    return f"{slug}-" == beginning(query) or (query != "" and ident.startswith(query[:ID_LENGTH]))
