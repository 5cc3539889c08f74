"""The documented table of differences is the one that the templates are tested with."""

import re

from tests.construct.differences import BEHAVIOR, explaining, rows, table
from tests.support.planning import TOP


def test_documentation_has_the_table() -> None:
    found = re.search(
        r"<!-- differences -->\n(.*?)<!-- /differences -->", (TOP / "docs/differences.md").read_text(), re.DOTALL
    )
    assert found
    assert found[1] == table()


def test_every_row_explains_a_difference_or_a_behaviour() -> None:
    assert {row.topic for row in rows()} == {row.topic for row in (*explaining(), *BEHAVIOR)}


def test_topics_differ() -> None:
    topics = [row.topic for row in rows()]
    assert len(set(topics)) == len(topics)
