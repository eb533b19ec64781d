"""A job's body as Azure accepts it: rules, canonical spelling and defaults. Pure; images are looked at elsewhere.

Source: azure-rest-api-specs Microsoft.App Job.tsp (2026-07-01); learn.microsoft.com/azure/container-apps/containers
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any

from azdock.emulator import errors, volumebody
from azdock.emulator.arm import without_nulls

Document = dict[str, Any]
NAME = re.compile(r"^(?=.{2,32}$)[a-z](?!.*--)[-a-z0-9]*[a-z0-9]$")
CONTAINER_NAME = re.compile(r"^(?=.{1,63}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?$")
RESOURCE_ID = re.compile(r"^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/[^/]+/[^/]+/[^/]+$", re.I)
TRIGGERS = {"manual": "Manual", "schedule": "Schedule", "event": "Event"}
IDENTITIES = {
    "none": "None", "systemassigned": "SystemAssigned", "userassigned": "UserAssigned",
    "systemassigned,userassigned": "SystemAssigned, UserAssigned",
}  # fmt: skip
DEFAULT_CPU, DEFAULT_MEMORY = Decimal("0.5"), Decimal(1)  # what recordings of 2025 show for resources: null
STEP = Decimal("0.25")
CONTAINER_FIELDS = ("image", "name", "command", "args", "env", "resources", "volumeMounts", "probes")
RULE_FIELDS = ("name", "type", "metadata", "auth", "identity")


def check_name(name: str) -> None:
    """Raise ArmError for a name that a job may not have."""
    if not NAME.match(name):
        raise errors.bad_name(name)


def properties(given: Document, steps: int, name: str) -> Document:
    """The `properties` to store, from those of a PUT (or of a merged PATCH) of the job `name`.

    `steps` is how many quarter-core steps the environment's plan allows (0: any sum). Raises ArmError.
    """
    given = without_nulls(given)
    environment = given.get("environmentId") or given.get("managedEnvironmentId") or ""
    if not isinstance(environment, str) or not RESOURCE_ID.match(environment):
        raise errors.bad_environment_id(str(environment))
    configuration = _configuration(member(given, "configuration", required=True))
    template = _template(member(given, "template", required=True), steps, name)
    names = {secret["name"] for secret in configuration.get("secrets", [])}
    check_references(configuration, template, names)
    volumebody.check_secrets(template, names)
    stored = {"environmentId": environment, "configuration": configuration, "template": template}
    if profile := given.get("workloadProfileName"):
        stored["workloadProfileName"] = profile
    return stored


def containers(given: Document, key: str, steps: int = 0) -> list[Document]:
    """The containers of a template, in canonical form. Raises ArmError."""
    found = given.get(key) or []
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise errors.bad_content(f"'{key}' must be a list of objects.")
    made = [_container(one, f"template.{key}.{one.get('name', '')}") for one in found]
    names = [one["name"] for one in made]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise errors.bad_template([(f"template.{key}.{name}.name", "Duplicate container name") for name in twice])
    if made and key == "containers":
        _check_total(made, steps)
    return made


def identity(given: Any) -> Document:
    """The `identity` to store; nothing given is type None. Raises ArmError."""
    given = without_nulls(given) if isinstance(given, dict) else {}
    kind = IDENTITIES.get(re.sub(r"\s", "", str(given.get("type", "None"))).lower())
    if kind is None:
        raise errors.bad_content(f"identity type '{given.get('type')}' is not known.")
    stored: Document = {"type": kind}
    if "UserAssigned" in kind:
        stored["userAssignedIdentities"] = list(given.get("userAssignedIdentities", {}))
    return stored


def member(given: Document, key: str, required: bool = False) -> Document:
    """An object among the properties; {} when it may be left out. Raises ArmError."""
    found = given.get(key)
    if found is None and not required:
        return {}
    if not isinstance(found, dict):
        raise errors.bad_content(f"'properties.{key}' is required and must be an object.")
    return found


def _configuration(given: Document) -> Document:
    trigger = TRIGGERS.get(str(given.get("triggerType", "")).lower())
    if trigger is None:
        raise errors.bad_content("'configuration.triggerType' must be Manual, Schedule or Event.")
    stored: Document = {
        "triggerType": trigger,
        "replicaTimeout": _number(given, "replicaTimeout", least=1),
        "replicaRetryLimit": _number(given, "replicaRetryLimit", least=0, default=0),
    }
    key = f"{trigger.lower()}TriggerConfig"
    config = dict(given.get(key) or {})
    config["replicaCompletionCount"] = _number(config, "replicaCompletionCount", least=1, default=1)
    config["parallelism"] = _number(config, "parallelism", least=1, default=1)
    if trigger == "Schedule" and len(str(config.get("cronExpression", "")).split()) != 5:
        raise errors.bad_content("'scheduleTriggerConfig.cronExpression' must have five fields.")
    if trigger == "Event":
        config["scale"] = _scale(dict(config.get("scale") or {}))
    stored[key] = config
    if secrets := [secret(one) for one in given.get("secrets", [])]:
        stored["secrets"] = secrets
    for key in ("registries", "identitySettings"):
        if given.get(key):
            stored[key] = given[key]
    return stored


def _scale(given: Document) -> Document:
    rules = []
    for rule in given.get("rules", []):
        kept = {key: rule[key] for key in RULE_FIELDS if key in rule}
        if isinstance(kept.get("metadata"), dict):
            kept["metadata"] = dict(sorted(kept["metadata"].items()))
        rules.append(kept)
    return {
        "minExecutions": _number(given, "minExecutions", least=0, default=0),
        "maxExecutions": _number(given, "maxExecutions", least=0, default=100),
        "pollingInterval": _number(given, "pollingInterval", least=1, default=30),
        "rules": rules,
    }


def secret(given: Any) -> Document:
    """A secret to store. Raises ArmError."""
    if not isinstance(given, dict) or not given.get("name"):
        raise errors.bad_content("every secret needs a name.")
    return {key: given[key] for key in ("name", "value", "keyVaultUrl", "identity") if given.get(key)}


def _template(given: Document, steps: int, name: str) -> Document:
    stored: Document = {"containers": containers(given, "containers", steps)}
    if not stored["containers"]:
        raise errors.bad_template([("template.containers", "At least one container is required")])
    if initial := containers(given, "initContainers"):
        stored["initContainers"] = initial
    if volumes := volumebody.volumes(given):
        stored["volumes"] = volumes
    volumebody.check_mounts(stored, name)
    return stored


def _container(given: Document, path: str) -> Document:
    faults = []
    if not CONTAINER_NAME.match(str(given.get("name", ""))):
        faults.append((f"{path}.name", "must be a lower-case DNS label of at most 63 characters"))
    if not given.get("image") or not isinstance(given.get("image"), str):
        faults.append((f"{path}.image", "an image is required"))
    for key in ("command", "args"):
        if not all(isinstance(word, str) for word in given.get(key) or []):
            faults.append((f"{path}.{key}", "must be a list of strings"))
    if any(not isinstance(one, dict) or not one.get("name") for one in given.get("env") or []):
        faults.append((f"{path}.env", "every variable needs a name"))
    if faults:
        raise errors.bad_template(faults)
    stored = {key: given[key] for key in CONTAINER_FIELDS if given.get(key)}
    stored["resources"] = _resources(stored.get("resources", {}), path)
    return stored


def _resources(given: Document, path: str) -> Document:
    try:
        cpu = Decimal(str(given.get("cpu") or DEFAULT_CPU))
        memory = gibibytes(str(given.get("memory") or f"{DEFAULT_MEMORY}Gi"))
    except (InvalidOperation, ValueError) as broken:
        raise errors.bad_template([(f"{path}.resources", str(broken))]) from broken
    return {"cpu": float(cpu), "memory": f"{memory.normalize():f}Gi"}


def gibibytes(text: str) -> Decimal:
    """The number in front of Gi. Raises ValueError for any other unit."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)Gi", text)
    if not match:
        raise ValueError(f"memory '{text}' must be a number followed by Gi")
    return Decimal(match[1])


