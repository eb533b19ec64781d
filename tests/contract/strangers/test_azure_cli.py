"""The unmodified Azure CLI against the embedded Azure, over TLS. Runs where AZDOCK_AZ names an `az`."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

AZ = os.environ.get("AZDOCK_AZ", "")
pytestmark = pytest.mark.skipif(not AZ, reason="AZDOCK_AZ does not name an Azure CLI")


class Cloud:
    """An embedded Azure with TLS, and an `az` that is logged in to it."""

    def __init__(self, home: Path) -> None:
        self.environ = os.environ | {"AZDOCK_HOME": str(home)}
        self.azdock("emulator", "start", "--tls", "--fast")
        self.facts = json.loads(self.azdock("emulator", "status", "--format", "json"))
        trust = self.facts["ca_file"]
        self.environ |= {
            "AZURE_CONFIG_DIR": str(home / "az"),
            "REQUESTS_CA_BUNDLE": trust,
            "WEBSOCKET_CLIENT_CA_BUNDLE": trust,
            "NO_PROXY": "localhost,127.0.0.1",
            "AZURE_CORE_COLLECT_TELEMETRY": "no",
        }

    def azdock(self, *words: str) -> str:
        return self._run([sys.executable, "-m", "azdock", *words])

    def az(self, *words: str) -> Any:
        text = self._run([AZ, *words, "-o", "json"])
        return json.loads(text) if text.strip() else None

    def terminal(self, *words: str) -> str:
        """What a command of az shows on a terminal, where nothing is typed."""
        line = shlex.join(["timeout", "60", AZ, *words])
        return self._run(["script", "-qec", line, "/dev/null"])

    def followed(self, until: str, *words: str) -> str:
        """What a command of az that does not end prints, up to the line that holds `until`."""
        with subprocess.Popen([AZ, *words], env=self.environ, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            seen = ""
            for line in child.stdout:
                seen += line
                if until in line:
                    break
            child.terminate()
        return seen

    def _run(self, command: list[str]) -> str:
        done = subprocess.run(
            command,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    made = Cloud(tmp_path_factory.mktemp("az"))
    facts = made.facts
    secret = Path(facts["client_secret_file"]).read_text().strip()
    made.az("cloud", "register", "-n", "Emu", "--endpoint-resource-manager", facts["tls_url"])
    made.az("cloud", "set", "-n", "Emu")
    made.az("login", "--service-principal", "-u", facts["client_id"], "-p", secret, "--tenant", facts["tenant_id"])
    yield made
    made.azdock("emulator", "stop")


def test_login_and_look(cloud: Cloud) -> None:
    """az logs in, and finds the resource group and the environment."""
    facts = cloud.facts
    assert facts["resource_group"] in [group["name"] for group in cloud.az("group", "list")]
    group, environment = facts["resource_group"], facts["environment"]
    assert environment in [one["name"] for one in cloud.az("containerapp", "env", "list", "-g", group)]
    shown = cloud.az("containerapp", "env", "show", "-g", group, "-n", environment)
    assert shown["properties"]["provisioningState"] == "Succeeded"


def test_life_of_a_job(cloud: Cloud) -> None:
    """create, show, list, start, executions, stop, delete, and a log query by `az rest`."""
    facts = cloud.facts
    group, environment = facts["resource_group"], facts["environment"]
    here = ("-g", group)
    job = ("containerapp", "job")
    # fmt: off
    cloud.az(*job, "create", *here, "-n", "strange", "--environment", environment, "--trigger-type", "Manual",
             "--replica-timeout", "300", "--replica-retry-limit", "0", "--parallelism", "1",
             "--replica-completion-count", "1", "--image", "azdock/host", "--command", "awk", "--args",
             'BEGIN { print "from az"; fflush(); system("sleep 300") }')
    # fmt: on
    assert cloud.az(*job, "show", *here, "-n", "strange")["properties"]["provisioningState"] == "Succeeded"
    assert [one["name"] for one in cloud.az(*job, "list", *here)] == ["strange"]
    execution = cloud.az(*job, "start", *here, "-n", "strange")["name"]
    listed = cloud.az(*job, "execution", "list", *here, "-n", "strange")
    assert [one["name"] for one in listed] == [execution]
    shown = cloud.az(*job, "execution", "show", *here, "-n", "strange", "--job-execution-name", execution)
    assert shown["properties"]["status"] == "Running"
    rows = _console(cloud, "strange")
    assert ["from az"] in rows
    cloud.az(*job, "stop", *here, "-n", "strange", "--job-execution-name", execution)
    shown = cloud.az(*job, "execution", "show", *here, "-n", "strange", "--job-execution-name", execution)
    assert shown["properties"]["status"] == "Stopped"
    cloud.az(*job, "delete", *here, "-n", "strange", "--yes")
    assert cloud.az(*job, "list", *here) == []


def _console(cloud: Cloud, job: str) -> list[list[str]]:
    """Rows of the console table for a job, asked until there are some."""
    base, workspace = cloud.facts["tls_url"], cloud.facts["workspace_id"]
    query = f"ContainerAppConsoleLogs_CL | where ContainerJobName_s == '{job}' | project Log_s"
    url = f"{base}/v1/workspaces/{workspace}/query"
    for _ in range(10):
        answer = cloud.az("rest", "-m", "post", "-u", url, "--resource", base, "--body", json.dumps({"query": query}))
        rows: list[list[str]] = answer["tables"][0]["rows"]
        if rows:
            return rows
    return []


AWK = 'BEGIN { for (n = 1; ; n++) { print "from az", n; fflush(); system("sleep 0.2") } }'


def test_life_of_an_app(cloud: Cloud) -> None:
    """create, show, list, revisions, replicas, restart, a followed log, exec, update, delete."""
    group, app = cloud.facts["resource_group"], "containerapp"
    here, named = ("-g", group), ("-g", group, "-n", "lasting")
    # fmt: off
    made = cloud.az(app, "create", *named, "--environment", cloud.facts["environment"], "--image", "azdock/host",
                    "--min-replicas", "1", "--max-replicas", "1", "--command", "awk", "--args", AWK)
    # fmt: on
    assert made["properties"]["provisioningState"] == "Succeeded"
    first = made["properties"]["latestRevisionName"]
    assert cloud.az(app, "show", *named)["properties"]["latestRevisionName"] == first
    assert [one["name"] for one in cloud.az(app, "list", *here)] == ["lasting"]
    assert [one["name"] for one in cloud.az(app, "revision", "list", *named)] == [first]
    assert cloud.az(app, "revision", "show", *here, "--revision", first)["properties"]["active"] is True
    before = _replicas(cloud, named)
    assert cloud.az(app, "revision", "restart", *named, "--revision", first) == "Restart succeeded"
    assert before and _replicas(cloud, named, beside=before)
    assert "from az 3" in cloud.followed("from az 3", app, "logs", "show", *named, "--follow")
    assert "exec works" in cloud.terminal(app, "exec", *named, "--command", "echo exec works")
    changed = cloud.az(app, "update", *named, "--set-env-vars", "A=B")
    assert changed["properties"]["latestRevisionName"] == "lasting--0000001"
    cloud.az(app, "delete", *named, "--yes")
    assert cloud.az(app, "list", *here) == []


def _replicas(cloud: Cloud, named: tuple[str, ...], beside: frozenset[str] = frozenset()) -> frozenset[str]:
    """The names of the replicas that run, asked until there are some that are not among those `beside`."""
    for _ in range(10):
        found = cloud.az("containerapp", "replica", "list", *named)
        running = frozenset(one["name"] for one in found if one["properties"]["runningState"] == "Running")
        if running - beside:
            return running
    return frozenset()


def test_storages_of_the_environment(cloud: Cloud) -> None:
    """env storage set, list and remove."""
    storage = ("containerapp", "env", "storage")
    here = ("-g", cloud.facts["resource_group"], "-n", cloud.facts["environment"])
    # fmt: off
    made = cloud.az(*storage, "set", *here, "--storage-name", "data", "--account-name", "account", "--access-mode",
                    "ReadOnly", "--azure-file-account-key", "key", "--azure-file-share-name", "share")
    # fmt: on
    assert made["properties"]["azureFile"]["shareName"] == "share"
    assert [one["name"] for one in cloud.az(*storage, "list", *here)] == ["data"]
    cloud.az(*storage, "remove", *here, "--storage-name", "data", "--yes")
    assert cloud.az(*storage, "list", *here) == []
