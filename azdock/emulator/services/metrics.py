"""Azure Monitor metrics of jobs and apps: values, definitions, namespaces.

Sources: learn.microsoft.com/rest/api/monitor/metrics/list, metric-definitions/list, metric-namespaces/list
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from azdock.emulator import arm, errors
from azdock.emulator.app import route
from azdock.emulator.clock import precise
from azdock.emulator.metricfilter import Filter, parse_filter
from azdock.emulator.metrics import MEASURES, METRICS, Metric, Sample, measured
from azdock.emulator.timespans import parse_span
from azdock.emulator.world import World

Document = dict[str, Any]
RESOURCE = "/subscriptions/{sub}/resourceGroups/{group}/providers/Microsoft.App/{kind}/{name}"
INSIGHTS = RESOURCE + "/providers/Microsoft.Insights"
NAMESPACES = {kind.lower(): f"Microsoft.App/{kind}" for kind in METRICS}
MINUTE = 60 * 10**9
GRAINS = {
    "PT1M": MINUTE, "PT5M": 5 * MINUTE, "PT15M": 15 * MINUTE, "PT30M": 30 * MINUTE, "PT1H": 60 * MINUTE,
    "PT6H": 360 * MINUTE, "PT12H": 720 * MINUTE, "P1D": 1440 * MINUTE,
}  # fmt: skip
HOUR = "PT1H"  # the timespan when none is asked for
POINTS = 50_000  # of one series
UNSERVED = ("orderby", "rollupby")


def routes(world: World) -> list[BaseRoute]:
    """GET .../providers/Microsoft.Insights/metrics, metricDefinitions and metricNamespaces."""

    async def values(request: Request) -> Response:
        return arm.answer(_values(world, request))

    async def definitions(request: Request) -> Response:
        document, kind = _resource(world, request)
        return arm.answer({"value": [_definition(document, kind, one) for one in METRICS[kind].values()]})

    async def namespaces(request: Request) -> Response:
        document, kind = _resource(world, request)
        name = NAMESPACES[kind.lower()]
        shown = {
            "id": f"{document['id']}/providers/microsoft.insights/metricNamespaces/{name}",
            "name": name.rpartition("/")[2],
            "type": "Microsoft.Insights/metricNamespaces",
            "properties": {"metricNamespaceName": name},
        }
        return arm.answer({"value": [shown]})

    return [
        route(INSIGHTS + "/metrics", values, ["GET"]),
        route(INSIGHTS + "/metricDefinitions", definitions, ["GET"]),
        route(INSIGHTS + "/metricNamespaces", namespaces, ["GET"]),
    ]


def _resource(world: World, request: Request) -> tuple[Document, str]:
    """The resource and the key of METRICS for its type. Raises ArmError."""
    place, given = arm.place(world, request), request.path_params
    kind = next((one for one in METRICS if one.lower() == given["kind"].lower()), "")
    if not kind:
        raise errors.bad_content(f"resources of type Microsoft.App/{given['kind']} have no metrics.")
    document = world.store.get(place.id(f"Microsoft.App/{kind}", given["name"]))
    if document is None:
        raise errors.no_resource(f"Microsoft.App/{kind}", given["name"], place.group)
    return document, kind


def _values(world: World, request: Request) -> Document:
    document, kind = _resource(world, request)
    asked = Asked(request, kind, world.clock.now_ns())
    end = min(asked.end, world.clock.now_ns() - int(world.behaviour.metric_delay * 1e9))
    samples = world.metrics.between(document["id"], asked.start, end)
    return {
        "cost": len(asked.metrics) * max((asked.end - asked.start) // MINUTE - 1, 0),
        "timespan": f"{precise(asked.start)}Z/{precise(asked.end)}Z",
        "interval": asked.interval,
        "value": [asked.shown(document, one, samples) for one in asked.metrics],
        "namespace": NAMESPACES[kind.lower()],
        "resourceregion": document["location"],
    }


class Asked:
    """A request's parameters. Raises ArmError."""

    def __init__(self, request: Request, kind: str, now_ns: int) -> None:
        query = {name.lower(): value for name, value in request.query_params.items()}
        for name in UNSERVED:
            if query.get(name):
                raise errors.bad_request(f"The parameter '{name}' is not served here.")
        self.interval = query.get("interval", "PT1M").upper()
        if self.interval not in GRAINS:
            raise errors.bad_request(
                f"Detected invalid time grain input: {self.interval}. Valid time grains: {','.join(GRAINS)}"
            )
        self.grain = GRAINS[self.interval]
        try:
            start, self.end = parse_span(query.get("timespan", HOUR), now_ns)
        except ValueError as wrong:
            raise errors.bad_request(str(wrong)) from wrong
        self.start = start - start % self.grain
        if not 0 < (self.end - self.start) / self.grain <= POINTS:
            raise errors.bad_request("The timespan is empty or has too many points; ask for a larger interval.")
        self.metrics = _named(query.get("metricnames", ""), kind)
        self.measures = _measures(query.get("aggregation", ""))
        self.top = int(query["top"]) if query.get("top", "").isdecimal() else 10
        self.metadata = query.get("resulttype", "Data").lower() == "metadata"
        try:
            self.filter = parse_filter(query.get("$filter", ""))
        except ValueError as wrong:
            raise errors.bad_request(str(wrong)) from wrong
        for metric in self.metrics:
            _check_dimensions(metric, self.filter)

    def shown(self, document: Document, metric: Metric, samples: Iterable[Sample]) -> Document:
        """One metric with its time series."""
        having = [one for one in samples if metric.name in one.values and self.filter.matches(one.dimensions)]
        parts: dict[tuple[str, ...], list[Sample]] = {} if self.filter.names else {(): []}
        for one in having:
            parts.setdefault(tuple(one.dimensions[_spelled(metric, name)] for name in self.filter.names), []).append(
                one
            )
        limit = self.top if self.filter.names else 1
        return {
            "id": f"{document['id']}/providers/Microsoft.Insights/metrics/{metric.name}",
            "type": "Microsoft.Insights/metrics",
            "name": {"value": metric.name, "localizedValue": metric.title},
            "displayDescription": metric.title,
            "unit": metric.unit,
            "timeseries": [self._series(metric, key, part) for key, part in list(parts.items())[:limit]],
            "errorCode": "Success",
        }

    def _series(self, metric: Metric, key: tuple[str, ...], samples: list[Sample]) -> Document:
        labels = [
            {"name": {"value": name.lower(), "localizedValue": name.lower()}, "value": value}
            for name, value in zip(self.filter.names, key, strict=True)
        ]
        if self.metadata:
            return {"metadatavalues": labels}
        bins: dict[int, list[float]] = {}
        for one in samples:
            bins.setdefault(one.time_ns - one.time_ns % self.grain, []).append(one.values[metric.name])
        wanted = self.measures or (metric.primary.lower(),)
        data = []
        for at in range(self.start, self.end, self.grain):
            found = measured(bins.get(at, ()))
            stamp = datetime.fromtimestamp(at // 10**9, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            data.append({"timeStamp": stamp, **{name: found[name] for name in wanted if name in found}})
        return {"metadatavalues": labels, "data": data}


def _named(text: str, kind: str) -> list[Metric]:
    known = {name.lower(): metric for name, metric in METRICS[kind].items()}
    found = []
    for name in (one.strip() for one in text.split(",") if one.strip()):
        if name.lower() not in known:
            raise errors.bad_request(
                f"Failed to find metric configuration for provider: Microsoft.App, resource Type: {kind}, "
                f"metric: {name}, Valid metrics: {','.join(METRICS[kind])}"
            )
        found.append(known[name.lower()])
    return found or list(known.values())[:1]


def _measures(text: str) -> tuple[str, ...]:
    found = tuple(one.strip().lower() for one in text.split(",") if one.strip())
    for one in found:
        if one not in MEASURES:
            raise errors.bad_request(f"'{one}' is not an aggregation; use {', '.join(MEASURES)}.")
    return found


def _check_dimensions(metric: Metric, given: Filter) -> None:
    known = [name.lower() for name in metric.dimensions]
    for name in given.names:
        if name.lower() not in known:
            raise errors.bad_request(
                f"Metric: {metric.name} does not support requested dimension combination: {name.lower()}, "
                f"supported ones are: {','.join(metric.dimensions)}"
            )


def _spelled(metric: Metric, name: str) -> str:
    return next(one for one in metric.dimensions if one.lower() == name.lower())


def _definition(document: Document, kind: str, metric: Metric) -> Document:
    namespace = NAMESPACES[kind.lower()]
    return {
        "id": f"{document['id']}/providers/microsoft.insights/metricdefinitions/{metric.name}",
        "resourceId": document["id"],
        "namespace": namespace,
        "name": {"value": metric.name, "localizedValue": metric.title},
        "displayDescription": metric.title,
        "isDimensionRequired": False,
        "unit": metric.unit,
        "primaryAggregationType": metric.primary,
        "supportedAggregationTypes": ["Total", "Average", "Maximum", "Minimum"],
        "metricAvailabilities": [{"timeGrain": grain, "retention": "P93D"} for grain in GRAINS],
        "dimensions": [{"value": name, "localizedValue": name} for name in metric.dimensions],
    }
