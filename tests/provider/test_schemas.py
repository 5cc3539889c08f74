"""Every argument and block of the generated HCL exists in the providers that it is written for.

Only one of them can be run beside the other tests, hence the lists of the others.
"""

import functools
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from generator.render import render
from generator.spec import MODULE, provider
from generator.terraform import Terraform
from generator.variant import Variant
from tests.provider import kept
from tests.provider.__main__ import differences, used, used_by_examples
from tests.provider.hcl import Parsed, leaves, misfits, parse, resources
from tests.provider.schema import Attribute, Schema, paths
from tests.support.examples import VARIANTS, variant_files

# Coverage takes as long as the parser of HCL; tests/test_render.py covers what renders
pytestmark = pytest.mark.no_cover

OLDEST, NEWEST = kept.versions()[0], kept.versions()[-1]


@functools.cache
def rendered(major: str) -> Parsed:
    return parse(render(major))


VERSIONS = kept.versions()
# A variable appears with the version that it names: the build for that version must fit it
TARGETS = ["6", "6.40", *sorted({one.since_provider for one in MODULE.variables() if not one.offered_by("5")})]


@pytest.mark.parametrize("version", VERSIONS)
def test_module_fits_every_provider(version: str) -> None:
    """The build for 5 runs on all of them."""
    assert misfits(rendered("5"), kept.schemas(version)) == []


@pytest.mark.slow
@pytest.mark.parametrize("target", TARGETS)
def test_build_fits_the_oldest_provider_that_it_asks_for_and_all_newer_ones(target: str) -> None:
    asked = Variant(provider=target).provider_constraint
    oldest = kept.numbers(asked.removeprefix(">= ").partition(",")[0])
    fitting = [version for version in VERSIONS if kept.numbers(version)[:2] >= oldest]
    # No bindings were published for 6.29 and 6.30
    assert kept.numbers(fitting[0])[:2] == (oldest if oldest != (6, 30) else (6, 31))
    for version in fitting:
        assert misfits(rendered(target), kept.schemas(version)) == [], version


@pytest.mark.parametrize("target", ["5", "6"])
@pytest.mark.parametrize("profile", VARIANTS)
def test_variant_of_an_example_fits_the_newest_provider(profile: str, target: str) -> None:
    parsed = parse(variant_files(profile, target))
    assert {kind for kind, _, _ in resources(parsed)} & kept.examples().keys()
    assert misfits(parsed, {**kept.schemas(NEWEST), **kept.examples()}) == []


@pytest.mark.slow
def test_lists_have_the_resources_and_data_sources_of_the_module_and_no_others() -> None:
    expected = used()
    for version in VERSIONS:
        assert kept.schemas(version).keys() == expected, version


@pytest.mark.slow
def test_list_of_examples_has_what_they_use_besides() -> None:
    assert kept.examples().keys() == used_by_examples(), "Run make provider-schema."


@pytest.mark.parametrize("version", VERSIONS)
def test_list_is_what_was_read(version: str) -> None:
    document = json.loads((kept.FOLDER / f"aws-{version}.json").read_text())
    assert document["provider"] == version
    assert document["sha256"] == kept.checksum(document["schemas"]), "Run make provider-schema instead of an edit."


def test_newest_list_is_that_of_the_newest_target() -> None:
    assert f"6.{kept.numbers(NEWEST)[1]}" == provider.NEWEST
    assert OLDEST.startswith(provider.OLDEST)


# Reading the bindings, and what `make provider-schema` prints


@pytest.mark.terraform
def test_bindings_say_what_the_provider_says(tmp_path: Path) -> None:
    required = {"terraform": {"required_providers": {"aws": {"source": "hashicorp/aws", "version": "5.100.0"}}}}
    (tmp_path / "main.tf.json").write_text(json.dumps(required))
    terraform = Terraform(tmp_path)
    terraform.init()
    (described,) = json.loads(terraform.run("providers", "schema", "-json"))["provider_schemas"].values()
    for kind, schema in kept.schemas("5.100.0").items():
        of = described["data_source_schemas" if kind.startswith("data.") else "resource_schemas"]
        assert dict(_read(schema)) == dict(_described(of[kind.removeprefix("data.")]["block"])), kind


def _read(schema: Schema) -> Iterator[tuple[str, object]]:
    for path, member in paths(schema):
        if isinstance(member, Attribute):
            yield path, (member.required, member.optional)
        else:
            yield path, ("list" if member.nesting == "set" else member.nesting, member.required)


def _described(block: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, object]]:
    for name, attribute in block.get("attributes", {}).items():
        yield f"{prefix}{name}", (attribute.get("required", False), attribute.get("optional", False))
    for name, inner in block.get("block_types", {}).items():
        nesting = "list" if inner["nesting_mode"] == "set" else inner["nesting_mode"]
        yield f"{prefix}{name}", (nesting, inner.get("min_items", 0) > 0)
        yield from _described(inner["block"], f"{prefix}{name}.")


def test_arguments_since_an_older_list_are_named() -> None:
    lines = list(differences(kept.schemas("6.25.0"), kept.schemas(NEWEST)))
    for argument in (
        "aws_dynamodb_table: global_secondary_index.key_schema",
        "aws_dynamodb_table: restore_backup_arn",
        "aws_lambda_function: code_sha256",
        "aws_lambda_event_source_mapping: timeouts",
        "aws_cloudwatch_metric_alarm: warm_up_configuration",
    ):
        assert f"  new       {argument}" in lines
    assert "  new       aws_dynamodb_table: global_secondary_index.key_schema.attribute_name (required)" in lines
    assert not [line for line in lines if line.startswith("  gone")]


