"""The expression language: grammar, null and type rules, functions."""

import json
from contextlib import suppress
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pendosim.errors import NotBuilt, Refused, UnparsableFilter
from pendosim.expressions.evaluate import compiled, constant, is_constant
from pendosim.expressions.functions import Environment
from pendosim.expressions.grammar import (
    Call,
    Chain,
    Compare,
    Every,
    Field,
    Literal,
    Node,
    Part,
    Some,
    Unary,
    parse,
)
from pendosim.periods import Calendar

NEW_YORK = Environment(1710171000000, Calendar("America/New_York"), (-323232, 5))
ROW = {
    "a": 1,
    "b": {"c": [10, 20]},
    "s": "text",
    "n": None,
    "t": True,
    "polls": [{"id": "p1"}],
    "odd": 'q"\\',
}


def value_of(text, row=ROW):
    return compiled(text, NEW_YORK)(row)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a", 1),
        ("b.c[1]", 20),
        ("b.c[9]", None),
        ("b.c[0] + b.c[1]", 30),
        ("polls[0].id", "p1"),
        ("missing.deep.er", None),
        ('"x"', "x"),
        ("`x`", "x"),
        (r'"q\"\\"', 'q"\\'),
        (r"`tick\`tick`", "tick`tick"),
        (r'odd == "q\"\\"', True),
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("7 % 4 - 1", 2),
        ("10 / 4", 2.5),
        ("10 / 5", 2),
        ("1 / 0", None),
        ("1 + n", None),
        ('"a" + "b"', "ab"),
        ('"a" + 1', None),
        ("-a", -1),
        ("--a", 1),
        ("!t", False),
        ("!n", True),
        ("!!t", True),
        ("1e3", 1000),
        ("1e999", None),
        (".5", 0.5),
    ],
)
def test_an_expression_has_a_value(text, wanted):
    found = value_of(text)
    assert found == wanted
    assert type(found) is type(wanted)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("missing == null", True),
        ("n == null", True),
        ("a == null", False),
        ("a != null", True),
        ("n < 1", False),
        ("n >= null", False),
        ("n <= null", False),
        ('a == "1"', False),
        ('a != "1"', True),
        ('a < "1"', False),
        ("t == 1", False),
        ("t != 1", True),
        ("s >= `tex`", True),
        ("s < `text `", True),
        ("a <= 1", True),
        ("a > 0 && s == `text`", True),
        ("a > 0 && s == `no` || t", True),
        ("a && t", False),
        ("n == 1 || t == true", True),
    ],
)
def test_null_and_kinds_compare_as_the_rules_say(text, wanted):
    assert value_of(text) is wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("now()", 1710171000000),
        ("date(2024,3,11)", 1710129600000),
        ('date("2024-03-11")', 1710129600000),
        ("date(2024,3,11,11,30)", 1710171000000),
        ('dateAdd(now(),-1,"days")', 1710084600000),
        ('startOfPeriod("daily", now())', 1710129600000),
        ('startOfPeriod("weekly", now())', 1710046800000),
        ('dateDist(date(2024,3,1), date(2024,3,11), "daily")', 10),
        ('dateDist(date(2024,3,11), date(2024,3,1), "daily")', -10),
        ('dateDist(date(2024,3,1,23), date(2024,3,2,1), "daily")', 0),
        ('dateDist(date(2024,3,1,23), date(2024,3,3,1), "daily")', 1),
        ('dateDist(date(2024,3,9,12), date(2024,3,10,12), "daily")', 1),
        ('dateDist(date(2024,1,31), date(2024,3,30), "monthly")', 1),
        ('dateDist(date(2024,3,11), date(2024,3,11,1,59), "hourly")', 1),
        ('dateDist(n, now(), "daily")', None),
        ('dateAdd(date(2024,1,31), 1, "months")', 1709182800000),
        ('dateAdd(date(2024,3,9), 1, "hours")', 1709964000000),
        ('dateAdd(date(2024,3,9,12), 1, "days")', 1710086400000),
        ('dateAdd(now(), 2, "quarters") == dateAdd(now(), 6, "months")', True),
        ('dateAdd(now(), 1, "years") == dateAdd(now(), 12, "months")', True),
        ('startOfPeriod("monthly", now())', 1709269200000),
        ("if(true, 1, expandAppIds(`no`))", 1),
        ('formatTime("2006-01-02 15:04", now())', "2024-03-11 11:30"),
        ("if(n, 1, 2)", 2),
        ("if(t, 1, 2)", 1),
        ("isNull(n)", True),
        ("isEmpty(``)", True),
        ("isNumber(a)", True),
        ("isString(a)", False),
        ("isBoolean(t)", True),
        ("isList(b.c)", True),
        ("contains(s, `ex`)", True),
        ("contains(list(1, `a`), 1)", True),
        ("contains(list(1, `a`), true)", False),
        ('formatTime("Mon, 2 Jan 06, 3:04 PM", date(2024,3,4,5,6))', "Mon, 4 Mar 24, 5:06 AM"),
        ('formatTime("2006-01-02T15:04:05.000Z07:00", date(2024,3,4,5,6) + 78)', "2024-03-04T05:06:00.078-05:00"),
        ('formatTime("_2 Jan 3:04pm -07 002", date(2024,3,4,15,6))', " 4 Mar 3:06pm -05 064"),
        ("contains(n, `ex`)", False),
        ("startsWith(n, `ex`)", False),
        ("startsWith(s, `te`)", True),
        ("split(`a,b`, `,`)", ["a", "b"]),
        ("toLowerCase(`ÄB`)", "äb"),
        ("toString(12)", "12"),
        ("len(n)", 0),
        ("len(s)", 4),
        ("len(b.c)", 2),
        ("list(1, `a`)", [1, "a"]),
        ("identified(`_PENDO_T_x`)", False),
        ("identified(s)", True),
        ("identified(n)", False),
        ('expandAppIds("*")', [-323232, 5]),
        ("eventSubType(`ui:web:pollResponse`)", "pollResponse"),
    ],
)
def test_functions(text, wanted):
    assert value_of(text) == wanted


