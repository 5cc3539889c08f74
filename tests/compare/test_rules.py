"""Is every break found, by its rule and with its bump, and nothing where nothing changed?"""

import re
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.compare.findings import largest
from tests.compare.edits import BREAKS, EVERYWHERE, FEATURES, HARMLESS, Edit
from tests.compare.versions import findings, texts
from tests.support.planning import TOP
from tests.support.properties import examples

# The released version, so that no change of the module changes what is tested
MODULE = TOP / "tests/compare/released/1.0.0"
OLD = texts(MODULE)
TEXTUAL = {name: edit for name, edit in HARMLESS.items() if not edit.rules}


def edited(files: Mapping[str, str], edit: Edit, *, everywhere: bool = False) -> dict[str, str]:
    """Return the files with an edit made; a text that is not there is a mistake of the test's."""
    assert edit.old in files[edit.file], edit.old
    changed = {**files, edit.file: files[edit.file].replace(edit.old, edit.new)}
    if everywhere and not edit.new.startswith("moved"):
        return {name: text.replace(edit.old, edit.new) if name != edit.file else text for name, text in changed.items()}
    if everywhere:
        pattern = r"aws_lambda_event_source_mapping\.this\."
        return {
            name: re.sub(pattern, "aws_lambda_event_source_mapping.stream.", text) for name, text in changed.items()
        }
    return changed


@pytest.mark.slow
@pytest.mark.parametrize("name", BREAKS | FEATURES | HARMLESS)
def test_edit_is_found_by_its_rule_and_by_no_other(name: str) -> None:
    edit = (BREAKS | FEATURES | HARMLESS)[name]
    found = findings(OLD, edited(OLD, edit, everywhere=name in EVERYWHERE))
    assert {one.rule for one in found} == edit.rules, found
    assert largest(found) == edit.bump


def test_there_are_enough_edits() -> None:
    assert len(BREAKS) >= 30
    assert len(HARMLESS) >= 15


@pytest.mark.slow
@pytest.mark.no_cover  # the tests of the edits, one by one, run the same lines
@given(st.sampled_from(sorted(BREAKS)), st.sets(st.sampled_from(sorted(TEXTUAL)), max_size=4))
@examples(0.3)
def test_break_is_found_whatever_is_edited_beside_it(name: str, others: set[str]) -> None:
    edit = BREAKS[name]
    new = edited(OLD, edit)
    for other in sorted(others):
        if TEXTUAL[other].file != edit.file and other not in EVERYWHERE:
            new = edited(new, TEXTUAL[other])
    found = findings(OLD, new)
    assert {one.rule for one in found} == edit.rules


def test_value_that_moves_into_the_state_is_no_difference() -> None:
    main = OLD["main.tf"].replace('"${var.name}-${local.region}"', '"${var.name}-${terraform_data.region.input}"')
    assert main != OLD["main.tf"]
    stored = 'resource "terraform_data" "region" {\n  input = %s\n}\n'
    found = findings(OLD, {**OLD, "main.tf": main + stored % "local.region"})
    assert [(one.subject, one.bump) for one in found if one.bump != "patch"] == [("terraform_data.region", "minor")]
    assert largest(findings(OLD, {**OLD, "main.tf": main + stored % "local.partition"})) == "major"


@pytest.mark.slow
def test_all_textual_edits_together_are_no_difference() -> None:
    new = OLD
    for name, edit in TEXTUAL.items():
        if name not in EVERYWHERE and edit.old in new[edit.file]:
            new = edited(new, edit)
    assert new != OLD
    assert findings(OLD, new) == []


@pytest.mark.slow
def test_blocks_in_another_file_and_order_are_no_difference() -> None:
    blocks = re.split(r"\n(?=(?:resource|locals|output|variable|data|terraform)\b)", "\n".join(OLD.values()))
    assert findings(OLD, {"everything.tf": "\n".join(reversed(blocks))}) == []


@pytest.mark.slow
def test_permission_is_shown_whatever_breaks_beside_it() -> None:
    new = edited(edited(OLD, BREAKS["default changed"]), FEATURES["action allowed"])
    found = findings(OLD, new)
    assert [one.severity for one in found] == ["breaking", "security"]
    assert found[1].message.startswith("sqs:GetQueueUrl is allowed on ")


def test_what_a_finding_says() -> None:
    found = findings(OLD, edited(OLD, BREAKS["default changed"]))
    assert found[0].subject == "variable.event_source_maximum_retry_attempts"
    assert found[0].message == "default was 500 and is 10"


# --- a module that this generator did not write -------------------------------------------------------------------------

