"""--format of the verbs that print one object: version, info."""

from __future__ import annotations

import json
from typing import Any

from azdock.docker.template import Template, TemplateExecError, TemplateSyntaxError
from azdock.errors import AzdockError

BAD_TEMPLATE = 64  # docker's exit code for a template that cannot be parsed


def render(text: str, value: Any, name: str = "") -> str:
    """`value` printed with a template, or as JSON for "json". Raises AzdockError in docker's words."""
    if text == "json":
        return json.dumps(value, separators=(",", ":"))
    return run(parse(text, name), value)


def parse(text: str, name: str = "") -> Template:
    """A template. Raises AzdockError with docker's exit code 64."""
    try:
        return Template(text)
    except TemplateSyntaxError as bad:
        words = str(bad).replace("template: :", f"template: {name}:", 1)
        raise AzdockError(f"template parsing error: {words}", code=BAD_TEMPLATE) from bad


def run(template: Template, value: Any, *, json_fallback: bool = False) -> str:
    """`value` printed with a parsed template. Raises AzdockError."""
    try:
        return template.render(value, json_fallback=json_fallback)
    except TemplateExecError as bad:
        raise AzdockError(f"template parsing error: {bad}", code=1) from bad
