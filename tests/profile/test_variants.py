"""Is a variant one coherent module, without what it leaves out?"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from generator.render import render_variant
from generator.spec import MODULE
from generator.variant import Variant
from tests.profile.variants import ALONE, FIXED, PROFILES, RANDOM, REQUIRED, SETTINGS, built, call, of
from tests.security.scanning import scan, split
from tests.support.planning import TOP, Instance, instances, plan, run, write_root

NAMES = [*ALONE, *REQUIRED, *SETTINGS, *PROFILES]


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_callers_can_give_everything_else_and_nothing_more(name: str) -> None:
    made, files = built(name)
    left = {variable.name for variable in MODULE.variables("5")} - made.fixed.keys()
    added = {"autoscaling": "table_autoscaling", "function_deployment": "function_deployment"}
    left |= {name for setting, name in added.items() if made.lifecycle[setting]} - made.fixed.keys()
    declared = {name for text in files.values() for name in re.findall(r'^variable "(\w+)"', text, re.MULTILINE)}
    assert declared == left
    assert set(json.loads(files["inputs.schema.json"])["properties"]) == left
    assert set(re.findall(r'^\| <a name="input_(\w+)">', files["README.md"], re.MULTILINE)) == left


def test_whole_module_and_a_profile_that_says_nothing_are_the_same_but_for_the_header() -> None:
    from generator.render import render

    def plain(files: Mapping[str, bytes]) -> dict[str, bytes]:
        return {path: content.replace(b" --profile test.toml", b"") for path, content in files.items()}

    assert plain(render_variant(of({}))) == plain(render())


def test_fixed_value_stands_in_the_hcl() -> None:
    _, files = built("hardened")
    assert "  deletion_protection_enabled = true\n" in files["table.tf"]
    assert "  bisect_batch_on_function_error     = true\n" in files["event_source.tf"]


def test_dynamic_block_that_is_always_there_is_written_out() -> None:
    _, files = built("expiring")
    assert (
        '  ttl {\n    enabled        = coalesce(var.table_ttl_enabled, true)\n    attribute_name = "expires"\n  }\n'
        in files["table.tf"]
    )


def test_tests_of_a_protected_table_are_written_for_opentofu_too() -> None:
    files = render_variant(of({"lifecycle": {"prevent_destroy": True}}))
    tests = {name for name in files if name.endswith(".tftest.hcl")}
    tofu = {name for name in files if name.endswith(".tofutest.hcl")}
    assert tofu == {name.replace(".tftest.", ".tofutest.") for name in tests}
    for name in tofu:
        original = files[name.replace(".tofutest.", ".tftest.")].decode().splitlines()
        lines = files[name].decode().splitlines()
        assert "override_during" not in "".join(lines)
        assert [
            line for line in original if line and not re.search("override_during|only plan|terraform init", line)
        ] == [line for line in lines if line and "tofu init" not in line]
        assert any("Run: tofu init && tofu test" in line for line in lines)
    assert not [name for name in render_variant(of({})) if "tofu" in name]


RETAINED = {"table": "table.tf", "dead_letter_queue": "dead_letter_queue.tf", "log_group": "function.tf"}


@pytest.mark.parametrize("protected", [False, True])
def test_retained_resources_have_one_more_line_and_the_rest_is_the_same(*, protected: bool) -> None:
    """No Terraform here knows the line, so that the same module without it stands for the variant in other tests."""
    whole = {"lifecycle": {"prevent_destroy": protected}}
    retaining = {"lifecycle": {"prevent_destroy": protected, "retain": list(RETAINED)}}
    before, after = (render_variant(of(document)) for document in (whole, retaining))
    differing = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    assert differing == {*RETAINED.values(), "versions.tf", "versions.tofu", "README.md"}
    for path in RETAINED.values():
        text = after[path].decode()
        assert len(re.findall(r"^    destroy +=", text, re.MULTILINE)) == 1
        without = re.sub(r"\n  lifecycle {\n    destroy = false\n  }\n(?=}\n)", "", text)
        without = re.sub(r"(    prevent_destroy = true\n)?    destroy +?= false\n(\n    ignore)?", _left, without)
        assert without == before[path].decode()


def _left(found: re.Match[str]) -> str:
    return (found[1] or "") + (found[2] or "" if found[1] else (found[2] or "").lstrip("\n"))


def test_retaining_module_has_a_minimum_version_for_each_program() -> None:
    files = render_variant(of({"lifecycle": {"retain": ["table"]}}))
    terraform, tofu = (files[name].decode() for name in ("versions.tf", "versions.tofu"))
    assert 'required_version = ">= 1.16"' in terraform
    assert 'required_version = ">= 1.12"' in tofu
    assert tofu.partition("required_providers")[2] == terraform.partition("required_providers")[2]
    assert "| OpenTofu (instead of Terraform) | >= 1.12 |" in files["README.md"].decode()
    own = render_variant(of({"lifecycle": {"retain": ["table"]}, "terraform": {"version": ">= 1.17"}}))
    assert "versions.tofu" not in own


@pytest.mark.parametrize(
    ("document", "ignored"),
    [
        ({}, {"restore_source_name", "restore_source_table_arn", "restore_date_time", "restore_to_latest_time"}),
        ({"omit": ["restore"]}, set()),
        ({"omit": ["restore", "replicas"], "lifecycle": {"ignore_replica_changes": True}}, {"replica"}),
        (
            {"omit": ["restore"], "lifecycle": {"autoscaling": True, "prevent_destroy": True}},
            {"read_capacity", "write_capacity"},
        ),
    ],
)
def test_changes_of_the_table_are_ignored_as_the_variant_needs(document: dict[str, Any], ignored: set[str]) -> None:
    table = render_variant(of(document))["table.tf"].decode()
    block = re.search(r"ignore_changes = \[\n(.*?)\n    \]", table, re.DOTALL)
    assert block
    lines = {line.strip(" ,") for line in block[1].splitlines() if "#" not in line}
    assert lines == ignored | {"import_table"}


def test_resource_that_is_always_there_has_no_count() -> None:
    _, files = built("with_an_alias")
    assert "aws_lambda_alias.this[" not in "\n".join(files.values())
    assert 'resource "aws_lambda_alias" "this" {\n  name ' in files["function.tf"]


def test_move_of_an_alarm_is_left_out_with_the_alarms() -> None:
    _, files = built("without_alarms")
    assert "moved {" not in "".join(files.values())
    _, files = built("without_dashboard")
    assert "to   = aws_cloudwatch_metric_alarm.stalled[0]" in files["alarms.tf"]


def test_minimal_module_is_small() -> None:
    _, files = built("minimal")
    whole = sum(len((TOP / "module" / path).read_text().splitlines()) for path in files if path.endswith(".tf"))
    left = sum(len(text.splitlines()) for path, text in files.items() if path.endswith(".tf"))
    assert left < whole / 3


# --- with Terraform ---------------------------------------------------------------------------------------------------


def write(folder: Path, names: Iterable[str]) -> None:
    """Write variants into a folder, each into one of its name."""
    for name in names:
        for path, text in built(name)[1].items():
            (folder / name / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / name / path).write_text(text)


def _roots(names: Sequence[str], factory: pytest.TempPathFactory) -> list[Path]:
    """Return roots that call variants, each with the arguments that it needs.

    The time of a plan grows faster than the number of its modules: four for each root take a seventh less than ten.
    """
    folders = []
    for first in range(0, len(names), 4):
        folders.append(factory.mktemp("variants"))
        some = names[first : first + 4]
        write(folders[-1] / "variants", some)
        modules = {name: {"source": f"./variants/{name}", **call(built(name)[0])} for name in some}
        write_root(folders[-1], {"module": modules})
    return folders


@pytest.fixture(scope="module")
def roots(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return _roots(NAMES, tmp_path_factory)


@pytest.fixture(scope="module")
def further(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Return roots with random variants, and with those that have one fixed variable."""
    return _roots([*RANDOM, *FIXED], tmp_path_factory)


