"""Runs of a job: start, list, get, stop, and their replicas.

Source: azure-rest-api-specs, Microsoft.App JobExecution.tsp (2026-07-01); replicas as the CLI extension asks for them
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from azdock.emulator import arm, errors, jobbody, jobrunner, jobview
from azdock.emulator.app import route
from azdock.emulator.services import jobs
from azdock.emulator.world import World

Document = dict[str, Any]
KIND = "Microsoft.App/jobs/executions"
EXECUTIONS = jobs.JOB + "/executions"
EXECUTION = EXECUTIONS + "/{execution}"


def routes(world: World) -> list[BaseRoute]:
    """Executions and replicas of jobs."""

    async def start(request: Request) -> Response:
        return await _start(world, request)

    async def listed(request: Request) -> Response:
        job, version = jobs.find(world, request), arm.api_version(request)
        if request.query_params.get("$filter"):
            raise errors.bad_content("a filter on executions is not served: its grammar is not published.")
        newest_first = reversed(world.store.runs(job["id"]).values())
        return arm.page(world, request, newest_first, lambda one: jobview.execution(one, job, version))

    async def get(request: Request) -> Response:
        job, run = _find(world, request)
        return arm.answer(jobview.execution(run, job, arm.api_version(request)))

    async def stop(request: Request) -> Response:
        _, run = _find(world, request)
        _end(world, run)
        return arm.answer(f"Job Execution: {run['name']}, stopped successfully.")

    async def stop_all(request: Request) -> Response:
        job, version = jobs.find(world, request), arm.api_version(request)
        running = [one for one in world.store.runs(job["id"]).values() if one["status"] == "Running"]
        for one in running:
            _end(world, one)
        return arm.answer({"value": [jobview.execution(one, job, version) for one in running]})

    async def replicas(request: Request) -> Response:
        job, run = _find(world, request)
        return arm.answer({"value": [jobview.replica(one, run, job, request) for one in listed_replicas(world, run)]})

    async def replica(request: Request) -> Response:
        job, run = _find(world, request)
        name = request.path_params["replica"]
        for one in listed_replicas(world, run):
            if one["name"] == name:
                return arm.answer(jobview.replica(one, run, job, request))
        raise errors.no_resource(f"{KIND}/replicas", name, request.path_params["group"])

    return [
        route(jobs.JOB + "/start", start, ["POST"]),
        route(jobs.JOB + "/stop", stop_all, ["POST"]),
        route(jobs.JOB + "/stop/{execution}", stop, ["POST"]),
        route(EXECUTIONS, listed, ["GET"]),
        route(EXECUTION, get, ["GET"]),
        route(EXECUTION + "/stop", stop, ["POST"]),
        route(EXECUTION + "/replicas", replicas, ["GET"]),
        route(EXECUTION + "/replicas/{replica}", replica, ["GET"]),
    ]


async def _start(world: World, request: Request) -> Response:
    """Start with the job's template, or with the one in the body (bare, or wrapped in `template`)."""
    job, given = jobs.find(world, request), arm.without_nulls(await arm.body(request))
    jobs.check_free(job)
    if job.get("suspended"):
        raise errors.suspended(job["name"])
    given = given.get("template", given)
    template: Document = {key: job["properties"]["template"].get(key, []) for key in ("containers", "initContainers")}
    if given:
        template = {
            "containers": jobbody.containers(given, "containers"),
            "initContainers": jobbody.containers(given, "initContainers"),
        }
        if not template["containers"]:
            raise errors.bad_template([("template.containers", "At least one container is required")])
        await jobs.check_images(world, job["properties"], template)
    record = jobrunner.begin(world, job, template)
    return arm.answer({"id": f"{job['id']}/executions/{record['name']}", "name": record["name"]})


def _find(world: World, request: Request) -> tuple[Document, Document]:
    job, name = jobs.find(world, request), request.path_params["execution"]
    run = world.store.runs(job["id"]).get(name.lower())
    if run is None:
        raise errors.no_resource(KIND, f"{job['name']}/{name}", request.path_params["group"])
    return job, run


def _end(world: World, run: Document) -> None:
    """Stop an execution; one that has ended stays as it is."""
    if run["name"] in world.runs:
        world.runs[run["name"]].stop()


def listed_replicas(world: World, run: Document) -> list[Document]:
    """Replicas that can still be seen: running, or ended no longer ago than they linger."""
    since = world.clock.now_ns() - int(world.behaviour.replica_linger * 1e9)
    return [one for one in run["replicas"] if not one["ended"] or one["ended"] > since]
