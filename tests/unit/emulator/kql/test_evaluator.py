"""Queries over a small table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from azdock.emulator.kql.batch import Batch
from azdock.emulator.kql.errors import QueryError
from azdock.emulator.kql.evaluator import run
from azdock.emulator.kql.values import DateTime, TimeSpan, parse_datetime

NOW = parse_datetime("2026-08-01T12:00:00Z") or DateTime(0)
COLUMNS = {"TimeGenerated": "datetime", "T_d": "real", "Job": "string", "Stream": "string", "Log": "string"}
LINES = [
    ("11:59:00", 1.0, "one", "stdout", "hello world"),
    ("11:58:00", 2.0, "one", "stderr", "it's exit code '7'"),
    ("11:00:30", 3.0, "two", "stdout", '{"level": "error", "n": [1, 2]}'),
    ("11:00:10", 4.0, "two", "stdout", "HELLO again"),
]


class Tables:
    """One table T in two parts, one for each job."""

    def __init__(self) -> None:
        self.read: list[str] = []

    def columns(self, table: str) -> Mapping[str, str] | None:
        return COLUMNS if table == "T" else None

    def fixed(self, _table: str) -> frozenset[str]:
        return frozenset({"Job"})

    def batches(self, _table: str, match: Callable[[dict[str, Any]], Any]) -> Iterator[Batch]:
        for job in ("one", "two"):
            if match({"Job": job}):
                self.read.append(job)
                lines = [[parse_datetime(f"2026-08-01T{time}Z"), *rest] for time, *rest in LINES if rest[1] == job]
                yield Batch.of_rows(COLUMNS, [dict(zip(COLUMNS, line, strict=True)) for line in lines])


def rows(query: str) -> list[list[Any]]:
    result = run(query, Tables(), NOW)
    return [[row[name] for name in result.columns] for row in result.rows]


def logs(where: str) -> list[float]:
    return [row[0] for row in rows(f"T | where {where} | order by T_d asc | project T_d")]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("Job == 'one'", [1, 2]),
        ("Job != 'one'", [3, 4]),
        ("Job <> 'one'", [3, 4]),
        ("Job =~ 'ONE'", [1, 2]),
        ("Job !~ 'ONE'", [3, 4]),
        ("T_d < 2 or T_d >= 4", [1, 4]),
        ("not (T_d < 2) and (Job == 'one')", [2]),
        ("Job in ('one', 'three')", [1, 2]),
        ("Job !in ('one')", [3, 4]),
        ("Job in~ ('ONE')", [1, 2]),
        ("Job in (dynamic(['two']))", [3, 4]),
        ("Log has 'hello'", [1, 4]),
        ("Log has 'hell'", []),
        ("Log !has 'hello'", [2, 3]),
        ("Log has_cs 'hello'", [1]),
        ("Log has 'exit code'", [2]),
        ("Log has_any ('world', 'again')", [1, 4]),
        ("Log hasprefix 'hell'", [1, 4]),
        ("Log contains 'ELL'", [1, 4]),
        ("Log contains_cs 'ELL'", [4]),
        ("Log !contains 'ell'", [2, 3]),
        ("Log startswith 'hello'", [1, 4]),
        ("Log startswith_cs 'hello'", [1]),
        ("Log !startswith 'hello'", [2, 3]),
        ("Log endswith 'WORLD'", [1]),
        ("Log matches regex @'code .\\d+'", [2]),
        ("TimeGenerated > ago(10m)", [1, 2]),
        ("TimeGenerated between (datetime(2026-08-01T11:00:20Z) .. datetime(2026-08-01T11:30:00Z))", [3]),
        ("TimeGenerated between (datetime(2026-08-01 11:00) .. 20s)", [4]),
        ("T_d !between (2 .. 3)", [1, 4]),
        ("isnotempty(Log) and isempty('')", [1, 2, 3, 4]),
        ("isnull(toint(Log))", [1, 2, 3, 4]),
        ("tostring(parse_json(Log).level) == 'error'", [3]),
        ("parse_json(Log).n[1] == 2", [3]),
        ("Log == 'it\\'s exit code \\'7\\''", [2]),
        ("now() - TimeGenerated < 90s", [1]),
        ("bin(TimeGenerated, 1h) == datetime(2026-08-01T11:00:00)", [1, 2, 3, 4]),
    ],
)
def test_where(where: str, expected: list[float]) -> None:
    """where keeps exactly the rows for which its condition is true."""
    assert logs(where) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("T | order by T_d | take 1 | project T_d", [[4.0]]),
        (
            "T | sort by Job desc, T_d asc | project Job, x = T_d * 2",
            [["two", 6.0], ["two", 8.0], ["one", 2.0], ["one", 4.0]],
        ),
        ("T | top 2 by TimeGenerated desc | order by TimeGenerated asc | project T_d", [[2.0], [1.0]]),
        ("T | count", [[4]]),
        ("T | distinct Stream", [["stdout"], ["stderr"]]),
        ("T | summarize n = count() by Stream | order by n asc", [["stderr", 1], ["stdout", 3]]),
        ("T | summarize count() by bin(TimeGenerated, 1h), Job | project Job, count_", [["one", 2], ["two", 2]]),
        (
            "T | summarize countif(T_d > 1), min(T_d), max(T_d), dcount(Job), sum(T_d), avg(T_d)",
            [[3, 1.0, 4.0, 2, 10.0, 2.5]],
        ),
        (
            "T | summarize arg_max(T_d, Log) by Job | project Job, T_d, Log",
            [["one", 2.0, "it's exit code '7'"], ["two", 4.0, "HELLO again"]],
        ),
        ("T | summarize arg_min(T_d, *) | project Job, T_d", [["one", 1.0]]),
        ("T | summarize make_list(T_d)", [[[1.0, 2.0, 3.0, 4.0]]]),
        ("T | where T_d > 9 | summarize count(), max(T_d)", [[0, None]]),
        ("T | take 1 | project-away T_d, Time*, Log", [["one", "stdout"]]),
        ("T | take 1 | project-keep S*", [["stdout"]]),
        ("T | take 1 | project-rename S = Stream | project S", [["stdout"]]),
        (
            "T | extend code = toint(extract(\"exit code '([0-9]+)'\", 1, Log)) | where isnotnull(code) | project code",
            [[7]],
        ),
        (
            "T | extend v = coalesce(column_ifexists('No_s', ''), column_ifexists('Job', '')) | distinct v",
            [["one"], ["two"]],
        ),
        ("let j = 'two'; let n = 1; T | where Job == j | take n | project Job", [["two"]]),
        ("let V = T | where Job == 'two'; V | count", [[2]]),
        ("let V = T; V | count", [[4]]),
        ("print a = 1 + 2 * 3, b = 7 / 2, c = 7 / 2.0, strcat('a', 1, true)", [[7, 3, 3.5, "a1true"]]),
        (
            "print iff(1 > 2, 'a', 'b'), case(false, 1, true, 2, 3), substring('abcdef', 2, 3), strlen('abc')",
            [["b", 2, "cde", 3]],
        ),
        ("print tolower('A'), toupper('b'), replace_string('aXa', 'X', 'b')", [["a", "B", "aba"]]),
        ("print tolong('12'), toint('x'), todouble('1.5'), tobool('true')", [[12, None, 1.5, True]]),
        ("print todatetime('2026-08-01') + 1d - datetime(2026-08-01)", [[TimeSpan(86400 * 10**7)]]),
        ("print 'a''b', @'c\\d', 'e\\tf', h'g'", [["ab", "c\\d", "e\tf", "g"]]),
        ("union isfuzzy=true T, Missing | count", [[4]]),
        ("union T, (T | where Job == 'one') | count", [[6]]),
        ("T | union T | count", [[8]]),
        ("union withsource=src T | distinct src", [["T"]]),
        ("union isfuzzy=true withsource=src Missing, T | distinct src", [["T"]]),
        ("T | getschema | where ColumnType == 'real' | project ColumnName", [["T_d"]]),
        ("T // a comment | with ' things\n| count;", [[4]]),
        ("T | extend x = iff(T_d > 2, T_d, real(null)) | order by x asc | project T_d | take 1", [[1.0]]),
        ("T | extend x = iff(T_d > 2, T_d, real(null)) | order by x desc nulls first | project T_d | take 1", [[1.0]]),
    ],
)
def test_queries(query: str, expected: list[list[Any]]) -> None:
    """Operators and functions give what the Kusto documentation says."""
    assert rows(query) == expected


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("Missing | take 1", "SEM0100"),
        ("union isfuzzy=true Missing, Other", "SEM0100"),
        ("T | where Nope == 1", "SEM0100"),
        ("T | project-away Nope", "SEM0100"),
        ("T | extend x = nosuch(1)", "SEM0260"),
        ("T | where Job == 1", "SEM0064"),
        ("T | where Job + 1 == 2", "SEM0025"),
        ("T | where Log matches regex '('", "SEM0420"),
        ("T | extend x = substring(Log, 'a')", "SEM0001"),
        ("T | summarize sum(Log)", "SEM0001"),
        ("T | extend x = ceiling(Log)", "SEM0001"),
        ("T | where", "SYN0002"),
        ("(" * 5000 + "T" + ")" * 5000, "SYN0002"),
        ("T | nosuch x", "SYN0002"),
        ("T | where Job == 'open", "SYN0002"),
        ("T T", "SYN0002"),
        ("", "SYN0002"),
        ("T | where Job == 'a' | | count", "SYN0002"),
        ("print " + "(" * 5000 + "1" + ")" * 5000, "SYN0002"),
    ],
)
def test_errors(query: str, code: str) -> None:
    """A query that cannot be run is refused with Kusto's code."""
    with pytest.raises(QueryError) as caught:
        rows(query)
    assert caught.value.code == code


def test_long_chains() -> None:
    """Programs write long conditions."""
    chain = " or ".join(f"T_d == {i}" for i in range(3000))
    assert logs(chain) == [1, 2, 3, 4]
    chain = " and ".join(f"T_d != {i + 2}" for i in range(3000))
    assert logs(chain) == [1]


def test_parts_that_cannot_match_are_not_read() -> None:
    """A condition on a fixed column spares the reading of other parts of the table."""
    tables = Tables()
    assert len(list(run("T | where T_d > 0 and Job startswith_cs 'tw' | take 9", tables, NOW).rows)) == 2
    assert tables.read == ["two"]


def test_take_stops_reading() -> None:
    """Rows behind the last one taken are not computed."""
    tables = Tables()
    assert len(list(run("T | take 1", tables, NOW).rows)) == 1
    assert tables.read == ["one"]
