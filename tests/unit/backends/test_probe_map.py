"""Health checks become probes within Azure's ranges; what Azure cannot check is named."""

from __future__ import annotations

from dataclasses import replace

import pytest

from azdock.backends import probe_map
from azdock.docker.health import Health, Probe
from azdock.docker.spec import ContainerSpec, ImageFacts

CURL = ("CMD-SHELL", "curl -f http://localhost:8080/x || exit 1")
SPEC = ContainerSpec("web")
HTTP = Probe("http", 8080, "/x", command=CURL)
COMMAND = Probe("exec", command=("CMD-SHELL", "pg_isready"))


def of(health: Health | None, **asked: str) -> ContainerSpec:
    """A spec with these checks and flags."""
    return replace(SPEC, health=health, asked={name.replace("_", "-"): text for name, text in asked.items()})


def test_nothing_asked() -> None:
    """Without checks there are no probes, gaps or notices."""
    assert probe_map.probes(SPEC) == []
    assert probe_map.gaps(SPEC) == []
    assert probe_map.notices(SPEC) == []
    assert not probe_map.checked(SPEC)


def test_dockers_check_is_readiness() -> None:
    """--health-cmd becomes a readiness probe with docker's times."""
    check = replace(HTTP, interval=20, timeout=4, retries=5)
    assert probe_map.probes(of(Health(check=check))) == [
        {
            "type": "Readiness",
            "httpGet": {"path": "/x", "port": 8080, "scheme": "HTTP"},
            "periodSeconds": 20,
            "timeoutSeconds": 4,
            "failureThreshold": 5,
        }
    ]


def test_without_times() -> None:
    """Without an interval the check may fail for docker's 90 seconds, but is done every 10."""
    (made,) = probe_map.probes(of(Health(check=HTTP)))
    assert (made["periodSeconds"], made["failureThreshold"], made["timeoutSeconds"]) == (10, 9, 30)


def test_own_probes() -> None:
    """The probe flags are taken as they are; what they leave out is left to Azure."""
    asked = Health(startup=Probe("tcp", 80, interval=5, timeout=1, retries=3, delay=2), liveness=Probe("http", 80))
    assert probe_map.probes(of(asked)) == [
        {
            "type": "Startup",
            "tcpSocket": {"port": 80},
            "initialDelaySeconds": 2,
            "periodSeconds": 5,
            "timeoutSeconds": 1,
            "failureThreshold": 3,
        },
        {"type": "Liveness", "httpGet": {"path": "/", "port": 80, "scheme": "HTTP"}},
    ]
    assert not probe_map.checked(of(asked))
    assert probe_map.checked(of(Health(readiness=Probe("tcp", 80))))


def test_the_images_check() -> None:
    """The image's HEALTHCHECK holds unless it is dropped, or the container waits for its session."""
    image = ImageFacts(id="sha256:1", health=CURL)
    assert [one["type"] for one in probe_map.probes(SPEC, image)] == ["Readiness"]
    assert probe_map.probes(of(Health(disabled=True)), image) == []
    assert probe_map.probes(replace(SPEC, session=True), image) == []


def test_the_images_command() -> None:
    """An image's command that Azure cannot check is ignored with one notice."""
    image = ImageFacts(id="sha256:1", health=("CMD", "pg_isready"))
    assert probe_map.probes(SPEC, image) == []
    (text,) = probe_map.notices(SPEC, image)
    assert "HEALTHCHECK is ignored" in text
    assert "pg_isready" in text
    assert probe_map.gaps(SPEC, image) == []


def test_a_command_is_refused() -> None:
    """Another command is refused before anything exists, unless azdock is to run it."""
    (gap,) = probe_map.gaps(of(Health(check=COMMAND), health_cmd="pg_isready"))
    assert (gap.flag, gap.action) == ("health-cmd", "refuse")
    assert "pg_isready" in gap.reason
    assert "--health-via exec" in gap.alternative
    by_exec = of(Health(check=COMMAND), health_cmd="pg_isready", health_via="exec")
    assert probe_map.gaps(by_exec) == []
    assert probe_map.probes(by_exec) == []


def test_times_without_a_check() -> None:
    """Times of a check that neither the user nor the image has are refused once the image is known."""
    spec = of(Health(check=Probe("http", interval=5)), health_interval="5s")
    assert probe_map.gaps(spec) == []
    (gap,) = probe_map.gaps(spec, ImageFacts(id="sha256:1"))
    assert gap.flag == "health-interval"
    assert probe_map.gaps(spec, ImageFacts(id="sha256:1", health=CURL)) == []


@pytest.mark.parametrize(
    ("check", "words"),
    [
        (replace(HTTP, interval=0.5), "--health-interval 0.5 becomes 1 seconds"),
        (replace(HTTP, interval=300), "--health-interval 300 becomes 240 seconds"),
        (replace(HTTP, timeout=1.5), "--health-timeout 1.5 becomes 2 seconds"),
        (replace(HTTP, retries=20), "--health-retries 20 becomes 10:"),
    ],
)
def test_rounding_is_told(check: Probe, words: str) -> None:
    """What does not fit into Azure's ranges is rounded, and said."""
    (text,) = probe_map.notices(of(Health(check=check)))
    assert words in text
    assert 1 <= probe_map.probes(of(Health(check=check)))[0]["periodSeconds"] <= 240


def test_rounding_of_own_probes_is_told() -> None:
    """A delay beyond Azure's minute is cut, and said."""
    spec = of(Health(startup=Probe("tcp", 80, delay=90)))
    assert probe_map.probes(spec)[0]["initialDelaySeconds"] == 60
    assert "--startup-probe delay 90 becomes 60 seconds" in probe_map.notices(spec)[0]


def test_start_interval_is_told() -> None:
    """Azure has one interval."""
    assert "start-interval" in probe_map.notices(of(Health(check=HTTP, start_interval=1)))[0]
