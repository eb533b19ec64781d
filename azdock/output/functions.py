"""The trigger ls and slot ls views."""

from __future__ import annotations

from azdock.docker.template_values import Struct
from azdock.output.format import View, row

TRIGGER_VIEW = View(
    "trigger",
    {"Function": "FUNCTION", "Kind": "TRIGGER", "Source": "SOURCE", "Status": "STATUS"},
    "{{.Function}}\t{{.Kind}}\t{{.Source}}\t{{.Status}}",
    quiet="{{.Function}}",
)
SLOT_VIEW = View(
    "slot",
    {"Name": "SLOT", "Status": "STATUS", "Image": "IMAGE", "Address": "ADDRESS"},
    "{{.Name}}\t{{.Status}}\t{{.Image}}\t{{.Address}}",
    quiet="{{.Name}}",
)


def trigger_row(*, function: str, kind: str, source: str, disabled: bool) -> Struct:
    """One function's trigger; `kind` is shown without its last word."""
    fields = {
        "Function": function,
        "Kind": kind.removesuffix("Trigger"),
        "Source": source,
        "Status": "disabled" if disabled else "enabled",
    }
    return row(TRIGGER_VIEW, fields)


def slot_row(*, name: str, state: str, image: str, address: str) -> Struct:
    """One deployment slot."""
    return row(SLOT_VIEW, {"Name": name, "Status": state, "Image": image, "Address": address})
