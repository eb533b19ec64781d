"""The stats view."""

from __future__ import annotations

from azdock.docker.record import ContainerRecord
from azdock.docker.template_values import Struct
from azdock.docker.units import human_size_with_precision
from azdock.docker.usage import Usage
from azdock.output.format import View, row

_HEADERS = {
    "Container": "CONTAINER",
    "Name": "NAME",
    "ID": "CONTAINER ID",
    "CPUPerc": "CPU %",
    "MemUsage": "MEM USAGE / LIMIT",
    "MemPerc": "MEM %",
    "NetIO": "NET I/O",
    "BlockIO": "BLOCK I/O",
    "PIDs": "PIDS",
    "Age": "AGE",
}
_COLUMNS = ("ID", "Name", "CPUPerc", "MemUsage", "MemPerc", "NetIO", "BlockIO", "PIDs")
NOTHING = "--"


def usage_view(*, aged: bool = False) -> View:
    """How stats lists; `aged` says that a value comes from Azure Monitor, whose age is then shown."""
    columns = (*_COLUMNS, "Age") if aged else _COLUMNS
    return View(
        "*container.statsContext",
        _HEADERS,
        "\t".join(f"{{{{.{name}}}}}" for name in columns),
        hidden=frozenset() if aged else frozenset({"Age"}),
    )


def usage_row(
    asked: str, record: ContainerRecord, usage: Usage, *, aged: bool = False, no_trunc: bool = False
) -> Struct:
    """One container of stats; what is not known is shown as --."""
    share = None if usage.memory is None or usage.limit is None else 100 * usage.memory / max(usage.limit, 1)
    fields = {
        "Container": asked,
        "Name": record.ident.name,
        "ID": record.ident.id if no_trunc else record.ident.id[:12],
        "CPUPerc": _percent(usage.cpu),
        "MemUsage": f"{_binary(usage.memory)} / {_binary(usage.limit)}",
        "MemPerc": _percent(share),
        "NetIO": _pair(usage.received, usage.sent),
        "BlockIO": _pair(usage.read, usage.written),
        "PIDs": NOTHING if usage.tasks is None else str(usage.tasks),
        "Age": "now" if usage.age is None else f"{usage.age:.0f}s",
    }
    return row(usage_view(aged=aged), fields)


def _percent(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.2f}%"


def _pair(one: int | None, other: int | None) -> str:
    if one is None and other is None:
        return f"{NOTHING} / {NOTHING}"
    return " / ".join(NOTHING if size is None else human_size_with_precision(size, 3) for size in (one, other))


def _binary(size: float | None) -> str:
    """Bytes in powers of 1024 with four significant digits. SOURCE: docker/go-units, BytesSize."""
    if size is None:
        return NOTHING
    units = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
    place = 0
    while size >= 1024.0 and place < len(units) - 1:
        size /= 1024.0
        place += 1
    return f"{size:.4g}{units[place]}"
