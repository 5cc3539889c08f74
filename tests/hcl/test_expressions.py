"""Does the parser read what Terraform reads: heredocs, expansions, keys with a colon, and what 0.11 wrote?"""

import pytest

from generator.hcl.expressions import HclError, Node
from generator.hcl.parser import parse

_POSITION = ("text", "start", "end", "origin", "changed", "above")


def shown(node: object) -> str:
    """Return the tree of an expression without positions, so that different texts can be compared."""
    if isinstance(node, tuple):
        return f"({', '.join(map(shown, node))})"
    if not isinstance(node, Node):
        return repr(node)
    fields = [shown(value) for name, value in vars(node).items() if name not in _POSITION]
    return f"{type(node).__name__}({', '.join(fields)})"


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ('{"a": 1, b: 2}', '{"a" = 1, b = 2}'),
        ("x.*.name", "x[*].name"),
        ("x.0.name", "x[0].name"),
        ("x.1.2", "x[1][2]"),
        ("a /* of two */ + b // and no more", "a + b"),
        ('f(<<EOT\n  a "${x}" \\n\nEOT\n, 2)', 'f("  a \\"${x}\\" \\\\n\\n", 2)'),
        ("<<-EOT\n    a ${x}\n\n      b\n    EOT", '"a ${x}\\n\\n  b\\n"'),
        ("<<-EOT\n    ${x}-a\n    $${y}\n    EOT", '"${x}-a\\n$${y}\\n"'),
        ("<<EOT\r\na\r\nEOT", '"a\\r\\n"'),
    ],
)
def test_parse_returns_the_same_tree_for_another_notation(text: str, same: str) -> None:
    assert shown(parse(text)) == shown(parse(same))


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("merge(a, b...)", "Call('merge', (Root('a'), Expansion(Root('b'))))"),
        ("{for k in x : k => k...}", "For(('k'), Root('x'), Root('k'), Root('k'), None, True)"),
        ("{aws.us = aws.east}", "Object((Entry('aws.us', Attribute(Root('aws'), 'east'))))"),
        ("provider::aws::trim(x)", "Call('provider::aws::trim', (Root('x')))"),
        ("é", "Root('é')"),
    ],
)
def test_parse_reads_what_the_templates_do_not_use(text: str, tree: str) -> None:
    assert shown(parse(text)) == tree


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ('"a%{ if x }b%{ else }c%{ endif }d"', '"a${x ? "b" : "c"}d"'),
        ('"%{ if x }b%{ endif }"', '"${x ? "b" : ""}"'),
        ('"%{ for k, v in x }${k}=${v};%{ endfor }"', '"${join("", [for k, v in x : "${k}=${v};"])}"'),
        ('"a \\n%{~ if x ~} b %{~ endif ~}\\t c"', '"a${x ? "b" : ""}c"'),
        ('"a ${~ x ~} \\n b"', '"a${x}b"'),
        (
            "<<EOT\n%{ for i in x ~}\n  s ${i}\n%{ endfor ~}\nend\nEOT",
            '"${join("", [for i in x : "  s ${i}\\n"])}end\\n"',
        ),
        (
            "<<-EOT\n    x\n      %{~ if a ~}\n      y\n      %{~ endif ~}\n    z\n  EOT",
            '"    x\\n${a ? "      y\\n" : ""}    z\\n"',
        ),
        ('"%%{ if x }"', '"%%{ if x }"'),
    ],
)
def test_parse_reads_directives_as_expressions_when_asked(text: str, same: str) -> None:
    assert shown(parse(text, directives=True)) == shown(parse(same))


@pytest.mark.parametrize(
    "text",
    ['"%{ if x }"', '"%{ else }"', '"%{ if x }%{ endfor }"', '"%{ for x }%{ endfor }"', '"%{ while x }"', '"%{ if x"',
     '"%{ if x }a%{ else }b%{ else }c%{ endif }"', "<<EOT\n%{ if x }\nEOT", "a ~ b"],
)  # fmt: skip
def test_parse_rejects_a_wrong_directive(text: str) -> None:
    with pytest.raises(HclError):
        parse(text, directives=True)


def test_parse_rejects_directives_unless_asked() -> None:
    with pytest.raises(HclError, match="unexpected"):
        parse('"%{ if x }b%{ endif }"')
