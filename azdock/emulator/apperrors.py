"""One function per error of container apps, their revisions, volumes and storages, worded after Azure.

Where an error's source is a public issue, that quotes the service itself.
"""

from __future__ import annotations

from collections.abc import Iterable

from azdock.emulator.errors import ArmError, bad_template


def empty_secrets(names: Iterable[str]) -> ArmError:
    """Secrets without a value: a GET never shows one, so that its answer cannot be sent back as it is."""
    told = ", ".join(f"'{name}'" for name in names)
    return ArmError(
        400,
        "ContainerAppSecretInvalid",
        f"Invalid Request: Container app secret(s) with name(s) {told} are invalid: value or keyVaultUrl and identity "
        "should be provided.",
    )


def bad_scale(faults: Iterable[str]) -> ArmError:
    """Scale limits or rules that Azure refuses."""
    told = " ".join(faults)
    text = f"The scale options provided for Container App is incorrect. {told}"
    return ArmError(400, "ContainerAppInvalidScaleSpec", text)


def bad_revision_name(suffix: str) -> ArmError:
    """A revisionSuffix that breaks the rules."""
    return ArmError(
        400,
        "ContainerAppInvalidRevisionName",
        f"Revision name has an invalid value '{suffix}'. A revision name must consist of lower case alphanumeric "
        "characters or '-', start with an alphabetic character, and end with an alphanumeric character. The length of "
        "the revision name must not be more than a combined 54 characters with the container app name.",
    )


def bad_ingress(kind: str, reason: str) -> ArmError:
    """An ingress that Azure refuses; `kind` ends the code where Azure has one of its own for it."""
    return ArmError(400, f"ContainerAppInvalidIngress{kind}", f"Invalid Request: {reason}")


def bad_traffic(reason: str) -> ArmError:
    """Traffic weights that Azure refuses. Its own code is not published; this one follows its others."""
    return bad_ingress("Traffic", f"traffic: {reason}")


def port_taken(port: int) -> ArmError:
    """An exposedPort that another app of the environment, or the environment itself, already has."""
    return bad_template([("configuration.ingress.exposedPort", f"Invalid value: {port}: exposedPort already in use")])


def tcp_without_network() -> ArmError:
    """External TCP in an environment without a network of its own. Source: Azure/azure-dev issue 3428."""
    return ArmError(
        400,
        "ContainerAppTcpRequiresVnet",
        "Applications with external TCP ingress can only be deployed to Container App Environments that have a custom "
        "VNET. Set ingress traffic to 'Limited to Container Apps Environment' if you want to deploy to a Container App "
        "Environment without a custom VNET.",
    )


def probe_out_of_range(container: str, kind: str, key: str, least: int, most: int) -> ArmError:
    """A number of a probe beyond its limits. Source: microsoft/azure-container-apps issue 1100."""
    name = key[0].upper() + key[1:]
    return ArmError(
        400,
        f"ContainerAppProbe{name}OutOfRange",
        f"Container '{container}' '{kind}' probe's {name} must be in the range of ['{least}', '{most}'].",
    )


def no_volume(volume: str, owner: str) -> ArmError:
    """A volume mount without its volume; the words are Azure's. Source: MicrosoftDocs/azure-docs issue 103756."""
    text = f"Invalid Request: Volume '{volume}' to mount doesn't defined in the Container App '{owner}'."
    return ArmError(400, "ContainerAppInvalidVolumeMount", text)


def no_mounted_storage(storage: str) -> ArmError:
    """A volume whose storage the environment does not have.

    Source: DFE-Digital/terraform-azurerm-container-apps-hosting pull request 281
    """
    return ArmError(400, "ManagedEnvironmentStorageNotFound", f"Storage {storage} not found under managed environment")


def no_storage(storage: str) -> ArmError:
    """A storage that an environment does not have, asked for by name."""
    text = f"ManagedEnvironment Storage '{storage}' was not found."
    return ArmError(404, "ManagedEnvironmentStorageNotFound", text)


def storage_in_use(storage: str) -> ArmError:
    """A storage that apps or jobs still mount. Source: microsoft/azure-container-apps issue 774."""
    text = f"Cannot delete Managed environment storage '{storage}' because it's still in use."
    return ArmError(409, "ManagedEnvironmentStorageInUse", text)


def environment_in_use(environment: str, kind: str, count: int) -> ArmError:
    """An environment that still has apps or jobs; `kind` is ContainerApps or ContainerAppsJobs.

    Source: the messages that github.com/upbound/provider-azure's examples quote
    """
    words = {"ContainerApps": "ContainerApps", "ContainerAppsJobs": "Container Apps Jobs"}
    return ArmError(
        409,
        f"ManagedEnvironmentHas{kind}",
        f"The specified environment {environment} cannot be deleted because it still contains {count} {words[kind]}.",
    )


def no_revision(revision: str) -> ArmError:
    """A revision that an app does not have. Its words are the emulator's, the code follows Azure's others."""
    return ArmError(404, "RevisionNotFound", f"Revision '{revision}' was not found.")


def no_replica(replica: str) -> ArmError:
    """A replica that a revision does not have (any more). The words are the emulator's."""
    return ArmError(404, "ReplicaNotFound", f"Replica '{replica}' was not found.")


def bad_storage_name(name: str) -> ArmError:
    """A storage's name that breaks the rules. Azure's own words for it are not published."""
    return ArmError(
        400,
        "ManagedEnvironmentStorageInvalidName",
        f"Invalid storage name '{name}'. A name must consist of lower case alphanumeric characters or '-', start and "
        "end with an alphanumeric character, and be at most 32 characters long.",
    )


def storage_type_fixed(name: str) -> ArmError:
    """A storage that is to become one of another type."""
    text = f"The type of ManagedEnvironment Storage '{name}' cannot be changed."
    return ArmError(400, "ManagedEnvironmentStorageTypeCannotBeChanged", text)