def test_a_hash_is_stable_and_of_32_bits():
    assert value_of("hash(s)") == value_of("hash(`text`)")
    assert 0 <= value_of("hash(s)") < 2**32


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        'visitorId == "a"b"',
        "a ==",
        "a b",
        "(a",
        "a)",
        '"open',
        "a in [1, 2]",
        "a = 1",
        "a & b",
        "a == 1 ||",
        "f(1,)",
        "a.",
        "a[1",
        "12abc",
        "a == b == c",
        "(" * 50 + "a" + ")" * 50,
        "a" + "[0]" * 100,
    ],
)
def test_what_cannot_be_parsed_is_refused_in_pendos_words(text):
    with pytest.raises(UnparsableFilter, match="Cannot parse filter expression"):
        compiled(text, NEW_YORK)


def test_a_function_that_is_not_built_is_named():
    with pytest.raises(NotBuilt, match="frobnicate"):
        compiled("frobnicate(1)", NEW_YORK)


def test_a_long_chain_needs_no_deep_recursion():
    ids = " || ".join(f'a == "{number}"' for number in range(20_000))
    assert value_of(ids) is False
    assert value_of("+".join(["1"] * 20_000)) == 20_000
    assert value_of("!" * 20_000 + "t") is True


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=40) | st.text('ab.[]()!-+*/%<>=&|"`\\, 1.5e', max_size=30))
def test_any_text_is_parsed_or_refused(text):
    with suppress(Refused):
        value_of(text)


