"""Go template text -> syntax tree; the wording of its errors is that of Go's text/template/parse."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from typing import NoReturn

from azdock.docker.template_values import unquote

_TOKEN = re.compile(
    r"""(?P<space>\s+)|(?P<declare>:=)|(?P<op>[=|,()])
    |(?P<raw>`[^`]*`)|(?P<string>"(?:\\.|[^"\\\n])*")|(?P<char>'(?:\\.|[^'\\\n])+')
    |(?P<number>[+-]?(?:0[xX][0-9a-fA-F_]+|(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?P<junk>\w*))
    |(?P<field>\.[^\W\d]\w*)|(?P<dot>\.)|(?P<variable>\$\w*)|(?P<word>[^\W\d]\w*)""",
    re.VERBOSE,
)
_TERMINATOR = re.compile(r"[\s.,|:()]|}}|$")  # what may follow a name
_KEYWORDS = frozenset(["if", "else", "end", "range", "with", "define", "block", "template", "break", "continue"])


class TemplateSyntaxError(ValueError):
    """The template does not parse; the text is Go's ("template: :1: unclosed action")."""


@dataclass(frozen=True, slots=True)
class Token:
    """kind is text, left, right, end (of input), error, keyword, or a group of the token expression."""

    kind: str
    value: str
    pos: int


@dataclass(frozen=True, slots=True)
class Node:
    """kind: text dot nil bool number string char field variable identifier chain pipe command if range with template
    break continue. `text` is Go's String() of the node, `names` the chained fields, `parts` what it consists of."""

    kind: str
    text: str
    pos: int
    parts: tuple[Node, ...] = ()
    names: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    assign: bool = False
    body: tuple[Node, ...] = ()
    otherwise: tuple[Node, ...] = ()
    value: object = None


@dataclass(slots=True)
class Tree:
    """A parsed template: the root's nodes and the templates it defines."""

    nodes: tuple[Node, ...] = ()
    defined: dict[str, tuple[Node, ...]] = field(default_factory=dict)


def tokens(text: str) -> Iterator[Token]:
    """The template as tokens, up to the first error."""
    place, trim = 0, False
    while True:
        start = text.find("{{", place)
        piece = text[place:] if start < 0 else text[place:start]
        offset = len(piece) - len(piece.lstrip()) if trim else 0
        trim_left = start >= 0 and re.match(r"-\s", text[start + 2 :]) is not None
        shown = piece[offset:].rstrip() if trim_left else piece[offset:]
        if shown:
            yield Token("text", shown, place + offset)
        if start < 0:
            yield Token("end", "", len(text))
            return
        inside = start + (4 if trim_left else 2)
        if text.startswith("/*", inside):
            close = re.compile(r"\*/(\s-)?}}").search(text, inside)
            if close is None:
                yield Token("error", "unclosed comment", start)
                return
            place, trim = close.end(), close[1] is not None
            continue
        yield Token("left", "{{", start)
        ended = yield from _action(text, inside)
        if ended is None:
            return
        place, trim = ended


def _action(text: str, place: int) -> Generator[Token, None, tuple[int, bool] | None]:
    depth = 0
    while True:
        close = re.compile(r"\s+-}}|}}").match(text, place)
        if close:
            if depth:
                yield Token("error", "unclosed left paren", place)
                return None
            yield Token("right", "}}", place)
            return close.end(), close[0] != "}}"
        match = _TOKEN.match(text, place)
        if match is None or match["junk"]:
            yield _bad(text, place, match)
            return None
        depth += {"(": 1, ")": -1}.get(match[0], 0)
        if depth < 0:
            yield Token("error", "unexpected right paren", place)
            return None
        kind = "number" if match["number"] else str(match.lastgroup)
        if kind in ("word", "field", "variable") and _TERMINATOR.match(text, match.end()) is None:
            yield _bad_character(text[match.end()], match.end())
            return None
        if kind == "word" and match[0] in _KEYWORDS:
            kind = "keyword"
        yield Token(kind, match[0], place)
        place = match.end()


def _bad(text: str, place: int, match: re.Match[str] | None) -> Token:
    if match is not None:
        return Token("error", f'bad number syntax: "{match[0]}"', place)
    rest = text[place:]
    if not rest or rest[0] == "\n":
        return Token("error", "unclosed action", place)
    if rest[0] == '"':
        return Token("error", "unterminated quoted string", place)
    if rest[0] == "`":
        return Token("error", "unterminated raw quoted string", place)
    if rest[0] == "'":
        return Token("error", "unterminated character constant", place)
    if rest[0] in "%!#&*+-/:;<>?@[\\]^~":
        return Token("junk", rest[0], place)
    return _bad_character(rest[0], place)


