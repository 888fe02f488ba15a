"""The grammar: text in, tree out. Chains are flat, so that a thousand `||` need no deep recursion."""

import re
from dataclasses import dataclass
from typing import NamedTuple

from pendosim.errors import UnparsableFilter

DEPTH_MAX = 40


@dataclass(frozen=True)
class Literal:
    value: str | float | bool | None


@dataclass(frozen=True)
class Field:
    """`a.b.c`."""

    path: tuple[str, ...]


@dataclass(frozen=True)
class Part:
    """`base[index]`, and `base.name` where base is not a plain field (name is then a literal index)."""

    base: "Node"
    index: "Node"


@dataclass(frozen=True)
class Call:
    name: str
    arguments: tuple["Node", ...]


@dataclass(frozen=True)
class Unary:
    """`!` and `-` as written, outermost first."""

    operators: str
    operand: "Node"


@dataclass(frozen=True)
class Chain:
    """Arithmetic of one precedence, from left to right."""

    first: "Node"
    rest: tuple[tuple[str, "Node"], ...]


@dataclass(frozen=True)
class Compare:
    operator: str
    left: "Node"
    right: "Node"


@dataclass(frozen=True)
class Every:
    """`a && b && c`."""

    parts: tuple["Node", ...]


@dataclass(frozen=True)
class Some:
    """`a || b || c`."""

    parts: tuple["Node", ...]


Node = Literal | Field | Part | Call | Unary | Chain | Compare | Every | Some


class _Token(NamedTuple):
    kind: str
    text: str


_TOKENS = re.compile(
    r"""\s*(?:
      (?P<number>(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?(?!\w))
    | (?P<string>"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`)
    | (?P<name>[^\W\d]\w*)
    | (?P<sign>&&|\|\||==|!=|<=|>=|[-<>+*/%!().,\[\]])
    )""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_NAMED_VALUES: dict[str, bool | None] = {"true": True, "false": False, "null": None}
_COMPARISONS = frozenset(("==", "!=", "<=", ">=", "<", ">"))
_END = _Token("end", "")


def parse(text: str) -> Node:
    """Raise UnparsableFilter, whatever is wrong with the text."""
    parser = _Parser(_tokens(text))
    tree = parser.some()
    parser.expect_end()
    return tree


def _tokens(text: str) -> list[_Token]:
    found = []
    place, end = 0, len(text.rstrip())
    while place < end:
        match = _TOKENS.match(text, place)
        if match is None or match.lastgroup is None:
            raise UnparsableFilter
        found.append(_Token(match.lastgroup, match.group(match.lastgroup)))
        place = match.end()
    return found


class _Parser:
    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._place = 0
        self._depth = 0

    def some(self) -> Node:
        self._depth += 1
        if self._depth > DEPTH_MAX:
            raise UnparsableFilter
        parts = [self._every()]
        while self._took("||"):
            parts.append(self._every())
        self._depth -= 1
        return parts[0] if len(parts) == 1 else Some(tuple(parts))

    def expect_end(self) -> None:
        if self._next() is not _END:
            raise UnparsableFilter

    def _every(self) -> Node:
        parts = [self._comparison()]
        while self._took("&&"):
            parts.append(self._comparison())
        return parts[0] if len(parts) == 1 else Every(tuple(parts))

    def _comparison(self) -> Node:
        left = self._sum()
        token = self._next()
        if token.kind != "sign" or token.text not in _COMPARISONS:
            return left
        self._place += 1
        return Compare(token.text, left, self._sum())

    def _sum(self) -> Node:
        first = self._product()
        rest = []
        while sign := self._took("+", "-"):
            rest.append((sign, self._product()))
        return Chain(first, tuple(rest)) if rest else first

    def _product(self) -> Node:
        first = self._unary()
        rest = []
        while sign := self._took("*", "/", "%"):
            rest.append((sign, self._unary()))
        return Chain(first, tuple(rest)) if rest else first

    def _unary(self) -> Node:
        operators = []
        while sign := self._took("!", "-"):
            operators.append(sign)
        operand = self._postfix()
        return Unary("".join(operators), operand) if operators else operand

    def _postfix(self) -> Node:
        node = self._primary()
        parts = 0
        while sign := self._took(".", "["):
            parts += not isinstance(node, Field)
            if parts > DEPTH_MAX:
                raise UnparsableFilter
            if sign == ".":
                node = self._member(node)
            else:
                node = Part(node, self.some())
                self._expect("]")
        return node

    def _member(self, base: Node) -> Node:
        token = self._take()
        if token.kind != "name":
            raise UnparsableFilter
        if isinstance(base, Field):
            return Field((*base.path, token.text))
        return Part(base, Literal(token.text))

    def _primary(self) -> Node:
        token = self._take()
        if token.kind == "number":
            return Literal(float(token.text))
        if token.kind == "string":
            return Literal(_ESCAPED.sub(r"\1", token.text[1:-1]))
        if token.kind == "name":
            return self._named(token.text)
        if token.text != "(":
            raise UnparsableFilter
        inner = self.some()
        self._expect(")")
        return inner

    def _named(self, name: str) -> Node:
        if self._took("("):
            return Call(name, self._arguments())
        return Literal(_NAMED_VALUES[name]) if name in _NAMED_VALUES else Field((name,))

    def _arguments(self) -> tuple[Node, ...]:
        if self._took(")"):
            return ()
        found = [self.some()]
        while self._took(","):
            found.append(self.some())
        self._expect(")")
        return tuple(found)

    def _next(self) -> _Token:
        return self._tokens[self._place] if self._place < len(self._tokens) else _END

    def _take(self) -> _Token:
        token = self._next()
        self._place += 1
        return token

    def _took(self, *signs: str) -> str:
        token = self._next()
        if token.kind == "sign" and token.text in signs:
            self._place += 1
            return token.text
        return ""

    def _expect(self, sign: str) -> None:
        if not self._took(sign):
            raise UnparsableFilter
