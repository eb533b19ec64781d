"""Functions and printf of templates, as docker client 28.2.2 answers."""

from __future__ import annotations

import pytest

from azdock.docker.template import Template, TemplateExecError, TemplateSyntaxError


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (r'{{printf "%d|%5d|%-5d|%+d|%x|%X|%o|%b" 42 42 42 42 255 255 8 5}}', "42|   42|42   |+42|ff|FF|10|101"),
        (r'{{printf "%s|%10s|%-10s|%.2s|%q" "abc" "abc" "abc" "abc" "a\"b"}}', 'abc|       abc|abc       |ab|"a\\"b"'),
        (r'{{printf "%f|%.2f|%e|%g|%8.3f" 1.5 1.256 1.5 1.5 3.14159}}', "1.500000|1.26|1.500000e+00|1.5|   3.142"),
        (r'{{printf "%v|%t|%T|%T|%T|%T" true false 1 "a" 1.5 true}}', "true|false|int|string|float64|bool"),
        (r'{{printf "%c|%q|%U" 65 65 65}}', "A|'A'|U+0041"),
        (r'{{printf "%*d" 5 42}}', "   42"),
        (r'{{printf "%z" 1}}', "%!z(int=1)"),
        (r'{{printf "%"}}', "%!(NOVERB)"),
        (r'{{printf "%d" 1 2 "x"}}', "1%!(EXTRA int=2, string=x)"),
        (r'{{printf "%s" 1}}|{{printf "%t" 1}}|{{printf "%s" nil}}', "%!s(int=1)|%!t(int=1)|%!s(<nil>)"),
        (r'{{printf "%x" "hi"}}|{{printf "%06d" -42}}|{{printf "%+.1e" 12345.678}}', "6869|-00042|+1.2e+04"),
        (r'{{slice "abcdef" 1 3}}|{{slice "abc" 1}}|{{index "abc" 1}}|{{len "é"}}', "bc|bc|98|2"),
        (r'{{title "hello wORLD foo-bar"}}|{{split "a,b,,c" ","}}', "Hello WORLD Foo-Bar|[a b  c]"),
        (r'{{truncate "hello" 10}}|{{truncate "hello" 0}}|{{pad "x" 2 3}}', "hello||  x   "),
        (r'{{join (split "a b" " ") "-"}}|{{len (split "abc" "")}}', "a-b|3"),
        (r'{{print 1 2 "a" 3 4}}', "1 2a3 4"),
        (r'{{lt "a" "b"}} {{le 1 2}} {{lt 1.5 2.5}} {{eq 1 2 3 1}} {{ge 2 2}}', "true true true true true"),
        (r'{{json (split "a,b" ",")}}|{{json 1.5}}|{{json nil}}|{{json "é<>&"}}', '["a","b"]|1.5|null|"é<>&"'),
        (r'{{eq true true}} {{eq "a" nil}} {{not ""}} {{and "" "x"}}|{{or "" "y"}}', "true false true |y"),
        (r'{{lower "ÀB"}} {{upper "straße"}}', "àb STRAßE"),
    ],
)
def test_result(text: str, shown: str) -> None:
    """A function gives what Go's gives."""
    assert Template(text).render({}) == shown


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{{slice "abc" 3 1}}', '<slice "abc" 3 1>: error calling slice: invalid slice index: 3 > 1'),
        (
            '{{index (split "a,b" ",") 5}}',
            '<index (split "a,b" ",") 5>: error calling index: index out of range: 5',
        ),
        ("{{len 3}}", "<len 3>: error calling len: len of type int"),
    ],
)
def test_refused(text: str, message: str) -> None:
    """A function that refuses its arguments says why in Go's words."""
    with pytest.raises(TemplateExecError) as bad:
        Template(text).render({})
    assert str(bad.value) == f'template: :1:2: executing "" at {message}'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{{js "a"x"b"}}', "bad character U+0022 '\"'"),
        ("{{$x := 1}}{{$x=2}}", "bad character U+003D '='"),
    ],
)
def test_names_end(text: str, message: str) -> None:
    """What follows a name directly must be able to end it."""
    with pytest.raises(TemplateSyntaxError) as bad:
        Template(text)
    assert str(bad.value) == f"template: :1: {message}"
