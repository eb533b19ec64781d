"""A container app's body as Azure accepts it: rules, canonical spelling and defaults. Pure: others ask the world.

Source: azure-rest-api-specs Microsoft.App ContainerApp.tsp (2026-07-01)
"""

from __future__ import annotations

import re
from typing import Any

from azdock.emulator import appbody_ingress, appbody_probes, apperrors, errors, jobbody, volumebody
from azdock.emulator.arm import without_nulls

Document = dict[str, Any]
MODES = {"single": "Single", "multiple": "Multiple"}
SUFFIX = re.compile(r"^[a-z0-9](?!.*--)([-a-z0-9]*[a-z0-9])?$")
LONGEST_REVISION = 54  # learn.microsoft.com/azure/container-apps/revisions: with the app's name and the dashes
MAX_REPLICAS, MAX_REPLICAS_LIMIT = 10, 1000  # learn.microsoft.com/azure/container-apps/scale-app
USUAL_TIMES = {"cooldownPeriod": 300, "pollingInterval": 30}  # seconds; the same page
INACTIVE_KEPT = 100  # learn.microsoft.com/azure/container-apps/revisions
LONGEST_GRACE = 600  # learn.microsoft.com/azure/container-apps/application-lifecycle-management
KEPT = ("registries", "identitySettings", "dapr", "service", "runtime")
RULE_KINDS = ("http", "tcp", "azureQueue", "custom")


def properties(given: Document, name: str, steps: int) -> Document:
    """The `properties` to store, from those of a PUT (or of a merged PATCH) of the app `name`.

    `steps` is how many quarter-core steps the environment's plan allows (0: any sum). Raises ArmError.
    """
    given = without_nulls(given)
    environment = given.get("environmentId") or given.get("managedEnvironmentId") or ""
    if not isinstance(environment, str) or not jobbody.RESOURCE_ID.match(environment):
        raise errors.bad_environment_id(str(environment))
    configuration = _configuration(jobbody.member(given, "configuration"))
    template = _template(jobbody.member(given, "template", required=True), name, steps)
    names = {secret["name"] for secret in configuration.get("secrets", [])}
    jobbody.check_references(configuration, template, names)
    volumebody.check_secrets(template, names)
    _check_rule_secrets(template, names)
    return {
        "environmentId": environment,
        "workloadProfileName": given.get("workloadProfileName") or "Consumption",
        "configuration": configuration,
        "template": template,
    }


def same_template(one: Document, other: Document) -> bool:
    """Whether two templates make the same containers: the suffix is only a name."""
    return _unnamed(one) == _unnamed(other)


def _unnamed(template: Document) -> Document:
    return {key: value for key, value in template.items() if key != "revisionSuffix"}


def _configuration(given: Document) -> Document:
    mode = MODES.get(str(given.get("activeRevisionsMode") or "single").lower())
    if mode is None:
        raise errors.bad_content("'configuration.activeRevisionsMode' must be Single or Multiple.")
    kept = given.get("maxInactiveRevisions", INACTIVE_KEPT)
    if isinstance(kept, bool) or not isinstance(kept, int) or not 0 <= kept <= INACTIVE_KEPT:
        raise errors.bad_content(f"'maxInactiveRevisions' must be a whole number between 0 and {INACTIVE_KEPT}.")
    stored: Document = {"activeRevisionsMode": mode, "maxInactiveRevisions": kept}
    if secrets := [jobbody.secret(one) for one in given.get("secrets", [])]:
        if empty := [one["name"] for one in secrets if not {"value", "keyVaultUrl"} & set(one)]:
            raise apperrors.empty_secrets(empty)
        stored["secrets"] = secrets
    if (ingress := given.get("ingress")) is not None:
        stored["ingress"] = appbody_ingress.ingress(ingress, mode)
    return stored | {key: given[key] for key in KEPT if given.get(key)}


def _template(given: Document, name: str, steps: int) -> Document:
    stored: Document = {}
    if suffix := given.get("revisionSuffix"):
        stored["revisionSuffix"] = _suffix(suffix, name)
    grace = given.get("terminationGracePeriodSeconds")
    if grace is not None:
        if isinstance(grace, bool) or not isinstance(grace, int) or not 0 <= grace <= LONGEST_GRACE:
            raise errors.bad_content(f"'terminationGracePeriodSeconds' must be between 0 and {LONGEST_GRACE}.")
        stored["terminationGracePeriodSeconds"] = grace
    stored["containers"] = [appbody_probes.with_probes(one) for one in jobbody.containers(given, "containers", steps)]
    if not stored["containers"]:
        raise errors.bad_template([("template.containers", "At least one container is required")])
    if initial := jobbody.containers(given, "initContainers"):
        stored["initContainers"] = [{key: one[key] for key in one if key != "probes"} for one in initial]
    stored["scale"] = _scale(given.get("scale") or {})
    if volumes := volumebody.volumes(given):
        stored["volumes"] = volumes
    volumebody.check_mounts(stored, name)
    if binds := given.get("serviceBinds"):
        stored["serviceBinds"] = binds
    return stored


def _suffix(given: Any, name: str) -> str:
    revision = f"{name}--{given}"
    if not isinstance(given, str) or not SUFFIX.match(given) or len(revision) > LONGEST_REVISION:
        raise apperrors.bad_revision_name(str(given))
    return given


def _scale(given: Document) -> Document:
    numbers = {"minReplicas": given.get("minReplicas"), "maxReplicas": given.get("maxReplicas", MAX_REPLICAS)}
    # what an answer shows of a scale that never said so must make the same template when it is sent back
    numbers |= {key: given[key] for key, usual in USUAL_TIMES.items() if given.get(key, usual) != usual}
    stored = {key: value for key, value in numbers.items() if value is not None}
    for key, value in stored.items():
        if isinstance(value, bool) or not isinstance(value, int):
            raise errors.bad_content(f"'scale.{key}' must be a whole number.")
    least, most = stored.get("minReplicas", 0), stored["maxReplicas"]
    faults = [
        text
        for wrong, text in (
            (least < 0, "minReplicas must not be less than 0."),
            (most <= 0, "maxReplicas must be greater than 0."),
            (most > MAX_REPLICAS_LIMIT, f"maxReplicas must not be greater than {MAX_REPLICAS_LIMIT}."),
            (most < least, "maxReplicas must not be less than minReplicas."),
        )
        if wrong
    ]
    if faults:
        raise apperrors.bad_scale(faults)
    if rules := [_rule(one) for one in given.get("rules", [])]:
        stored["rules"] = rules
    return stored


def _rule(given: Any) -> Document:
    if not isinstance(given, dict) or not given.get("name"):
        raise apperrors.bad_scale(["every rule needs a name."])
    kinds = [kind for kind in RULE_KINDS if isinstance(given.get(kind), dict)]
    if len(kinds) != 1:
        raise apperrors.bad_scale([f"rule '{given['name']}' must have exactly one of {', '.join(RULE_KINDS)}."])
    stored = dict(given[kinds[0]])
    if isinstance(stored.get("metadata"), dict):
        stored["metadata"] = {key: str(value) for key, value in sorted(stored["metadata"].items())}
    return {"name": given["name"], kinds[0]: stored}


def _check_rule_secrets(template: Document, names: set[str]) -> None:
    for rule in template["scale"].get("rules", []):
        for kind in RULE_KINDS:
            for auth in (rule.get(kind) or {}).get("auth") or []:
                if (secret := auth.get("secretRef")) and secret not in names:
                    raise errors.no_secret(secret, f"scale rule '{rule['name']}'")
