"""Terraform's graph orders the permissions before what uses them.

Lambda reads the stream with the role as soon as the mapping exists. In the whole module the mapping depends on the
permissions by way of the function too. In a variant for existing functions alone it depends on them by itself.
"""

import re
from collections.abc import Mapping

import pytest

from generator import tree
from generator.render import render_variant
from tests.profile.variants import REQUIRED, of
from tests.support.planning import run, write_root

pytestmark = pytest.mark.terraform

FUNCTION = {"arn": "arn:aws:lambda:eu-west-1:123456789012:function:orders", "role_name": "orders"}
EXISTING = {"name": "orders", "existing_function": FUNCTION}


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, set[str]]:
    """Return what each node of a whole module and of a variant depends on directly, by addresses."""
    folder = tmp_path_factory.mktemp("root")
    variant = of(REQUIRED["needing_existing_function"])
    tree.write(render_variant(variant), folder / "variant")
    modules = {
        name: {"source": f"./{source}", **EXISTING} for name, source in (("whole", "module"), ("bare", "variant"))
    }
    write_root(folder, {"module": modules})
    run(folder, "init", "-input=false", "-no-color")
    edges: dict[str, set[str]] = {}
    # Without a type, Terraform leaves out what is not a resource, and OpenTofu does not
    printed = run(folder, "graph", "-type=plan").stdout
    for node, needed in re.findall(r'"\[root\] ([^"]+)" -> "\[root\] ([^"]+)"', printed.replace(" (expand)", "")):
        edges.setdefault(node, set()).add(needed)
    return edges


def needs(graph: Mapping[str, set[str]], resource: str) -> set[str]:
    """Return everything that must exist before a resource."""
    found: set[str] = set()
    waiting = [resource]
    while waiting:
        new = graph.get(waiting.pop(), set()) - found
        found |= new
        waiting += new
    return found


@pytest.mark.parametrize("module", ["whole", "bare"])
def test_mapping_is_created_after_the_permissions(graph: Mapping[str, set[str]], module: str) -> None:
    needed = needs(graph, f"module.{module}.aws_lambda_event_source_mapping.this")
    assert f"module.{module}.aws_iam_role_policy.this" in needed


def test_function_is_created_after_the_permissions(graph: Mapping[str, set[str]]) -> None:
    needed = needs(graph, "module.whole.aws_lambda_function.this")
    assert {"module.whole.aws_iam_role_policy.this", "module.whole.aws_iam_role_policy_attachment.this"} <= needed
