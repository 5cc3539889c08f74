"""``generator.literals``: is a string in HCL what it was?"""

import pytest

from generator.hcl.expressions import Template, unescaped
from generator.hcl.parser import parse
from generator.literals import quoted


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a", '"a"'),
        ('a "b" \\', '"a \\"b\\" \\\\"'),
        ("a\nb\tc\r", '"a\\nb\\tc\\r"'),
        ("\x00\x7f", '"\\u0000\\u007f"'),
        ("${a} %{b} $c", '"$${a} %%{b} $c"'),
    ],
)
def test_string_is_escaped_as_hcl_reads_it(text: str, written: str) -> None:
    assert quoted(text) == written
    node = parse(written)
    assert isinstance(node, Template)
    assert "".join(unescaped(part) for part in node.parts if isinstance(part, str)) == text
