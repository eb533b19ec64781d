"""Published ports become an ingress, impossible ones are named, and an ingress becomes addresses."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from azdock.backends import ingress_map
from azdock.docker import ports
from azdock.docker.ports import Endpoint
from azdock.docker.spec import ContainerSpec, ImageFacts


def spec_of(*published: str, expose: tuple[str, ...] = (), publish_all: bool = False) -> ContainerSpec:
    """A container with these -p and --expose values."""
    return ContainerSpec(
        image="web",
        ports=tuple(one for text in published for one in ports.parse(text)),
        expose=tuple(one for text in expose for one in ports.parse_expose(text)),
        publish_all=publish_all,
    )


def shown(spec: ContainerSpec, image: ImageFacts = ingress_map.NOTHING) -> tuple[Any, ...]:
    """The parts of an ingress that differ: external, targetPort, transport, exposedPort, further mappings."""
    made = ingress_map.ingress(spec, image) or {}
    further = tuple(
        (one["external"], one["targetPort"], one["exposedPort"]) for one in made.get("additionalPortMappings", ())
    )
    return made["external"], made["targetPort"], made["transport"], made.get("exposedPort"), further


def test_no_ports_no_ingress() -> None:
    """A container without ports has no ingress; the image's EXPOSE alone makes none."""
    assert ingress_map.ingress(spec_of(), ImageFacts(exposed=("80/tcp",))) is None


@pytest.mark.parametrize(
    ("published", "expected"),
    [
        (("8080:80",), (True, 80, "auto", None, ())),
        (("8080:80/http2",), (True, 80, "http2", None, ())),
        (("8080:80/http",), (True, 80, "auto", None, ())),
        (("127.0.0.1:8080:80",), (False, 80, "auto", None, ())),
        (("[::1]:8080:80",), (False, 80, "auto", None, ())),
        (("0.0.0.0:8080:80",), (True, 80, "auto", None, ())),
        (("127.0.0.1:9000:9000", "80"), (True, 80, "auto", None, ((False, 9000, 9000),))),
        (("80", "127.0.0.1:9001:9000/tcp"), (True, 80, "auto", None, ((False, 9000, 9000),))),
        (("5433:5432",), (True, 5432, "tcp", 5433, ())),
        (("7000:7000/tcp",), (True, 7000, "tcp", 7000, ())),
        (("127.0.0.1:5433:5432",), (False, 5432, "tcp", 5432, ())),
        (("6379/http",), (True, 6379, "auto", None, ())),
        (("5432", "80"), (True, 80, "auto", None, ((True, 5432, 5432),))),
    ],
)
def test_publish(published: tuple[str, ...], expected: tuple[Any, ...]) -> None:
    """The first HTTP port for the outside is the target port; loopback is internal; /tcp and databases are TCP."""
    assert shown(spec_of(*published)) == expected


def test_expose_is_internal() -> None:
    """What is only exposed is reached from inside the network."""
    assert shown(spec_of(expose=("80", "5432"))) == (False, 80, "auto", None, ((False, 5432, 5432),))


def test_publish_all_takes_the_images_ports() -> None:
    """-P publishes what --expose and EXPOSE name: the first HTTP port to the outside, the others inside the network,
    and says so. EXPOSE's /tcp is no wish for TCP."""
    spec = spec_of(expose=("9000/tcp",), publish_all=True)
    image = ImageFacts(exposed=("80/tcp", "8080/tcp"))
    assert shown(spec, image) == (True, 80, "auto", None, ((False, 9000, 9000), (False, 8080, 8080)))
    assert ingress_map.gaps(spec, image) == []
    (text,) = ingress_map.notices(spec, image)
    assert "port 9000, 8080 is reached from containers of its network only" in text


def test_publish_all_of_a_database() -> None:
    """-P of a port that is not HTTP reaches the network."""
    spec, image = spec_of(publish_all=True), ImageFacts(exposed=("5432/tcp",))
    assert shown(spec, image) == (False, 5432, "tcp", 5432, ())
    assert ingress_map.gaps(spec, image) == []
    assert "port-forward NAME 5432" in ingress_map.notices(spec, image)[0]


def test_publish_all_beside_a_published_port() -> None:
    """What -p names keeps the port for the outside."""
    spec, image = spec_of("8080:8080", publish_all=True), ImageFacts(exposed=("80/tcp",))
    assert shown(spec, image) == (True, 8080, "auto", None, ((False, 80, 80),))


def test_an_internal_http_port_takes_plain_http() -> None:
    """Inside the network docker's http://name works; from outside http is redirected to https."""
    inside, outside = ingress_map.ingress(spec_of("127.0.0.1::80")), ingress_map.ingress(spec_of("80"))
    assert inside is not None
    assert outside is not None
    assert inside["allowInsecure"] is True
    assert outside["allowInsecure"] is False