FOREIGN = {
    "main.tf": """
variable "name" { type = string }
variable "size" {
  type    = number
  default = 3
}
module "network" {
  source  = "terraform-aws-modules/vpc/aws"
  version = "5.1.0"
  name    = var.name
}
data "aws_iam_policy_document" "read" {
  statement {
    actions   = ["s3:GetObject"]
    resources = ["${aws_s3_bucket.files.arn}/public/*"]
    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["true"]
    }
  }
}
resource "aws_s3_bucket" "files" {
  bucket = <<-EOT
    ${var.name}
  EOT
}
""",
    "more.tf.json": """{
  "terraform": {"required_version": ">= 1.3", "required_providers": {"aws": {"source": "hashicorp/aws", "version": "~> 5.1"}}},
  "variable": {"zones": {"type": "list(string)", "default": ["a"]}},
  "resource": {"aws_sqs_queue": {"jobs": {"name": "${var.name}-jobs", "delay_seconds": 5}}},
  "output": {"queue": {"value": "${aws_sqs_queue.jobs.arn}"}}
}""",
}


@pytest.mark.parametrize(
    ("file", "old", "new", "rules"),
    [
        ("main.tf", '["s3:GetObject"]', '["s3:GetObject", "s3:PutObject"]', {"permission-added"}),
        ("main.tf", "/public/*", "/*", {"permission-widened"}),
        ("main.tf", '"5.1.0"', '"6.0.0"', {"module-pin-changed"}),
        ("main.tf", "    ${var.name}\n", "    x-${var.name}\n", {"may-replace"}),
        ("main.tf", "default = 3", "default = 4", {"default-rewritten"}),
        ("more.tf.json", '["a"]', '["b"]', {"default-rewritten"}),
        ("more.tf.json", "-jobs", "-work", {"may-replace"}),
        ("more.tf.json", '"delay_seconds": 5', '"delay_seconds": 6', {"argument-changed"}),
        ("more.tf.json", "~> 5.1", "~> 5.1.2", {"provider-floor-raised", "provider-ceiling-lowered"}),
        ("more.tf.json", ">= 1.3", ">= 1.5", {"terraform-floor-raised"}),
        ("more.tf.json", "aws_sqs_queue.jobs.arn", "aws_sqs_queue.jobs.url", {"output-changed"}),
    ],
)  # fmt: skip
def test_module_of_another_author_is_read(file: str, old: str, new: str, rules: set[str]) -> None:
    assert old in FOREIGN[file]
    found = findings(FOREIGN, {**FOREIGN, file: FOREIGN[file].replace(old, new)})
    assert {one.rule for one in found} == rules


@pytest.mark.slow
@pytest.mark.no_cover  # the tests of the edits, one by one, run the same lines
@given(st.data())
@examples(0.25)
def test_a_module_does_not_differ_from_itself_in_another_layout(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(OLD)))
    lines = OLD[name].split("\n")
    at = data.draw(st.integers(1, len(lines) - 1))
    opened = not lines[at].strip()
    changed = "\n".join([*lines[:at], "", "# a comment", *lines[at:]]) if opened else OLD[name].replace("  ", "   ")
    assert findings(OLD, {**OLD, name: changed}) == []


_INDEX = """resource "aws_dynamodb_table" "a" {
  %s
}
"""
_DYNAMIC = """dynamic "global_secondary_index" {
    for_each = var.indexes
    content {
      name = global_secondary_index.key
      %s
    }
  }"""
_HASH_KEY = "hash_key = global_secondary_index.value"
_KEY_SCHEMA = """key_schema {
        attribute_name = global_secondary_index.value
        key_type       = "HASH"
      }"""
_LITERAL = """global_secondary_index {
    name = "a"
    %s
  }"""
_LITERAL_KEYS = ('hash_key = "b"', 'key_schema {\n      attribute_name = "b"\n      key_type = "HASH"\n    }')


@pytest.mark.parametrize(
    ("block", "old", "new", "alone"),
    [
        (_DYNAMIC, _HASH_KEY, _KEY_SCHEMA, True),
        (_DYNAMIC, _KEY_SCHEMA, _HASH_KEY, True),
        (_LITERAL, *_LITERAL_KEYS, True),
        (_DYNAMIC, _HASH_KEY, f"{_HASH_KEY}\n      read_capacity = 1", False),
    ],
)
def test_another_way_to_set_the_keys_of_an_index_is_to_be_applied_alone(
    block: str, old: str, new: str, *, alone: bool
) -> None:
    assert _to_be_applied_alone(block % old, block % new) == alone


def test_index_that_is_gone_has_no_other_keys() -> None:
    assert not _to_be_applied_alone(_DYNAMIC % _KEY_SCHEMA, 'name = "a"')


def _to_be_applied_alone(old: str, new: str) -> bool:
    variable = 'variable "indexes" {\n  type = map(string)\n}\n'
    found = findings(variable + _INDEX % old, variable + _INDEX % new)
    assert found
    return any(one.message.endswith("changes in the same plan: apply this change alone") for one in found)
