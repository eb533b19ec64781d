"""Mounts: -v and --mount as docker's client reads them.

SOURCE: docker/cli, cli/compose/loader/volume.go and opts/mount.go.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from azdock.docker.spec import EMPTY
from azdock.docker.units import parse_memory
from azdock.docker.values import BadValue

_TRUE = ("1", "t", "T", "TRUE", "true", "True")
_FALSE = ("0", "f", "F", "FALSE", "false", "False")
_RECURSIVE = ("enabled", "disabled", "writable", "readonly")
_SYNONYMS = {"src": "source", "dst": "target", "destination": "target", "ro": "readonly"}
_SWITCHES = ("readonly", "volume-nocopy", "bind-nonrecursive")  # may stand without a value
_PLAIN = ("consistency", "bind-propagation", "volume-driver", "volume-subpath", "volume-label", "volume-opt")
_MANY = ("volume-label", "volume-opt")  # several stand in one text, a line each
_KINDS = ("volume", "bind", "image", "tmpfs")
# the options of a tmpfs, as a regular expression
_TMPFS = (
    "r[wo]|(no)?(exec|suid|dev|mand|atime|diratime|relatime|strictatime)|async|sync|dirsync|remount|r?bind|defaults"
    "|r?(private|shared|slave)|(run|un)bindable|(size|mode|uid|gid|nr_inodes|nr_blocks|mpol)=.*"
)
BIND, MOUNT_OPTIONS, ANONYMOUS, SNAPSHOT_OF = "bind", "mount-options", "anonymous", "snapshot-of"
NFS = "nfs"  # the driver of volumes that are mounted over NFS; all others are docker's "local", mounted over SMB


@dataclass(frozen=True, slots=True)
class Mount:
    """One mount. `options` are what only some types have ("volume-nocopy", "tmpfs-size"), as text.

    Further options are azdock's own: BIND is a -v or --tmpfs as it was given, its local path absolute. Once its volume
    exists, a mount also has the volume's driver ("volume-driver") and MOUNT_OPTIONS; ANONYMOUS if the volume belongs to
    the container alone; SNAPSHOT_OF, the absolute local path whose content it holds.
    """

    type: str = "volume"
    source: str = ""
    target: str = ""
    read_only: bool = False
    options: Mapping[str, str] = field(default_factory=lambda: EMPTY)


def parse_tmpfs(text: str) -> Mount:
    """TARGET[:OPTIONS], as --tmpfs has it; docker's client leaves the options to the engine."""
    target, _, asked = text.partition(":")
    pairs = (one.partition("=")[::2] for one in asked.split(","))
    sizes = {f"tmpfs-{name}": value for name, value in pairs if name in ("size", "mode")}
    return Mount("tmpfs", "", target, "ro" in asked.split(","), {BIND: text, **sizes})


def check_tmpfs(text: str) -> None:
    """Raises BadValue in the engine's words for an option that a --tmpfs cannot have."""
    asked = text.partition(":")[2]
    for one in asked.split(",") if asked else ():
        if not re.fullmatch(_TMPFS, one):
            shown = " ".join(f'"{part}"' for part in one.split("=", 1))
            raise BadValue(f"invalid tmpfs option [{shown}]")


def parse_volume(text: str) -> Mount:
    """[SOURCE:]TARGET[:OPTIONS]. Raises BadValue as docker's client words it; unknown options are ignored."""
    if not text:
        raise BadValue("invalid empty volume spec")
    sections = [text] if len(text) <= 2 else _sections(text)
    if len(text) > 2:
        if "" in sections[:4]:
            raise BadValue(f"invalid spec: {text}: empty section between colons")
        if len(sections) > 3:
            raise BadValue(f"invalid spec: {text}: too many colons")
    if len(sections) == 1:
        return Mount(target=text, options={BIND: text})
    options = sections[2].split(",") if len(sections) == 3 else []
    modes = [one for one in options if one in ("ro", "rw")]
    kept = {BIND: text} | ({"volume-nocopy": "true"} if "nocopy" in options else {})
    return Mount(
        type="bind" if _is_path(sections[0]) else "volume",
        source=sections[0],
        target=sections[1],
        read_only=modes[-1:] == ["ro"],
        options=kept,
    )


def _sections(text: str) -> list[str]:
    # a single letter before a colon is a Windows drive, on every system
    sections, current = [], ""
    for character in text:
        if character != ":" or (len(current) == 1 and current.isalpha()):
            current += character
        else:
            sections.append(current)
            current = ""
    return [*sections, current]