@pytest.mark.parametrize(
    "text",
    [
        'visitorId > "ann@example.com"',
        "lastTime >= 1710082800000 && hour < 1710140400000 && lastTime <= 1710140399999",
        'a == "x" || a == "y" && !(b != `z`)',
        "now() - 30*1000*60*60*24",
        'dateAdd(startOfPeriod("daily", now()), -30, "days")',
        "polls[0].id",
        "numEvents / if(numMinutes == 0, 1, numMinutes)",
        "f(a)[1].b[c + 1].d",
        "a - b - c * d / e % -f + !!g",
    ],
)
def test_what_clients_write_is_the_same_when_it_is_written_again(text):
    tree = parse(text)
    assert parse(written(tree)) == tree


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a || b && c == d + e * -f", "(a) || ((b) && ((c) == ((d) + ((e) * (-(f))))))"),
        ("a - b - c", "((a) - (b)) - (c)"),
        ("a / b * c", "((a) / (b)) * (c)"),
        ("!a == b", "(!(a)) == (b)"),
        ("-a % b", "(-(a)) % (b)"),
        ("a && b || c && d", "((a) && (b)) || ((c) && (d))"),
    ],
)
def test_operators_bind_as_the_grammar_says(text, tree):
    plain, grouped = compiled(text, NEW_YORK), compiled(tree, NEW_YORK)
    for values in product((True, False, 3, 7), repeat=4):
        row = dict(zip("abcd", values, strict=True)) | {"e": 10, "f": 3}
        assert plain(row) == grouped(row)


NAMES = st.sampled_from(["a", "b", "s", "visitorId", "metadata"])
LITERALS = st.one_of(
    st.integers(0, 10**9).map(float), st.booleans(), st.none(), st.text(max_size=8).filter(str.isprintable)
).map(Literal)


def _larger(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    several = st.lists(inner, min_size=2, max_size=3).map(tuple)
    rests = [
        st.lists(st.tuples(st.sampled_from(signs), inner), min_size=1, max_size=2).map(tuple) for signs in ("*/%", "+-")
    ]
    return st.one_of(
        several.map(Every),
        several.map(Some),
        st.builds(Compare, st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), inner, inner),
        st.builds(Chain, inner, rests[0] | rests[1]),
        st.builds(Unary, st.text("!-", min_size=1, max_size=2), inner),
        st.builds(Part, inner, inner),
        st.builds(Call, st.just("list"), st.lists(inner, max_size=2).map(tuple)),
    )


TREES = st.recursive(LITERALS | st.lists(NAMES, min_size=1, max_size=3).map(lambda path: Field(tuple(path))), _larger)


def written(node: Node) -> str:
    """Write a tree as text, with all its parentheses."""
    match node:
        case Literal(value):
            text = json.dumps(value, ensure_ascii=False)
        case Field(path):
            text = ".".join(path)
        case Part(base, index):
            text = f"({written(base)})[{written(index)}]"
        case Call(name, arguments):
            text = f"{name}({', '.join(map(written, arguments))})"
        case Unary(operators, operand):
            text = f"{operators}({written(operand)})"
        case Chain(first, rest):
            text = f"({written(first)})" + "".join(f" {sign} ({written(part)})" for sign, part in rest)
        case Compare(sign, left, right):
            text = f"({written(left)}) {sign} ({written(right)})"
        case Every(parts):
            text = " && ".join(f"({written(part)})" for part in parts)
        case Some(parts):
            text = " || ".join(f"({written(part)})" for part in parts)
    return text


@settings(max_examples=100, deadline=None)
@given(TREES)
def test_what_is_written_is_read_back(tree):
    assert parse(written(tree)) == tree


def test_only_what_no_row_can_change_is_constant():
    assert is_constant(parse("now() - 2 * 3 > 1 && !true"))
    assert constant(parse("2 * 3"), NEW_YORK) == 6
    for text in ("a", "now() + a", "list(a)", "!a", "1 < a", "(list(1))[a]"):
        assert not is_constant(parse(text))
