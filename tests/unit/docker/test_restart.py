"""--restart."""

from __future__ import annotations

import pytest

from azdock.docker.restart import check, parse
from azdock.docker.spec import Restart
from azdock.docker.values import BadValue


@pytest.mark.parametrize(
    ("text", "policy"),
    [
        ("", Restart()),
        ("no", Restart()),
        ("always", Restart("always")),
        ("on-failure:", Restart("on-failure")),
        ("on-failure:3", Restart("on-failure", 3)),
    ],
)
def test_accepted(text: str, policy: Restart) -> None:
    """A policy is a name, with a count where it makes sense."""
    assert parse(text) == policy
    check(policy)


@pytest.mark.parametrize(
    "text", ["on-failure:x", "on-failure:3:4", "on-failure:1_0", "on-failure: 3", "on-failure:99999999999999999999"]
)
def test_count_is_no_number(text: str) -> None:
    """A count that is no number of Go's is refused by docker's client."""
    with pytest.raises(BadValue, match=r"^invalid restart policy format: maximum retry count must be an integer$"):
        parse(text)


def test_no_name() -> None:
    """A count alone is no policy."""
    with pytest.raises(BadValue, match=r"^invalid restart policy format: no policy provided before colon$"):
        parse(":3")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("bogus", "invalid restart policy 'bogus'"),
        ("ON-FAILURE", "invalid restart policy 'ON-FAILURE'"),
        (" no", "invalid restart policy ' no'"),
        ("always:3", "maximum retry count cannot be used with restart policy 'always'"),
        ("no:1", "maximum retry count cannot be used with restart policy 'no'"),
        ("on-failure:-1", "maximum retry count cannot be negative"),
    ],
)
def test_refused_by_the_engine(text: str, message: str) -> None:
    """What has the right form but makes no sense is refused in the words of docker's engine."""
    with pytest.raises(BadValue) as bad:
        check(parse(text))
    assert str(bad.value) == message