@pytest.fixture(scope="module")
def planned(roots: list[Path]) -> list[dict[str, Any]]:
    return [plan(root) for root in roots]


@pytest.fixture(scope="module")
def variants(planned: list[dict[str, Any]]) -> dict[str, Instance]:
    return {name: instance for one in planned for name, instance in instances(one).items()}


@pytest.mark.terraform
def test_every_variant_is_formatted_as_terraform_would(tmp_path: Path) -> None:
    files = [file for name in [*NAMES, *FIXED, *RANDOM] for file in built(name)[1].items()]
    # Most variants have most of their files in common
    texts = {(path.partition(".")[2], text) for path, text in files}
    for number, (extension, text) in enumerate(sorted(texts)):
        (tmp_path / f"{number}.{extension}").write_text(text)
    assert run(tmp_path, "fmt", "-check", "-diff", "-no-color", check=False).stdout == ""


@pytest.mark.terraform
@pytest.mark.parametrize("name", NAMES)
def test_variant_plans_a_pipeline(name: str, variants: dict[str, Instance]) -> None:
    made, _ = built(name)
    instance = variants[name]
    assert "aws_lambda_event_source_mapping.this" in instance
    assert ("aws_dynamodb_table" in instance.types()) == _creates(made, "existing_table")
    assert ("aws_lambda_function" in instance.types()) == _creates(made, "existing_function")


