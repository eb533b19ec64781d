"""What the test hosts contain, in the words in which a Functions host tells of it.

SOURCE: Azure/azure-functions-host, FunctionsController.cs (FunctionMetadataResponse)
"""

from __future__ import annotations

import os
from typing import Any

EVENTS: dict[str, dict[str, str]] = {
    "tick": {"type": "timerTrigger", "schedule": "%TICK%"},
    "work": {"type": "queueTrigger", "queueName": "jobs", "connection": "AzureWebJobsStorage"},
    "bus": {"type": "serviceBusTrigger", "queueName": "jobs", "connection": "ServiceBus"},
    "event": {"type": "eventGridTrigger"},
}


def disabled(name: str) -> bool:
    """Whether an app setting turns a function off.

    SOURCE: azure-docs, azure-functions/disable-function.md (AzureWebJobs.NAME.Disabled; __ for . in Linux containers)
    """
    found = (os.environ.get(f"AzureWebJobs{dot}{name}{dot}Disabled", "") for dot in (".", "__"))
    return any(value.lower() in ("1", "true") for value in found)


def metadata(name: str, base: str) -> dict[str, Any]:
    """One entry of GET admin/functions; `base` is "https://name", the address by which the host was asked."""
    if name in EVENTS:
        bindings: list[dict[str, Any]] = [{"name": "item", "direction": "in", **EVENTS[name]}]
    else:
        auth = "function" if name == "echo" else "anonymous"
        asked = {"name": "req", "direction": "in", "type": "httpTrigger", "authLevel": auth, "methods": ["get", "post"]}
        bindings = [asked, {"name": "$return", "direction": "out", "type": "http"}]
    return {
        "name": name,
        "script_root_path_href": f"{base}/admin/vfs/home/site/wwwroot/{name}/",
        "script_href": None,
        "config_href": f"{base}/admin/vfs/home/site/wwwroot/{name}/function.json",
        "test_data_href": None,
        "href": f"{base}/admin/functions/{name}",
        "invoke_url_template": None if name in EVENTS else f"{base}/api/{name}",
        "language": "custom",
        "config": {"name": name, "bindings": bindings},
        "files": None,
        "test_data": None,
        "isDisabled": disabled(name),
        "isDirect": False,
        "isProxy": False,
    }
