"""Facts of an image that Azure will pull from a registry, as far as the registry tells them to us.

Azure alone decides whether an image exists: it pulls with credentials of its own, from another place in the network.
So a registry's refusal, its silence, and even its "no such image" only mean that nothing is known.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import fields

from azdock import errors
from azdock.azure import registry, registryauth, registrycredentials, web
from azdock.azure.client import Azure
from azdock.azure.registry import ImageConfig, Target
from azdock.azure.registrycache import RegistryCache
from azdock.azure.registrycalls import Calls, scheme
from azdock.azure.registrycredentials import Credential
from azdock.docker import image
from azdock.docker.spec import ImageFacts


def facts(azure: Azure, reference: str, pull: str, environ: Mapping[str, str] = os.environ) -> ImageFacts:
    """An image's facts, with an empty id when the registry does not tell them; `--debug` says why.

    With `pull` "always" a tag is looked up again even if it was a moment ago. Raises BadValue for a bad reference.
    """
    try:
        found = look_up(azure, reference, pull, environ)
    except errors.AzdockError as unknown:
        if azure.settings.debug:
            sys.stderr.write(f"DEBUG: the image's configuration is not known: {unknown.message}\n")
        return ImageFacts()
    return ImageFacts(**{one.name: getattr(found, one.name) for one in fields(found)})


def look_up(azure: Azure, reference: str, pull: str, environ: Mapping[str, str] = os.environ) -> ImageConfig:
    """An image's configuration, from what was heard lately or from its registry.

    Raises NoSuchImage when the registry knows no such image, Forbidden when it refuses to say, Unreachable, and
    AzdockError for an answer that makes no sense.
    """
    target = _target(reference)
    cache = RegistryCache(azure.settings.home)
    if pull != "always" or target.digest:
        if found := cache.image(cache.digest(target)):
            return found
        if cache.is_silent(target.host):
            raise errors.Unreachable(f"{target.host} did not answer a moment ago")
    try:
        return _ask(azure, target, cache, environ)
    except errors.Unreachable:
        cache.keep_silent(target.host)
        raise


def _ask(azure: Azure, target: Target, cache: RegistryCache, environ: Mapping[str, str]) -> ImageConfig:
    with web.client(f"{scheme(target.host)}://{target.host}") as http:
        calls = Calls(http, debug=azure.settings.debug)
        repository = registry.Repository(target, calls, _credentials(azure, target, calls, environ))
        digest, manifest = repository.top()
        found = cache.image(digest) or repository.config(manifest)
    cache.keep(target, digest, found)
    return found


def _credentials(azure: Azure, target: Target, calls: Calls, environ: Mapping[str, str]) -> Iterator[Credential]:
    """What may let us in, in the order in which it is tried: docker's login, Azure's, nobody's."""
    yield from registrycredentials.configured(target.host, environ)
    if target.host.endswith(registryauth.AZURE_SUFFIX):
        tokens, tenant = azure.tokens, azure.settings.context.tenant
        yield from registryauth.exchanged(calls, target.host, tokens.get, tenant, registryauth.scopes(environ))
    yield Credential()


def _target(reference: str) -> Target:
    found = image.parse(reference)
    return Target(found.domain, found.path, found.tag or ("" if found.digest else "latest"), found.digest)