def _creates(made: Variant, choice: str) -> bool:
    return not any(variable.name == choice and variable.required for variable in made.module.variables())


@pytest.mark.terraform
def test_random_variants_and_those_with_one_fixed_variable_plan_pipelines(further: list[Path]) -> None:
    addresses = set()
    for root in further:
        run(root, "init", "-input=false", "-no-color")
        # Only the addresses count, and to show a plan takes a third of its time
        messages = map(json.loads, run(root, "plan", "-json", "-input=false").stdout.splitlines())
        addresses |= {message["change"]["resource"]["addr"] for message in messages if "change" in message}
    assert {f"module.{name}.aws_lambda_event_source_mapping.this" for name in [*RANDOM, *FIXED]} <= addresses


@pytest.mark.terraform
def test_a_variant_plans_what_the_module_plans_with_the_same_values(variants: dict[str, Instance]) -> None:
    def plain(instance: Instance) -> dict[str, Any]:
        return {address.replace("[0]", ""): values for address, values in instance.resources.items()}

    assert plain(variants["minimal"]) == plain(variants["without_region"])


@pytest.mark.terraform
def test_capacity_follows_the_load(variants: dict[str, Instance]) -> None:
    target = variants["autoscaled"]['aws_appautoscaling_target.this["WriteCapacity"]']
    assert (target["min_capacity"], target["max_capacity"]) == (5, 20)
    policy = variants["autoscaled"]['aws_appautoscaling_policy.this["WriteCapacity"]']
    configuration = policy["target_tracking_scaling_policy_configuration"][0]
    assert configuration["target_value"] == 60
    kind = configuration["predefined_metric_specification"][0]["predefined_metric_type"]
    assert kind == "DynamoDBWriteCapacityUtilization"


@pytest.mark.terraform
def test_hardened_module_passes_every_check_of_checkov(planned: list[dict[str, Any]], tmp_path: Path) -> None:
    (part,) = (one for one in planned if "hardened" in instances(one))
    verdict = scan(split(part, ["hardened"], tmp_path / "parts"))["hardened"]
    assert verdict.scanned >= 8
    assert verdict.failed == frozenset()
    assert len(verdict.passed) > 30


@pytest.mark.terraform
@pytest.mark.parametrize("name", PROFILES)
def test_profiles_own_tests_pass(name: str, tmp_path: Path) -> None:
    _, files = built(name)
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    run(tmp_path, "init", "-input=false")
    said = run(tmp_path, "test", "-no-color").stdout
    assert re.search(r"Success! \d+ passed, 0 failed", said)
    assert said.count('run "') >= 5


@pytest.mark.terraform
def test_what_a_profile_narrows_is_refused_by_the_plan(tmp_path: Path) -> None:
    # Each fails one validation: of several of a variable, OpenTofu reports the first
    bad: list[tuple[str, dict[str, Any]]] = [
        ("narrowed", {"function_memory_size": 2048}),
        ("narrowed", {"function_runtime": "python3.13"}),
        ("narrowed", {"name": "stores"}),
        ("tagged", {"tags": {"cost_center": "abc"}}),
        ("tagged", {"tags": {"cost_center": "4711", "owner": "ann"}}),
    ]
    write(tmp_path / "variants", {name for name, _ in bad})
    modules = {
        f"case{number}": {"source": f"./variants/{name}", **call(built(name)[0]), **arguments}
        for number, (name, arguments) in enumerate(bad)
    }
    write_root(tmp_path, {"module": modules})
    run(tmp_path, "init", "-input=false")
    said = run(tmp_path, "plan", "-json", "-input=false", check=False).stdout
    found = [json.loads(line).get("diagnostic", {}).get("detail", "") for line in said.splitlines()]
    messages = "\n".join(found)
    assert "The function_memory_size value must be a whole number from 256 to 1024 (MB). Got 2048." in messages
    assert "The function_runtime value must be nodejs22.x. Got " in messages
    assert 'The name value must match ^orders. Got "stores".' in messages
    assert 'The tags value must contain cost_center, owner. Got ["cost_center"].' in messages
    assert 'The tags.cost_center value must match ^[a-z]+$. Got "4711".' in messages