def _is_path(source: str) -> bool:
    return source.startswith((".", "/", "~", "\\\\")) or (source[:1].isalpha() and source[1:2] == ":")


def parse_mount(text: str) -> Mount:
    """A CSV list of KEY=VALUE. Raises BadValue as docker's client words it."""
    main = {"type": "volume", "source": "", "target": ""}
    read_only = False
    options: dict[str, str] = {}
    for entry in _csv(text):
        key, equals, value = entry.partition("=")
        typed = key.lower()
        name = _SYNONYMS.get(typed, typed)
        if not equals:
            if name not in _SWITCHES:
                raise BadValue(f"invalid field '{entry}' must be a key=value pair")
            value = "true"
        if name in main:
            main[name] = value.lower() if name == "type" else value
        elif name == "readonly":
            read_only = _boolean(typed, value)
        else:
            _check_option(name, value, entry)
            again = options.get(name) if name in _MANY else None
            options[name] = value if again is None else f"{again}\n{value}"
    mount = Mount(main["type"], main["source"], main["target"], read_only, options)
    _check_mount(mount)
    return mount


def _csv(text: str) -> list[str]:
    """One line of CSV, with the errors of Go's encoding/csv."""
    if not text:
        raise BadValue("EOF")
    entries: list[str] = []
    place = 0
    while place <= len(text):
        entry, end = _quoted(text, place) if text.startswith('"', place) else _unquoted(text, place)
        entries.append(entry)
        place = end + 1
    return entries


def _quoted(text: str, place: int) -> tuple[str, int]:
    match = re.compile(r'"((?:[^"]|"")*)("?)').match(text, place)
    assert match is not None
    end = match.end()
    if not match[2] or text[end : end + 1] not in ("", ","):
        column = len(text[:end].encode()) + (0 if match[2] else 1)
        raise BadValue(f'parse error on line 1, column {column}: extraneous or missing " in quoted-field')
    return match[1].replace('""', '"'), end


def _unquoted(text: str, place: int) -> tuple[str, int]:
    comma = text.find(",", place)
    end = len(text) if comma < 0 else comma
    bare = text.find('"', place, end)
    if bare >= 0:
        column = len(text[:bare].encode()) + 1
        raise BadValue(f'parse error on line 1, column {column}: bare " in non-quoted-field')
    return text[place:end], end


def _boolean(name: str, value: str) -> bool:
    if value not in _TRUE + _FALSE:
        raise BadValue(f"invalid value for {name}: {value}")
    return value in _TRUE


def _check_option(name: str, value: str, entry: str) -> None:
    checks: dict[str, Callable[[str], bool]] = {
        "bind-nonrecursive": lambda one: one in _TRUE + _FALSE,
        "volume-nocopy": lambda one: one in _TRUE + _FALSE,
        "tmpfs-size": _is_size,
        "tmpfs-mode": lambda one: re.fullmatch("[0-7]{1,10}", one) is not None,
        "image-subpath": lambda _: True,
    }
    if name == "bind-recursive":
        if value not in _RECURSIVE:
            known = '(must be "enabled", "disabled", "writable", or "readonly")'
            raise BadValue(f"invalid value for {name}: {value} {known}")
    elif name in checks:
        if not checks[name](value):
            raise BadValue(f"invalid value for {name}: {value}")
    elif name not in _PLAIN:
        raise BadValue(f"unexpected key '{name}' in '{entry}'")


def _is_size(text: str) -> bool:
    try:
        parse_memory(text)
    except BadValue:
        return False
    return True


def _check_mount(mount: Mount) -> None:
    if not mount.type:
        raise BadValue("type is required")
    if not mount.target:
        raise BadValue("target is required")
    recursive = mount.options.get("bind-recursive", "")
    for kind in _KINDS:
        used = [
            name
            for name in mount.options
            if name.startswith(f"{kind}-") and not (name == "bind-recursive" and recursive == "enabled")
        ]
        if used and mount.type != kind:
            raise BadValue(f"cannot mix '{kind}-*' options with mount type '{mount.type}'")
    needed = f"option 'bind-recursive={recursive}' requires"
    if recursive in ("writable", "readonly") and not mount.read_only:
        raise BadValue(f"{needed} 'readonly' to be specified in conjunction")
    if recursive == "readonly" and mount.options.get("bind-propagation") != "rprivate":
        raise BadValue(f"{needed} 'bind-propagation=rprivate' to be specified in conjunction")