def _check_total(made: list[Document], steps: int) -> None:
    cpu = sum((Decimal(str(one["resources"]["cpu"])) for one in made), Decimal(0))
    memory = sum((gibibytes(one["resources"]["memory"]) for one in made), Decimal(0))
    if steps and (memory != 2 * cpu or cpu % STEP or not STEP <= cpu <= steps * STEP):
        allowed = [(f"{n * STEP}", f"{n * STEP * 2}Gi") for n in range(1, steps + 1)]
        raise errors.bad_total(f"{cpu.normalize():f}", f"{memory.normalize():f}Gi", allowed)


def check_references(configuration: Document, template: Document, names: set[str]) -> None:
    """Raise ArmError for a secretRef of a container or a registry that is not in `names`."""
    for one in [*template["containers"], *template.get("initContainers", [])]:
        for variable in one.get("env", []):
            if (secret := variable.get("secretRef")) and secret not in names:
                raise errors.no_secret(secret, f"container '{one['name']}'")
    for registry in configuration.get("registries", []):
        if (secret := registry.get("passwordSecretRef")) and secret not in names:
            raise errors.no_secret(secret, f"registry '{registry.get('server', '')}'")


def _number(given: Document, key: str, least: int, default: int | None = None) -> int:
    value = given.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise errors.bad_content(f"'{key}' must be a whole number of at least {least}.")
    return value
