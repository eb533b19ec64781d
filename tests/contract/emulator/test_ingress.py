"""The ingress of a whole emulator, from the app's PUT to its answer."""

from __future__ import annotations

import socket
import sys

import httpx

from tests.contract.emulator.conftest import Arm

SERVER = (
    "import socket,sys\n"
    "s=socket.socket();s.setsockopt(socket.SOL_SOCKET,socket.SO_REUSEADDR,1)\n"
    "s.bind(('127.0.0.1',int(sys.argv[1])));s.listen()\n"
    "while 1:\n"
    " c,_=s.accept();c.recv(9999);c.sendall(b'HTTP/1.0 200 OK\\r\\nContent-Length: 5\\r\\n\\r\\nhello');c.close()\n"
)


def body(arm: Arm, port: int) -> dict[str, object]:
    """An external app with a web server."""
    container = {"name": "main", "image": "any", "command": [sys.executable, "-c", SERVER, str(port)]}
    return {
        "location": "westeurope",
        "properties": {
            "environmentId": f"{arm.prefix}/managedEnvironments/azdock-env",
            "configuration": {"ingress": {"external": True, "targetPort": port}},
            "template": {
                "containers": [{**container, "resources": {"cpu": 0.5, "memory": "1Gi"}}],
                "scale": {"minReplicas": 1, "maxReplicas": 1},
            },
        },
    }


def test_an_app_answers(arm: Arm) -> None:
    """An external app's full name is in the control route's answer, with an address that answers until the app stops;
    after a start it is the same address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert arm("PUT", "containerApps/web", body(arm, port)).status_code == 201
    fqdn = arm("GET", "containerApps/web").json()["properties"]["configuration"]["ingress"]["fqdn"]
    url = arm.until(lambda: arm.http.get("/_azdock/ingress").json().get(fqdn))

    def answers() -> bool:
        try:
            answer = httpx.get(url, trust_env=False)
        except httpx.TransportError:
            return False
        return answer.status_code == 200 and answer.text == "hello"

    assert arm.until(answers)
    arm("POST", "containerApps/web/stop")
    assert arm.until(lambda: not answers())
    arm("POST", "containerApps/web/start")
    assert arm.until(answers)
    assert arm.http.get("/_azdock/ingress").json()[fqdn] == url


def test_the_addresses_are_secret(arm: Arm) -> None:
    """The control route needs a token as every other does."""
    assert httpx.get(f"{arm.emulator.url}/_azdock/ingress", trust_env=False).status_code == 401
