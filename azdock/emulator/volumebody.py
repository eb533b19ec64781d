"""Volumes of a template, and where its containers mount them. Pure; storages are looked up elsewhere.

Sources: azure-rest-api-specs Microsoft.App, Volume and VolumeMount (2026-07-01); MicrosoftDocs/azure-docs issue 103756
"""

from __future__ import annotations

from typing import Any

from azdock.emulator import apperrors, errors

Document = dict[str, Any]
STORAGES = {"emptydir": "EmptyDir", "azurefile": "AzureFile", "nfsazurefile": "NfsAzureFile", "secret": "Secret"}
NAMED = ("AzureFile", "NfsAzureFile")  # these lead to a storage of the environment


def volumes(template: Document) -> list[Document]:
    """The template's volumes in canonical form. Raises ArmError."""
    given = template.get("volumes") or []
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise errors.bad_content("'template.volumes' must be a list of objects.")
    made = [_volume(one) for one in given]
    names = [one["name"] for one in made]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise errors.bad_template([(f"template.volumes.{name}", "Duplicate volume name") for name in twice])
    return made


def _volume(given: Document) -> Document:
    name = given.get("name")
    if not name or not isinstance(name, str):
        raise errors.bad_template([("template.volumes.name", "a name is required")])
    kind = STORAGES.get(str(given.get("storageType") or "emptydir").lower())
    if kind is None:
        reason = f'Invalid value: "{given["storageType"]}": must be one of {", ".join(STORAGES.values())}'
        raise errors.bad_template([(f"template.volumes.{name}.storageType", reason)])
    if kind in NAMED and not given.get("storageName"):
        raise errors.bad_template([(f"template.volumes.{name}.storageName", "a storage is required")])
    return {**given, "storageType": kind}


def check_mounts(template: Document, owner: str) -> None:
    """Raise ArmError for a mount without its volume, or in a place where nothing can be mounted."""
    known = {one["name"] for one in template.get("volumes", [])}
    for key in ("containers", "initContainers"):
        for container in template.get(key, []):
            _check_container(container, f"template.{key}.{container['name']}.volumeMounts", known, owner)


def _check_container(container: Document, path: str, known: set[str], owner: str) -> None:
    places = []
    for mount in container.get("volumeMounts", []):
        name, place = mount.get("volumeName"), mount.get("mountPath")
        if name not in known:
            raise apperrors.no_volume(str(name), owner)
        if not isinstance(place, str) or not place.startswith("/") or ":" in place:
            reason = f"Invalid value: \"{place}\": must be an absolute path without ':'"
            raise errors.bad_template([(f"{path}.mountPath", reason)])
        places.append(place.rstrip("/") or "/")
    if twice := sorted({place for place in places if places.count(place) > 1}):
        raise errors.bad_template([(f"{path}.mountPath", f'Invalid value: "{one}": must be unique') for one in twice])


def check_secrets(template: Document, names: set[str]) -> None:
    """Raise ArmError for a secret volume that names a secret which the resource does not have."""
    for volume in template.get("volumes", []):
        for item in volume.get("secrets") or []:
            if item.get("secretRef") not in names:
                raise errors.no_secret(str(item.get("secretRef")), f"volume '{volume['name']}'")
