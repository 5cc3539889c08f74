"""Do the validations in module/ have the conditions and messages that the rules produce?"""

import importlib
import sys

import pytest

from tests.support.planning import MODULE


def test_module_is_what_a_new_evaluation_of_the_specification_builds(monkeypatch: pytest.MonkeyPatch) -> None:
    # The rules are evaluated when the specification is imported. In a process that has done so, a changed rule has no
    # effect any more.
    for name in [name for name in sys.modules if name.partition(".")[0] == "generator"]:
        monkeypatch.delitem(sys.modules, name)
    build = {name: importlib.import_module(f"generator.{name}") for name in ("render", "tree", "variant")}
    files = build["render"].render_variant(build["variant"].Variant())
    assert [difference.diff for difference in build["tree"].differences(files, MODULE)] == []
