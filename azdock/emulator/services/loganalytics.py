"""The query endpoint of Log Analytics."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from uuid import uuid4

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from azdock.emulator.app import route
from azdock.emulator.kql.batch import Batch, Column, Constant
from azdock.emulator.kql.errors import QueryError
from azdock.emulator.kql.evaluator import run
from azdock.emulator.kql.flow import Result
from azdock.emulator.kql.functions import to_string
from azdock.emulator.kql.values import DateTime
from azdock.emulator.logbook import FOREVER, Logbook
from azdock.emulator.logtables import CHANGING, COLUMNS
from azdock.emulator.timespans import Span, parse_span
from azdock.emulator.world import WORKSPACE, World
from azdock.wire import LOG_QUERY_PATH

MILLISECOND = 1_000_000
# learn.microsoft.com/azure/azure-monitor/service-limits: rows of one answer
ROW_LIMIT = 500_000


def routes(world: World) -> list[BaseRoute]:
    """POST and GET /v1/workspaces/{workspace}/query."""

    async def query(request: Request) -> Response:
        """Source: learn.microsoft.com/azure/azure-monitor/logs/api/request-format"""
        if request.path_params["workspace"].lower() != WORKSPACE:
            return _error(404, "PathNotFoundError", "The requested path does not exist")
        body = dict(request.query_params)
        if request.method == "POST":
            if not request.headers.get("content-type", "").startswith("application/json"):
                return Response()  # documented: no JSON body, no answer
            try:
                body = {**json.loads(await request.body()), "url_timespan": body.get("timespan", "")}
            except (ValueError, TypeError):
                return _error(400, "BadArgumentError", "The request body is not valid JSON.")
        return await run_in_threadpool(answer, world.logbook, body, request.headers.get("prefer", ""))

    return [route(LOG_QUERY_PATH, query, ["POST", "GET"])]


def answer(logbook: Logbook, body: Mapping[str, Any], prefer: str) -> Response:
    """The response to one query. `prefer` is the header of that name."""
    started, text = time.monotonic(), body.get("query")
    if not isinstance(text, str) or not text.strip():
        return _error(400, "BadArgumentError", "The query is missing.")
    now = time.time_ns()
    try:
        span = _overlap(parse_span(body.get("timespan") or "", now), parse_span(body.get("url_timespan") or "", now))
    except ValueError as error:
        return _error(400, "BadArgumentError", str(error))
    try:
        result = run(text, LogTables(logbook, span), DateTime(now // 100))
        table, complete = _table(result)
    except QueryError as error:
        return _refused(error)
    if not any(map(logbook.first_ns, COLUMNS)):
        return Response(status_code=204)
    reply: dict[str, Any] = {"tables": [table]}
    if not complete:
        reply["error"] = _too_many()
    wanted = prefer.replace(" ", "").lower().split(",")
    if "include-statistics=true" in wanted:
        seconds = time.monotonic() - started
        reply["statistics"] = {"query": {"executionTime": seconds, "resourceUsage": {"cpu": {"totalCpu": seconds}}}}
    if "include-render=true" in wanted:
        reply["render"] = {"visualization": None, "title": None}
    return Response(json.dumps(reply, separators=(",", ":")), media_type="application/json; charset=utf-8")


def _overlap(first: Span, second: Span) -> Span:
    """What a timespan in the body and one in the address have in common."""
    return max(first[0], second[0]), min(first[1], second[1])


class LogTables:
    """The logbook's tables within a span of time, as queries see them."""

    def __init__(self, logbook: Logbook, span: Span) -> None:
        self._logbook = logbook
        self._present = logbook.tables()
        # TimeGenerated has milliseconds: [start, end] over it, in terms of the exact times underneath.
        self._start = -(-span[0] // MILLISECOND) * MILLISECOND
        self._end = min(span[1] // MILLISECOND * MILLISECOND + MILLISECOND - 1, FOREVER)

    def columns(self, table: str) -> Mapping[str, str] | None:
        """Of a table that exists by now."""
        return COLUMNS[table] if table in self._present else None

    def fixed(self, table: str) -> frozenset[str]:
        """Columns that have one value for all rows of a container."""
        return frozenset(COLUMNS[table]) - CHANGING[table]

    def batches(self, table: str, match: Callable[[dict[str, Any]], Any]) -> Iterator[Batch]:
        """Rows of containers that `match` accepts."""
        return self._logbook.batches(table, self._start, self._end, match)


def _table(result: Result) -> tuple[dict[str, Any], bool]:
    """A table of the answer and whether it holds all rows."""
    rows: list[tuple[Any, ...]] = []
    for batch in result.batches:
        cells = [_written(batch.column(name), kind) for name, kind in result.columns.items()]
        rows.extend(zip(*cells, strict=True) if cells else ())
        if len(rows) > ROW_LIMIT:
            break
    columns = [{"name": name, "type": kind} for name, kind in result.columns.items()]
    return {"name": "PrimaryResult", "columns": columns, "rows": rows[:ROW_LIMIT]}, len(rows) <= ROW_LIMIT


def _written(column: Column, kind: str) -> Iterable[Any]:
    """A column's values as JSON has them; equal times are written once."""
    write = _WRITERS.get(kind, _same)
    if isinstance(column, Constant):
        return Constant(_cell(write, column.value), column.size)
    kinds = set(map(type, column))
    if kind == "datetime" and kinds <= {DateTime}:
        known = {value: write(value) for value in set(column)}
        return map(known.__getitem__, column)
    if write is _same or (kind == "string" and kinds <= {str}):
        return column
    if kind == "real" and kinds <= {float} and all(map(math.isfinite, column)):
        return column
    return [_cell(write, value) for value in column]


def _cell(write: Callable[[Any], Any], value: Any) -> Any:
    return None if value is None else write(value)


def _same(value: Any) -> Any:
    return value


def _moment(value: Any) -> str:
    return str(value).rstrip("Z").rstrip("0").rstrip(".") + "Z"


def _dynamic(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), default=str)


def _real(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return float(value)


_WRITERS: dict[str, Callable[[Any], Any]] = {
    "datetime": _moment,
    "timespan": str,
    "dynamic": _dynamic,
    "real": _real,
    "string": to_string,
}


def _refused(error: QueryError) -> Response:
    inner: dict[str, Any] = {"code": error.code, "message": error.message, **error.details}
    outer = {"code": error.kind, "message": error.summary, "innererror": inner}
    return _error(400, "BadArgumentError", "The request had some invalid properties", innererror=outer)


def _error(status: int, code: str, message: str, **more: Any) -> Response:
    """The envelope of learn.microsoft.com/azure/azure-monitor/logs/api/errors."""
    error = {"message": message, "code": code, "correlationId": str(uuid4()), **more}
    return JSONResponse({"error": error}, status)


def _too_many() -> dict[str, Any]:
    limit = (
        f"The results of this query exceed the set limit of {ROW_LIMIT} records, so not all records were returned "
        "(E_QUERY_RESULT_SET_TOO_LARGE, 0x80DA0003)."
    )
    engine = {
        "code": "EngineError",
        "message": "Something went wrong processing your query on the server.",
        "innererror": {"code": "-2133196797", "message": limit, "severity": 2, "severityName": "Error"},
    }
    message = "There were some errors when processing your query."
    return {"code": "PartialError", "message": message, "details": [engine]}