def _bad_character(character: str, place: int) -> Token:
    return Token("error", f"bad character U+{ord(character):04X} '{character}'", place)


class Parser:
    """Recursive descent over the tokens; `functions` are the names that may be called."""

    def __init__(self, text: str, functions: frozenset[str]) -> None:
        self._text = text
        self._functions = functions
        self._all = list(tokens(text))
        self._at = 0
        self._variables = ["$"]
        self._loops = 0
        self.tree = Tree()

    def parse(self) -> Tree:
        """The whole template. Raises TemplateSyntaxError."""
        nodes, stop = self._list()
        if stop.kind != "end":
            self._fail(f"unexpected {{{{{stop.value}}}}}")
        self.tree.nodes = nodes
        return self.tree

    def _fail(self, message: str, token: Token | None = None) -> NoReturn:
        pos = (token or self._all[min(self._at, len(self._all) - 1)]).pos
        raise TemplateSyntaxError(f"template: :{self._text.count(chr(10), 0, pos) + 1}: {message}")

    def _peek(self, skip: bool = True) -> Token:
        while skip and self._all[self._at].kind == "space":
            self._at += 1
        token = self._all[self._at]
        if token.kind == "error":
            self._fail(token.value)
        return token

    def _next(self) -> Token:
        token = self._peek()
        self._at += 1
        return token

    def _unexpected(self, token: Token, context: str) -> NoReturn:
        if token.kind == "keyword":
            shown = f"<{token.value}>"
        elif token.kind == "end":
            shown = "EOF"
        else:
            shown = f'"{token.value}"' if len(token.value) <= 10 else f'"{token.value[:10]}"...'
        self._fail(f"unexpected {shown} in {context}", token)

    def _list(self) -> tuple[tuple[Node, ...], Token]:
        """Nodes up to {{end}}, {{else}} or the end of input; the stopping keyword is consumed, its }} is not."""
        nodes: list[Node] = []
        while True:
            token = self._next()
            if token.kind == "end":
                return tuple(nodes), token
            if token.kind == "text":
                nodes.append(Node("text", token.value, token.pos))
                continue
            first = self._peek()
            if first.kind == "keyword" and first.value in ("end", "else"):
                return tuple(nodes), self._next()
            node = self._statement()
            if node is not None:
                nodes.append(node)

    def _statement(self) -> Node | None:
        first = self._peek()
        if first.kind != "keyword":
            return self._pipe("command", "right")
        self._next()
        if first.value in ("if", "range", "with"):
            return self._control(first)
        if first.value in ("break", "continue"):
            if not self._loops:
                self._fail(f"{{{{{first.value}}}}} outside {{{{range}}}}", first)
            self._close(f"{{{{{first.value}}}}}")
            return Node(first.value, f"{{{{{first.value}}}}}", first.pos)
        return self._named(first)

    def _close(self, context: str) -> None:
        token = self._next()
        if token.kind != "right":
            self._unexpected(token, context)

    def _named(self, first: Token) -> Node | None:
        token = self._next()
        if token.kind not in ("string", "raw"):
            self._unexpected(token, f"{first.value} clause")
        name = self._unquote(token)
        pipe = None
        if first.value != "define" and self._peek().kind != "right":
            pipe = self._pipe(f"{first.value} clause", "right")
        else:
            self._close(f"{first.value} clause")
        if first.value in ("define", "block"):
            known, self._variables = self._variables, ["$"]
            nodes, stop = self._list()
            self._variables = known
            if stop.value != "end":
                self._fail("unexpected EOF" if stop.kind == "end" else f"unexpected {{{{{stop.value}}}}}", stop)
            self._close("end")
            self.tree.defined[name] = nodes
            if first.value == "define":
                return None
        text = f"{{{{template {token.value}{' ' + pipe.text if pipe else ''}}}}}"
        return Node("template", text, token.pos, (pipe,) if pipe else (), value=name)

    def _control(self, first: Token) -> Node:
        mark = len(self._variables)
        self._loops += first.value == "range"
        pipe = self._pipe(first.value, "right")
        body, stop = self._list()
        otherwise: tuple[Node, ...] = ()
        self._loops -= first.value == "range"
        if stop.value == "else":
            after = self._peek()
            if after.kind == "keyword" and after.value == first.value and first.value in ("if", "with"):
                self._next()
                otherwise = (self._control(after),)
                del self._variables[mark:]
                return Node(first.value, first.value, pipe.pos, (pipe,), body=body, otherwise=otherwise)
            self._close("else")
            otherwise, stop = self._list()
            if stop.value == "else":
                self._fail("unexpected {{else}}", stop)
        if stop.kind == "end":
            self._fail("unexpected EOF", stop)
        self._close("end")
        del self._variables[mark:]
        return Node(first.value, first.value, pipe.pos, (pipe,), body=body, otherwise=otherwise)

    def _pipe(self, context: str, closer: str) -> Node:
        start = self._peek()
        variables, assign = self._declaration(context)
        commands: list[Node] = []
        while True:
            token = self._peek()
            if (token.kind == "right" and closer == "right") or (token.value == ")" and closer == ")"):
                if not commands:
                    self._fail(f"missing value for {context}", token)
                self._next()
                break
            commands.append(self._command(context))
        prefix = f"{', '.join(variables)} {'=' if assign else ':='} " if variables else ""
        if not assign:
            self._variables += variables
        text = prefix + " | ".join(command.text for command in commands)
        return Node("pipe", text, start.pos, tuple(commands), variables=variables, assign=assign)

    def _declaration(self, context: str) -> tuple[tuple[str, ...], bool]:
        mark, names = self._at, []
        while self._peek().kind == "variable":
            names.append(self._next().value)
            after = self._next()
            if after.kind == "declare" or after.value == "=":
                if len(names) > (2 if context == "range" else 1):
                    self._fail(f"too many declarations in {context}", after)
                return tuple(names), after.value == "="
            if after.value != ",":
                break
            if context != "range" or len(names) > 1:
                self._fail(f"too many declarations in {context}", after)
        self._at = mark
        return (), False

    def _command(self, context: str) -> Node:
        operands: list[Node] = []
        while True:
            start = self._peek()
            operand = self._operand()
            if operand is not None:
                operands.append(operand)
            token = self._peek(skip=False)
            if token.kind == "space":
                token = self._peek()
                if token.kind not in ("right",) and token.value not in ("|", ")"):
                    continue
            if token.value == "|" and token.kind == "op":
                self._next()
            elif token.kind != "right" and token.value != ")":
                self._unexpected(token, "operand" if operand is not None else context)
            break
        if not operands:
            self._fail("empty command", start)
        return Node("command", " ".join(one.text for one in operands), operands[0].pos, tuple(operands))

    def _operand(self) -> Node | None:
        node = self._term()
        if node is None:
            return None
        names: list[str] = []
        pos = node.pos
        while self._peek(skip=False).kind == "field":
            token = self._next()
            pos = pos if names else token.pos
            names.append(token.value[1:])
        if not names:
            return node
        text = node.text + "".join(f".{name}" for name in names)
        if node.kind in ("field", "variable"):
            return Node(node.kind, text, pos, names=(*node.names, *names), value=node.value)
        if node.kind in ("bool", "string", "number", "nil", "dot", "char"):
            self._fail(f"unexpected . after term {node.text!r}".replace("'", '"'))
        return Node("chain", text, pos, (node,), names=tuple(names))

    def _term(self) -> Node | None:
        token = self._peek()
        kind, value = token.kind, token.value
        if kind not in ("word", "dot", "variable", "field", "number", "char", "string", "raw") and value != "(":
            return None
        self._next()
        if value == "(" and kind == "op":
            pipe = self._pipe("parenthesized pipeline", ")")
            return Node("paren", f"({pipe.text})", pipe.pos, (pipe,))
        if kind == "word":
            return self._word(token)
        if kind == "dot":
            return Node("dot", ".", token.pos)
        if kind == "field":
            return Node("field", value, token.pos, names=(value[1:],))
        if kind == "variable":
            if value not in self._variables:
                self._fail(f'undefined variable "{value}"', token)
            return Node("variable", value, token.pos, value=value)
        if kind == "number":
            return Node("number", value, token.pos, value=_number(value))
        text = self._unquote(token)
        return Node(kind if kind == "char" else "string", value, token.pos, value=ord(text) if kind == "char" else text)

    def _word(self, token: Token) -> Node:
        if token.value in ("true", "false"):
            return Node("bool", token.value, token.pos, value=token.value == "true")
        if token.value == "nil":
            return Node("nil", "nil", token.pos)
        if token.value not in self._functions:
            self._fail(f'function "{token.value}" not defined', token)
        return Node("identifier", token.value, token.pos, value=token.value)

    def _unquote(self, token: Token) -> str:
        if token.kind == "raw":
            return token.value[1:-1]
        text = unquote(token.value[1:-1])
        if text is None or (token.kind == "char" and len(text) != 1):
            self._fail("invalid syntax" if token.kind == "string" else f"malformed character constant: {token.value}")
        return text or ""


def _number(text: str) -> int | float:
    digits = text.replace("_", "")
    if re.fullmatch(r"[+-]?0[xX].*", digits):
        return int(digits, 16)
    if re.fullmatch(r"[+-]?0[0-7]+", digits):
        return int(digits, 8)
    if re.fullmatch(r"[+-]?\d+", digits):
        return int(digits)
    return float(digits)
