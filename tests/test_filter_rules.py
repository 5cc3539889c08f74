"""Do the module and the simulation have the same verdict on filter patterns?

``patterns.json`` contains patterns that can match a record of a stream, and patterns that cannot match as written.
"""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from generator.errors import UsageError
from generator.filter_rules import ABSENT_IMAGES, LEVELS, problem
from generator.mapping.filters import Filter
from generator.simulate.command import checked_patterns
from generator.spec.table import STREAM_VIEW_TYPES
from tests.support.planning import MODULE, blocks, errors, run, write_root

PATTERNS = json.loads((Path(__file__).parent / "mapping/patterns.json").read_text())
GOOD, BAD = PATTERNS["good"], PATTERNS["bad"]
OLD = '{"dynamodb": {"$or": [{"OldImage": {"a": {"S": ["x"]}}}, {"Keys": {"a": {"S": ["x"]}}}]}}'
NEW = '{"dynamodb": {"NewImage": {"OldImage": {"S": ["x"]}}}}'


def _nested(levels: int, inner: str) -> str:
    """Return a pattern with this number of maps around an attribute."""
    return '{"dynamodb": {"NewImage": {' + '"a": {"M": {' * levels + inner + "}}" * levels + "}}}"


def _simulated(pattern: str) -> bool:
    try:
        checked_patterns([pattern])
    except UsageError:
        return False
    return True


def test_corpus_is_large_enough() -> None:
    assert len({*GOOD, *BAD}) == len(GOOD) + len(BAD) >= 150


def test_simulation_accepts_patterns_that_can_match() -> None:
    assert [pattern for pattern in GOOD if not _simulated(pattern)] == []


def test_simulation_rejects_patterns_that_cannot_match() -> None:
    assert [pattern for pattern in BAD if _simulated(pattern)] == []


def test_patterns_that_the_rules_accept_are_well_formed() -> None:
    assert [(pattern, problem(pattern)) for pattern in GOOD if problem(pattern)] == []
    for pattern in GOOD:
        Filter([pattern])


def test_rules_alone_reject_what_is_malformed_too() -> None:
    assert [pattern for pattern in BAD if not problem(pattern)] == []


def test_problem_names_the_place() -> None:
    assert problem('{"dynamodb": {"NewImage": {"n": {"N": [5]}}}}') == "dynamodb.NewImage.n.N cannot match [5]"


@pytest.mark.parametrize("view_type", STREAM_VIEW_TYPES)
def test_image_that_the_stream_leaves_out_is_rejected(view_type: str) -> None:
    assert set(ABSENT_IMAGES) == {*STREAM_VIEW_TYPES}
    assert bool(problem(OLD, view_type)) == (view_type in {"NEW_IMAGE", "KEYS_ONLY"})
    assert bool(problem(NEW, view_type)) == (view_type in {"OLD_IMAGE", "KEYS_ONLY"})


@pytest.mark.terraform
@pytest.mark.parametrize("view_type", STREAM_VIEW_TYPES)
def test_module_has_the_verdict_of_the_simulation(view_type: str, tmp_path: Path) -> None:
    if view_type == "NEW_AND_OLD_IMAGES":
        deep = [_nested(2, '"b": {"S": ["x"]}'), _nested(2, '"b": ["x"]'), _nested(9, '"b": {"S": ["x"]}')]
        patterns = [*GOOD, *BAD, *deep]
    else:
        patterns = [OLD, NEW]
    variables = {
        "event_source_filter_patterns": {"default": patterns},
        "table_stream_view_type": {"default": view_type},
        "existing_table": {"default": None},
    }
    root = {"variable": variables, "output": {"problems": {"value": "${local.filter_problems}"}}}
    (tmp_path / "main.tf.json").write_text(json.dumps(root).replace("${patterns}", "$${patterns}"))
    (tmp_path / "filters.tf").write_text((MODULE / "filters.tf").read_text())
    run(tmp_path, "apply", "-auto-approve", "-input=false", "-no-color")
    problems = json.loads(run(tmp_path, "output", "-json").stdout)["problems"]["value"]
    rejected = {pattern for pattern in patterns if any(found.endswith(f" in {pattern}") for found in problems)}
    assert rejected == {pattern for pattern in patterns if problem(pattern, view_type)}


@pytest.mark.terraform
def test_plan_names_the_pattern_and_the_place(tmp_path: Path) -> None:
    bad, old = '{"dynamodb":{"NewImage":{"n":{"N":[5]}}}}', '{"dynamodb":{"OldImage":{"a":{"S":["x"]}}}}'
    cases: dict[str, dict[str, Any]] = {
        "bad": {"event_source_filter_patterns": ['{"eventName":["INSERT"]}', bad]},
        "old": {"event_source_filter_patterns": [old], "table_stream_view_type": "NEW_IMAGE"},
        "both": {"event_source_filter_patterns": [old]},
    }
    write_root(tmp_path, blocks(cases))
    details = sorted(re.sub(r".* Got ", "", error["detail"]).strip() for error in errors(tmp_path))
    assert details == [f"dynamodb.NewImage.n.N in {bad}.", f"dynamodb.OldImage.a.S in {old}."]


def test_what_is_deeper_than_the_module_sees_is_not_rejected_by_it() -> None:
    assert LEVELS == 8
    assert problem(_nested(9, '"b": ["x"]')), "the simulation has no limit"