@pytest.mark.parametrize(
    ("published", "reason", "alternative"),
    [
        (("53:53/udp",), "no UDP", "use TCP"),
        (("9999/sctp",), "no SCTP", "use TCP"),
        (("5432:5432",), "port 5432 is a TCP port", "-p 127.0.0.1:5432:5432"),
        (("7000/tcp",), "port 7000 is a TCP port", "7000/http"),
        (("80", "8080"), "one port for the outside, 80 here", "-p 127.0.0.1:8080:8080"),
        (("80", "443"), "one port for the outside", "leave 443 away"),
        (("80/http", "8080/http"), "speaks HTTP on one port", "8080/tcp"),
        (("80", "127.0.0.1:9000-9005:9000-9005"), "5 ports beside the main one, 6", "fewer"),
        (("80", "127.0.0.1:36985:36985"), "port 36985", "another port"),
    ],
)
def test_impossible(published: tuple[str, ...], reason: str, alternative: str) -> None:
    """Each port that Azure cannot give is refused with its reason and what to do instead."""
    (gap,) = ingress_map.gaps(spec_of(*published))
    assert gap.action == "refuse"
    assert reason in gap.reason
    assert alternative in gap.alternative


@pytest.mark.parametrize("published", [("8080:80",), ("127.0.0.1:5432:5432",), ("80", "127.0.0.1:9000-9004:9000-9004")])
def test_possible(published: tuple[str, ...]) -> None:
    """What Azure can do has no gap."""
    assert ingress_map.gaps(spec_of(*published)) == []


def test_a_network_of_ones_own_takes_tcp_from_outside() -> None:
    """With a virtual network of one's own external TCP is possible, but not on the HTTP ports."""
    assert ingress_map.gaps(spec_of("5432:5432", "80"), custom_network=True) == []
    (gap,) = ingress_map.gaps(spec_of("443:5432"), custom_network=True)
    assert "443" in gap.reason


def test_exposed_udp_is_only_told() -> None:
    """--expose of a protocol Azure has not is harmless."""
    (gap,) = ingress_map.gaps(spec_of(expose=("53/udp",)))
    assert gap.action == "warn"
    assert ingress_map.ingress(spec_of(expose=("53/udp",))) is None


@pytest.mark.parametrize(
    ("published", "words"),
    [
        ("8080:80", "port 8080 of the host is not used"),
        ("127.0.0.1:8080:80", "port-forward NAME 8080:80"),
        ("127.0.0.1::80", "port-forward NAME 80`"),
    ],
)
def test_notices(published: str, words: str) -> None:
    """One sentence says how a port is reached when that differs from docker."""
    (text,) = ingress_map.notices(spec_of(published))
    assert words in text


def test_a_run_in_the_background_tells_the_address_itself() -> None:
    """Nothing is said ahead about a port whose address will be told once it is known."""
    spec = spec_of("8080:80")
    assert ingress_map.notices(replace(spec, at_once=True)) == []
    assert len(ingress_map.notices(replace(spec, at_once=True, foreground=True))) == 1


@pytest.mark.parametrize("published", ["80", "80:80", "443:8080"])
def test_nothing_to_notice(published: str) -> None:
    """A host port that https has anyway, or none, surprises nobody."""
    assert ingress_map.notices(spec_of(published)) == []


def app_of(**ingress: Any) -> dict[str, Any]:
    """Azure's JSON of an app with this ingress."""
    return {"name": "web", "properties": {"configuration": {"ingress": ingress or None}}}


def test_endpoints() -> None:
    """An ingress is told as https://name for HTTP, name:port for TCP; internal TCP by the app's own name."""
    further = [{"external": False, "targetPort": 9000, "exposedPort": 9000}]
    app = app_of(fqdn="web.x.io", external=True, targetPort=80, transport="Auto", additionalPortMappings=further)
    assert ingress_map.endpoints(app) == (
        Endpoint(80, "tcp", "https://web.x.io"),
        Endpoint(9000, "tcp", "web:9000", external=False),
    )
    assert ingress_map.endpoints(app_of()) == ()
    tcp = app_of(fqdn="web.x.io", external=True, targetPort=5432, transport="Tcp", exposedPort=5433)
    assert ingress_map.endpoints(tcp) == (Endpoint(5432, "tcp", "web.x.io:5433"),)


def test_endpoints_of_an_app_that_is_not_ready() -> None:
    """An app without a full name yet has no HTTP address."""
    assert ingress_map.endpoints(app_of(external=True, targetPort=80, transport="Auto")) == ()


def test_local_addresses() -> None:
    """The embedded Azure's own addresses replace Azure's; what it does not know stays."""
    found = (
        Endpoint(80, "tcp", "https://web.x.io"),
        Endpoint(5432, "tcp", "web.x.io:5432"),
        Endpoint(1, "tcp", "other:1"),
    )
    told = ingress_map.local(found, {"web.x.io": "http://127.0.0.1:4000", "web:5432": "127.0.0.1:4001"})
    assert [one.address for one in told] == ["http://127.0.0.1:4000", "127.0.0.1:4001", "other:1"]
