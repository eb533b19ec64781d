"""Completion scripts for bash, zsh and fish. Container names come from `azdock completion names`, which is fast."""

from __future__ import annotations

from collections.abc import Sequence

from azdock import catalogue
from azdock.catalogue import REFUSED, Row
from azdock.cli.flags import Flag

Rows = Sequence[tuple[Row, Sequence[Flag]]]
HEADER = "# generated from azdock's catalogue by: python -m azdock.cli.generate\n"

BASH = """
_azdock() {
    local current=${COMP_WORDS[COMP_CWORD]} path="" word next i
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        [[ $word == -* ]] && continue
        next="${path:+$path }$word"
        [[ -v _azdock_words[$next] || -v _azdock_flags[$next] ]] || break
        path=$next
    done
    if [[ $current == -* ]]; then
        COMPREPLY=($(compgen -W "${_azdock_flags[${path:-azdock}]} --help" -- "$current"))
    elif [[ -z $path || -v _azdock_words[$path] ]]; then
        COMPREPLY=($(compgen -W "${_azdock_words[${path:-azdock}]}" -- "$current"))
    elif [[ " $_azdock_containers " == *" ${path// /+} "* ]]; then
        COMPREPLY=($(compgen -W "$(azdock completion names 2>/dev/null)" -- "$current"))
    else
        COMPREPLY=($(compgen -f -- "$current"))
    fi
}
complete -F _azdock azdock
"""

ZSH = """
_azdock() {
    local current=${words[CURRENT]} at="" word next i
    for ((i = 2; i < CURRENT; i++)); do
        word=${words[i]}
        [[ $word == -* ]] && continue
        next="${at:+$at }$word"
        (( ${+_azdock_words[$next]} || ${+_azdock_flags[$next]} )) || break
        at=$next
    done
    if [[ $current == -* ]]; then
        compadd -- ${=_azdock_flags[${at:-azdock}]} --help
    elif [[ -z $at ]] || (( ${+_azdock_words[$at]} )); then
        compadd -- ${=_azdock_words[${at:-azdock}]}
    elif [[ " $_azdock_containers " == *" ${at// /+} "* ]]; then
        compadd -- ${(f)"$(azdock completion names 2>/dev/null)"}
    else
        _files
    fi
}
compdef _azdock azdock
"""

FISH = """
function __azdock_at
    set -l path
    for word in (commandline -opc)[2..]
        string match -q -- '-*' $word; and continue
        set -a path $word
    end
    test "$argv[1]" = exact; and test "$path" = "$argv[2]"; and return 0
    test "$argv[1]" = under; and string match -q -- "$argv[2]*" "$path"
end
complete -c azdock -f
"""


def bash(rows: Rows) -> str:
    """The script for bash."""
    text = HEADER + "declare -A _azdock_words=(\n"
    text += "".join(f'    ["{noun}"]="{words}"\n' for noun, words in _words()) + ")\ndeclare -A _azdock_flags=(\n"
    text += "".join(f'    ["{path}"]="{words}"\n' for path, words in _flags(rows))
    return text + f')\n_azdock_containers="{_takers(rows)}"\n' + BASH


def zsh(rows: Rows) -> str:
    """The script for zsh."""
    text = "#compdef azdock\n" + HEADER + "typeset -gA _azdock_words=(\n"
    text += "".join(f"    '{noun}' '{words}'\n" for noun, words in _words()) + ")\ntypeset -gA _azdock_flags=(\n"
    text += "".join(f"    '{path}' '{words}'\n" for path, words in _flags(rows))
    return text + f")\n_azdock_containers='{_takers(rows)}'\n" + ZSH


def fish(rows: Rows) -> str:
    """The script for fish."""
    text = HEADER + FISH
    for noun in ("", *catalogue.NOUNS):
        for word, help in _members(noun):
            text += f"complete -c azdock -n '__azdock_at exact \"{noun}\"' -a {word} -d {_quoted(help)}\n"
    takers = set(_takers(rows).replace("+", "-").split())
    for row, flags in rows:
        for path in _paths(row):
            at = f"complete -c azdock -n '__azdock_at under \"{path}\"'"
            if path.replace(" ", "-") in takers:
                text += f"{at} -a '(azdock completion names 2>/dev/null)'\n"
            for one in _shown(flags):
                short = f" -s {one.short}" if one.short else ""
                value = "" if one.kind == "bool" else " -r"
                text += f"{at} -l {one.name}{short}{value} -d {_quoted(one.help)}\n"
    return text


def _members(noun: str) -> list[tuple[str, str]]:
    """What works under a noun: refused verbs are not offered."""
    found = []
    for word, help in catalogue.members(noun):
        path = f"{noun} {word}".strip()
        row = catalogue.find(path)
        inside = [one for one in catalogue.ROWS if any(spelled.startswith(f"{path} ") for spelled in one.paths)]
        if inside or (row is not None and row[0].module != REFUSED):
            found.append((word, help))
    return found


def _words() -> list[tuple[str, str]]:
    nouns = [(noun, " ".join(word for word, _help in _members(noun))) for noun in catalogue.NOUNS]
    root = " ".join([word for word, _help in _members("")] + ["help"])
    return [("azdock", root), *(pair for pair in nouns if pair[1])]


def _flags(rows: Rows) -> list[tuple[str, str]]:
    root = [(one[1], one[0]) for one in catalogue.GLOBAL_FLAGS]
    found = [("azdock", " ".join(f"--{name}" + (f" -{short}" if short else "") for name, short in root))]
    for row, flags in rows:
        words = [f"--{one.name}" for one in _shown(flags)] + [f"-{one.short}" for one in _shown(flags) if one.short]
        found += [(path, " ".join(words)) for path in _paths(row)]
    return found


def _paths(row: Row) -> list[str]:
    return [] if row.module == REFUSED else row.spellings()


def _shown(flags: Sequence[Flag]) -> list[Flag]:
    return sorted((one for one in flags if not one.hidden), key=lambda one: one.name)


def _takers(rows: Rows) -> str:
    """The verbs whose arguments are containers, blanks in their paths written as +."""
    takers = [row for row, _flags in rows if "CONTAINER" in row.usage.split() or "NAME|ID" in row.usage]
    return " ".join(path.replace(" ", "+") for row in takers for path in _paths(row))


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