def test_arguments_that_went_or_became_required_are_named() -> None:
    old: dict[str, Schema] = {"a": {"b": Attribute("string", optional=True), "c": Attribute("string", optional=True)}}
    new: dict[str, Schema] = {"a": {"b": Attribute("string", required=True)}}
    assert list(differences(old, new)) == ["  required  a: b", "  gone      a: c"]
    read_only: dict[str, Schema] = {"a": {"b": Attribute("string", computed=True)}}
    assert list(differences(read_only, new)) == ["  new       a: b (required)"]


# The checker itself

BROKEN = {
    "misspelt argument": (
        "event_source.tf",
        "maximum_retry_attempts ",
        "maximum_retry_attemps ",
        "aws_lambda_event_source_mapping.this: maximum_retry_attemps is no argument",
    ),
    "misspelt argument in a block of a dynamic block": (
        "event_source.tf",
        "destination_arn =",
        "destination =",
        "aws_lambda_event_source_mapping.this: destination_config.on_failure.destination is no argument",
    ),
    "argument missing from a block of a dynamic block": (
        "event_source.tf",
        "destination_arn =",
        "# destination_arn =",
        "aws_lambda_event_source_mapping.this: destination_config.on_failure.destination_arn is missing",
    ),
    "misspelt argument in a dynamic block of a dynamic block": (
        "event_source.tf",
        "pattern = filter.value",
        "patern = filter.value",
        "aws_lambda_event_source_mapping.this: filter_criteria.filter.patern is no argument",
    ),
    "misspelt dynamic block": (
        "event_source.tf",
        'dynamic "metrics_config"',
        'dynamic "metric_config"',
        "aws_lambda_event_source_mapping.this: metric_config is no block",
    ),
    "misspelt block": (
        "table.tf",
        "point_in_time_recovery {",
        "point_in_time {",
        "aws_dynamodb_table.this: point_in_time is no block",
    ),
    "attribute that only the provider sets": (
        "function.tf",
        "  handler ",
        '  arn = "arn"\n  handler ',
        "aws_lambda_function.this: arn cannot be set",
    ),
    "missing argument": (
        "event_source.tf",
        "function_name    = local.target_arn",
        "",
        "aws_lambda_event_source_mapping.this: function_name is missing",
    ),
    "argument given as a block": (
        "dead_letter_queue.tf",
        "tags = var.tags",
        "tags {}",
        "aws_sqs_queue.dead_letter: tags is no block",
    ),
    "unknown resource": (
        "dead_letter_queue.tf",
        'resource "aws_sqs_queue" "dead_letter"',
        'resource "aws_sqs_que" "dead_letter"',
        "aws_sqs_que.dead_letter: aws_sqs_que is no resource",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_checker_finds(name: str) -> None:
    path, words, instead, misfit = BROKEN[name]
    files = {path: render("5")[path]}
    assert words.encode() in files[path]
    files[path] = files[path].replace(words.encode(), instead.encode(), 1)
    assert misfit in misfits(parse(files), kept.schemas(OLDEST))


def test_checker_finds_what_only_the_newest_provider_has() -> None:
    found = misfits(rendered("6"), kept.schemas(OLDEST))
    assert "aws_dynamodb_table.this: warm_throughput is no block" in found
    assert "aws_lambda_function.this: source_kms_key_arn is no argument" in found


# What `build --provider 6` adds

_INDEX = "resource.aws_dynamodb_table.this.dynamic.global_secondary_index.content"
DEPRECATED = {f"{_INDEX}.hash_key", f"{_INDEX}.range_key"}
# Their policies have more statements
ROLE = {f"resource.aws_iam_role_policy.{name}.policy" for name in ("this", "transition")}


def _change(path: str) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Return what provider 6's output of a file has more and less than provider 5's, in order."""
    five, six = (Counter(leaves(rendered(major)[path])) for major in ("5", "6"))
    return sorted((six - five).elements()), sorted((five - six).elements())


def test_variants_differ_in_hcl_and_its_documentation_alone() -> None:
    five, six = render("5"), render("6")
    differing = {path for path in five.keys() | six.keys() if five.get(path) != six.get(path)}
    assert {path for path in differing if not path.endswith(".tf")} == {"README.md", "inputs.schema.json"}


def test_provider_6_takes_no_argument_of_a_resource_away_but_deprecated_ones() -> None:
    lost = {name for path in rendered("6") for name, _ in _change(path)[1]}
    assert {name for name in lost if name.startswith("resource.")} - ROLE == DEPRECATED


def test_every_resource_of_provider_6_that_is_not_global_has_the_region() -> None:
    for kind, name, block in resources(rendered("6")):
        assert block.text("region") == ("" if kind.startswith("aws_iam_") else "var.region"), f"{kind}.{name}"


def test_provider_6_adds_the_permission_to_run_durably_and_takes_none_away() -> None:
    five, six = (render(major)["role.tf"].decode().splitlines() for major in ("5", "6"))
    assert [line.strip() for line in six if line not in five] == [
        "var.function_durable_config != null ? [{",
        'Sid      = "RunDurably"',
        'Action   = ["lambda:CheckpointDurableExecution", "lambda:GetDurableExecutionState"]',
        'Resource = ["arn:${local.partition}:lambda:${local.region}:*:function:${local.function_name}:*"]',
    ]
    assert [line for line in five if line not in six] == []


def test_provider_6_has_a_region_of_its_own() -> None:
    current = "data.aws_region.current.id"
    assert _change("main.tf") == (
        [("locals.region", f"coalesce(var.region, {current})")],
        [("locals.region", current)],
    )
