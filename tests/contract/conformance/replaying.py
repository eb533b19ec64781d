"""Runs the replayer of recordings with what its preparations leave out; arguments are its own, after its path.

A recording shows what an environment, an app and its secrets were like before it began. The replayer makes such things
in a minimal form; here they are made as the recording shows them, so that more of its answers can be compared.
"""

from __future__ import annotations

import importlib.util
import json
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import Any

ENVIRONMENTS, APPS = "microsoft.app/managedenvironments", "microsoft.app/containerapps"
IN_GROUP = "{rg}/providers/Microsoft.App/managedEnvironments/{env}"
VERSION = "2025-07-01"


def loaded(path: Path) -> ModuleType:
    """The replayer as a module."""
    spec = importlib.util.spec_from_file_location("replay", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def completed(tape: dict[str, Any], minimal: dict[str, Any]) -> None:
    """Let the minimal bodies be as the recording shows things at its first look at them."""
    for exchange in tape["exchanges"]:
        body = exchange.get("responseBody")
        if exchange["method"] != "GET" or exchange["status"] != 200 or not isinstance(body, dict):
            continue
        kind = str(body.get("type", "")).lower()
        logs = (body.get("properties") or {}).get("appLogsConfiguration")
        if kind == ENVIRONMENTS and logs and "appLogsConfiguration" not in minimal[ENVIRONMENTS]["properties"]:
            minimal[ENVIRONMENTS]["properties"]["appLogsConfiguration"] = logs
        if kind == APPS:
            return  # the replayer takes this one itself
        listed = body.get("value") or [{}]
        template = (listed[0].get("properties") or {}).get("template") if isinstance(listed[0], dict) else None
        if template and exchange["path"].endswith("/revisions"):
            minimal[APPS]["properties"] |= {"template": template, "configuration": behind(template)}
            return


def behind(template: dict[str, Any]) -> dict[str, Any]:
    """The configuration of an app of which only a revision is recorded: internal, with the secrets it mounts."""
    named = [one["secretRef"] for volume in template.get("volumes") or [] for one in volume.get("secrets") or []]
    return {
        "ingress": {"external": False, "targetPort": 6379, "transport": "Tcp"},
        "secrets": [{"name": name, "value": "hidden"} for name in named],
    }


def prepared(module: ModuleType) -> type[Any]:
    """The replayer's class with the preparations completed."""
    base: type[Any] = module.Replay
    pristine = json.dumps(module.MINIMAL)

    class Replay(base):  # type: ignore[misc]
        """One recording after the other, each prepared by itself."""

        def prepare(self, tape: dict[str, Any]) -> None:
            """Make what the recording needs, the storages that its volumes name included."""
            module.MINIMAL.clear()
            module.MINIMAL.update(json.loads(pristine))
            completed(tape, module.MINIMAL)
            super().prepare(tape)
            for name in sorted(storages(tape)):
                self.make_storage(name)

        def make_storage(self, name: str) -> None:
            """A share of an account of its own, and the environment's storage that leads to it."""
            account = "{rg}/providers/Microsoft.Storage/storageAccounts/{storage}"
            minimal = module.MINIMAL["microsoft.storage/storageaccounts"]
            self.ask("PUT", account, {**minimal, "location": self.opt.location})
            self.ask("PUT", f"{account}/fileServices/default/shares/{name}", {"properties": {}})
            key = self.ask("POST", f"{account}/listKeys")["keys"][0]["value"]
            share = {"accountName": "{storage}", "accountKey": key, "shareName": name, "accessMode": "ReadWrite"}
            self.ask("PUT", f"{IN_GROUP}/storages/{name}", {"properties": {"azureFile": share}})

        def ask(self, method: str, path: str, body: Any = None) -> Any:
            """A call of the preparation, again while a conflict lasts; the path begins with the group's name."""
            url = self.url(f"/subscriptions/{{sub}}/resourceGroups/{path}", {"api-version": VERSION})
            end = time.monotonic() + 3 * self.opt.patience
            while True:
                status, _, came = self.send(method, url, self.fill(body), agent="prepare")
                if status != 409 or time.monotonic() > end:
                    assert status in (200, 201, 202), (method, path, came)
                    return came
                time.sleep(0.2)

        def request(self, body: Any) -> Any:
            """A body as it can be sent: with values of secrets, which a GET never shows, in an environment there is."""
            found = super().request(body)
            properties = (found.get("properties") or {}) if isinstance(found, dict) else {}
            for secret in (properties.get("configuration") or {}).get("secrets") or []:
                secret.setdefault("value", "hidden")
            if "/connectedEnvironments/" in str(properties.get("environmentId")):
                properties["environmentId"] = self.fill(f"/subscriptions/{{sub}}/resourceGroups/{IN_GROUP}")
            return found

    return Replay


def storages(tape: dict[str, Any]) -> set[str]:
    """The environment storages that volumes name and no exchange makes."""
    if any("/storages/" in one["path"] for one in tape["exchanges"]):
        return set()
    bodies = [one.get("requestBody") for one in tape["exchanges"]]
    templates = [(one.get("properties") or {}).get("template") or {} for one in bodies if isinstance(one, dict)]
    volumes = [volume for template in templates for volume in template.get("volumes") or []]
    return {one["storageName"] for one in volumes if one.get("storageName")}


def main() -> int:
    """Replay; the exit code is the replayer's."""
    module = loaded(Path(sys.argv.pop(1)))
    module.Replay = prepared(module)  # type: ignore[attr-defined]
    code: int = module.main()
    return code


if __name__ == "__main__":
    sys.exit(main())
