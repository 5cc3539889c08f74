"""Tests of small module pairs: each is a kind of change that public modules make, with its rule and bump."""

import pytest

from generator.compare.policy import Policy
from tests.compare.indirect import INDIRECT
from tests.compare.lifecycles import LIFECYCLES
from tests.compare.moved import MOVED
from tests.compare.pairs import PAIRS
from tests.compare.texts_of_callers import TEXTS
from tests.compare.versions import compared, findings, rules

_POLICY = 'data "aws_iam_policy_document" "a" {{\n{}\n}}\n'


def statement(actions: str, resources: str = '"*"', more: str = "") -> str:
    return f"statement {{\n actions = [{actions}]\n resources = [{resources}]\n {more}\n}}"


def document(*statements: str) -> str:
    return _POLICY.format("\n".join(statements))


# Pairs with the rules that must be found, and their bumps
CHANGES: dict[str, tuple[str, str, dict[str, str]]] = {
    "action in a repeated block": (
        document(statement('"s3:GetObject"'), statement('"sqs:SendMessage"')),
        document(statement('"s3:GetObject"'), statement('"sqs:SendMessage", "sqs:PurgeQueue"')),
        {"permission-added": "minor"},
    ),
    "action in a dynamic block": (
        document('dynamic "statement" {\n for_each = [1]\n content {\n actions = ["a:B"]\n resources = ["*"]\n}\n}'),
        document(
            'dynamic "statement" {\n for_each = [1]\n content {\n actions = ["a:B", "*"]\n resources = ["*"]\n}\n}'
        ),
        {"permission-added": "minor"},
    ),
    "wildcard becomes an ARN": (
        document(statement('"s3:GetObject"', '"*"')),
        document(statement('"s3:GetObject"', '"arn:aws:s3:::a/*"')),
        {"permission-narrowed": "minor"},
    ),
    "ARN becomes a wildcard": (
        document(statement('"s3:GetObject"', '"arn:aws:s3:::a/*"')),
        document(statement('"s3:GetObject"', '"*"')),
        {"permission-widened": "minor"},
    ),
    "deny statement dropped": (
        document(statement('"s3:*"'), statement('"s3:DeleteObject"', more='effect = "Deny"')),
        document(statement('"s3:*"')),
        {"deny-removed": "minor"},
    ),
    "count is off by default": (
        'resource "aws_sqs_queue" "a" {\n name = "a"\n}',
        'variable "b" {\n default = false\n}\nresource "aws_sqs_queue" "a" {\n count = var.b ? 1 : 0\n name = "a"\n}',
        {"instances-destroyed": "major", "new-optional-variable": "minor"},
    ),
    "key of for_each changed": (
        'resource "aws_sqs_queue" "a" {\n for_each = toset(["a"])\n name = "q"\n}',
        'resource "aws_sqs_queue" "a" {\n for_each = toset(["b"])\n name = "q"\n}',
        {"instances-destroyed": "major"},
    ),
    "attribute of an object type is required": (
        'variable "a" {\n type = object({ b = string })\n}',
        'variable "a" {\n type = object({ b = string, c = number })\n}',
        {"type-narrowed": "major"},
    ),
    "attribute of an object type is optional": (
        'variable "a" {\n type = object({ b = string })\n}',
        'variable "a" {\n type = object({ b = string, c = optional(number) })\n}',
        {"type-widened": "minor"},
    ),
    "default gains a key": (
        'variable "a" {\n default = { b = 1 }\n}\noutput "a" {\n value = var.a\n}',
        'variable "a" {\n default = { b = 1, c = 2 }\n}\noutput "a" {\n value = var.a\n}',
        {"default-extended": "minor"},
    ),
    "validation with another pattern": (
        'variable "a" {\n validation {\n condition = can(regex("^a", var.a))\n error_message = "A."\n}\n}',
        'variable "a" {\n validation {\n condition = can(regex("^b", var.a))\n error_message = "A."\n}\n}',
        {"validation-changed": "major"},
    ),
    "output becomes sensitive": (
        'output "a" {\n value = "a"\n}',
        'output "a" {\n value = "a"\n sensitive = true\n}',
        {"output-sensitive": "major"},
    ),
    "provider configuration to pass": (
        'terraform {\n required_providers {\n aws = { source = "hashicorp/aws" }\n}\n}',
        'terraform {\n required_providers {\n aws = { source = "hashicorp/aws", configuration_aliases = [aws.b] }\n}\n}',
        {"provider-alias-added": "major"},
    ),
    "minimum version within one major": (
        'terraform {\n required_providers {\n aws = { source = "hashicorp/aws", version = ">= 5.1" }\n}\n}',
        'terraform {\n required_providers {\n aws = { source = "hashicorp/aws", version = ">= 5.9" }\n}\n}',
        {"provider-floor-raised": "minor"},
    ),
    "minimum version of another major": (
        'terraform {\n required_providers {\n aws = { source = "hashicorp/aws", version = ">= 5.1" }\n}\n}',
        'terraform {\n required_providers {\n aws = { source = "hashicorp/aws", version = ">= 6.0" }\n}\n}',
        {"provider-floor-raised": "major"},
    ),
    "block of a type that no rule reads": (
        'telescope "a" {\n b = 1\n}',
        'telescope "a" {\n b = 2\n}',
        {"not-understood": "minor"},
    ),
    "template directive in an argument": (
        'resource "aws_sqs_queue" "a" {\n tags = { a = "%{ if true }b%{ endif }" }\n}',
        'resource "aws_sqs_queue" "a" {\n tags = { a = "%{ if true }c%{ endif }" }\n}',
        {"argument-changed": "minor"},
    ),
}

# Pairs that have the same effect, and the largest bump of what may be reported
EQUAL: dict[str, tuple[str, str]] = {
    "new variable with null": (
        'resource "aws_sqs_queue" "a" {\n name = "a"\n}',
        'variable "b" {\n default = null\n}\nresource "aws_sqs_queue" "a" {\n name = "a"\n kms_master_key_id = var.b\n}',
    ),
    "coalesce with a new variable": (
        'output "a" {\n value = "x"\n}',
        'variable "b" {\n default = null\n}\noutput "a" {\n value = coalesce(var.b, "x")\n}',
    ),
    "lookup and index": (
        'variable "o" {\n type = object({ k = string })\n}\noutput "a" {\n value = lookup(var.o, "k")\n}',
        'variable "o" {\n type = object({ k = string })\n}\noutput "a" {\n value = var.o["k"]\n}',
    ),
    "splat of Terraform 0.11": (
        'resource "aws_sqs_queue" "a" {\n count = 2\n}\noutput "a" {\n value = aws_sqs_queue.a.*.arn\n}',
        'resource "aws_sqs_queue" "a" {\n count = 2\n}\noutput "a" {\n value = aws_sqs_queue.a[*].arn\n}',
    ),
    "number and its text": (
        'resource "aws_sqs_queue" "a" {\n delay_seconds = 5\n}',
        'resource "aws_sqs_queue" "a" {\n delay_seconds = "5"\n}',
    ),
    "source of a provider": (
        'terraform {\n required_providers {\n aws = { source = "aws", version = ">= 5.1, < 7" }\n}\n}',
        'terraform {\n required_providers {\n aws = { source = "hashicorp/aws", version = "< 7, >= 5.1" }\n}\n}',
    ),
    "blocks in another order": (
        document(statement('"a:B"'), statement('"c:D"')),
        document(statement('"c:D"'), statement('"a:B"')),
    ),
}


@pytest.mark.parametrize("name", [*CHANGES, *PAIRS, *INDIRECT, *LIFECYCLES, *MOVED, *TEXTS])
def test_change_is_found_with_its_bump(name: str) -> None:
    old, new, expected = (CHANGES | PAIRS | INDIRECT | LIFECYCLES | MOVED | TEXTS)[name]
    assert rules(old, new) == expected


@pytest.mark.parametrize("name", EQUAL)
def test_equal_value_changes_nothing_deployed(name: str) -> None:
    old, new = EQUAL[name]
    found = findings(old, new)
    assert {one.rule for one in found} <= {"new-optional-variable", "argument-rewritten", "output-rewritten"}, found


def test_local_child_module_is_compared_with_its_inputs() -> None:
    root = 'module "a" {\n source = "./modules/a"\n size = 3\n}'
    child = 'variable "size" {}\nresource "aws_sqs_queue" "q" {\n delay_seconds = var.size\n}'
    old = {"main.tf": root, "modules/a/main.tf": child}
    assert findings(old, old) == []
    found = findings(old, {**old, "modules/a/main.tf": child.replace("= var", "= 2 * var")})
    assert [one.subject for one in found] == ["module.a.aws_sqs_queue.q.delay_seconds"]


# A module that is called for each service, whose containers a module below it is called for
SERVICES: dict[str, str] = {
    "main.tf": """
variable "services" {
  type = map(object({
    tags = optional(map(string), { a = "b" })
    containers = optional(map(object({ name = string, size = optional(string, "s") })), {})
  }))
  default = {}
}
module "service" {
  source     = "./service"
  for_each   = var.services
  tags       = each.value.tags
  containers = each.value.containers
}
""",
    "service/main.tf": """
variable "tags" {
  default = { a = "b" }
  nullable = false
}
variable "containers" {
  type     = map(object({ name = string, size = optional(string, "s") }))
  default  = {}
  nullable = false
}
module "container" {
  source   = "./container"
  for_each = var.containers
  name     = each.value.name
  size     = each.value.size
  tags     = var.tags
}
""",
    "service/container/main.tf": """
variable "name" {}
variable "size" {}
variable "tags" {}
resource "aws_sqs_queue" "q" {
  name = "${var.name}-${var.size}"
  tags = var.tags
}
""",
}


@pytest.mark.parametrize(
    ("old", "new", "bump"),
    [
        ('optional(map(string), { a = "b" })', "optional(map(string))", "patch"),
        ('optional(map(string), { a = "b" })', 'optional(map(string), { a = "c" })', "major"),
        ('string, size = optional(string, "s") })), {})', "string, size = optional(string) })), {})", "patch"),
        ('string, size = optional(string, "s") })), {})', 'string, size = optional(string, "t") })), {})', "major"),
    ],
)
def test_default_of_an_attribute_is_followed_into_repeated_modules(old: str, new: str, bump: str) -> None:
    assert old in SERVICES["main.tf"]
    found = findings(SERVICES, {**SERVICES, "main.tf": SERVICES["main.tf"].replace(old, new)})
    assert [(one.rule, one.bump) for one in found] == [("type-default-changed", bump)]


def test_name_in_a_module_below_a_repeated_one_is_evaluated() -> None:
    path = "service/container/main.tf"
    for name, expected in (('var.size == null ? "s" : var.size', {"argument-rewritten"}), ('"t"', {"may-replace"})):
        changed = SERVICES[path].replace("${var.size}", f"${{{name}}}")
        assert {one.rule for one in findings(SERVICES, {**SERVICES, path: changed})} == expected


def test_override_file_is_merged() -> None:
    old = {"main.tf": 'variable "a" {\n default = 1\n}\noutput "a" {\n value = var.a\n}'}
    found = findings(old, {**old, "main_override.tf": 'variable "a" {\n default = 2\n}'})
    assert [one.rule for one in found] == ["default-changed"]


DEFAULT = 'variable "a" {\n default = %s\n}\noutput "a" {\n value = var.a\n}'


def test_file_of_opentofu_replaces_that_of_terraform_and_is_compared_with_it() -> None:
    old = {"main.tf": DEFAULT % 1, "more.tf": 'output "b" {\n value = 1\n}', "main.tofu": DEFAULT % 1}
    found = findings(old, {**old, "main.tofu": DEFAULT % 2})
    assert [(one.rule, one.message) for one in found] == [("default-changed", "OpenTofu: default was 1 and is 2")]
    found = findings(old, {**old, "main.tf": DEFAULT % 2})
    assert [(one.rule, one.message) for one in found] == [("default-changed", "default was 1 and is 2")]
    both = {"a.tf": 'output "x" {\n value = 1\n}', "b.tf": DEFAULT % 1}
    found = findings(both, {**both, "a.tofu": ""})
    assert [(one.rule, one.subject) for one in found] == [("output-removed", "output.x")]
    assert [one.message for one in findings({"a.tofu": DEFAULT % 1}, {"a.tofu": DEFAULT % 2})] == [
        "default was 1 and is 2"
    ]


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ({"override.tf": DEFAULT % 2}, {"default-changed"}),
        ({"x_override.tf.json": '{"variable": {"a": {"default": 2}}}'}, {"default-changed"}),
        ({"a_override.tf": DEFAULT % 3, "b_override.tf": DEFAULT % 1}, set()),
        ({"main_override.tf": 'terraform {\n required_version = ">= 1.9"\n}'}, {"terraform-floor-raised"}),
        ({"main_override.tf": 'resource "aws_sqs_queue" "q" {\n name = "r"\n}'}, {"may-replace"}),
        ({"main_override.tf": 'resource "aws_sqs_queue" "q" {\n lifecycle {\n prevent_destroy = true\n}\n}'},
         {"prevent-destroy-added"}),
        ({"main_override.tf": 'provider "aws" {\n region = "x"\n}'}, {"provider-configuration-added"}),
    ],
)  # fmt: skip
def test_override_files_are_merged_by_their_blocks(override: dict[str, str], expected: set[str]) -> None:
    queue = 'resource "aws_sqs_queue" "q" {\n name = "q"\n lifecycle {\n create_before_destroy = true\n}\n}\n'
    old = {"main.tf": f'{DEFAULT % 1}\n{queue}terraform {{\n required_version = ">= 1.3"\n}}'}
    assert {one.rule for one in findings(old, {**old, **override})} == expected


def test_byte_order_mark_and_windows_line_ends_are_no_difference() -> None:
    text = DEFAULT % 1
    assert findings(text, "\ufeff" + text.replace("\n", "\r\n")) == []


QUEUES = 'variable "v" {\n type = %s\n}\nresource "aws_sqs_queue" "q" {\n for_each = %s\n name = each.key\n}\n'
EACH = 'map(object({ name = string, on = bool, more = optional(object({ kind = string }), { kind = "x" }) }))'


@pytest.mark.parametrize(
    "condition",
    ["v.on", "!v.on", 'v.name != "none"', 'v.more.kind == "y"'],
)
def test_filter_of_instances_destroys_some(condition: str) -> None:
    old, new = (QUEUES % (EACH, value) for value in ("var.v", f"{{ for k, v in var.v : k => v if {condition} }}"))
    assert "instances-destroyed" in rules(old, new)


@pytest.mark.parametrize(
    ("kind", "old", "new"),
    [
        ("list(string)", "var.v", "sort(var.v)"),
        ("list(string)", "var.v", "distinct(var.v)"),
        ("list(string)", "var.v", "reverse(var.v)"),
        ("list(string)", "var.v", "compact(var.v)"),
        ("list(string)", "var.v", "slice(var.v, 0, 1)"),
        ("list(string)", "var.v[0]", "var.v[length(var.v) - 1]"),
        ("list(string)", "length(var.v)", "length(toset(var.v))"),
        ("list(string)", "var.v", '[for one in var.v : one if one != "a"]'),
        ("map(bool)", "var.v", "{ for k, v in var.v : k => v if v }"),
        ("object({ on = bool, n = string })", "var.v.n", 'var.v.on ? var.v.n : "b"'),
        ("object({ kind = string, n = string })", "var.v.n", 'var.v.kind == "x" ? "b" : var.v.n'),
        ("number", "var.v", "max(var.v, 1)"),
        ("number", "var.v", "min(var.v, 100)"),
        ("number", "var.v", "abs(var.v)"),
        ("number", "ceil(var.v)", "floor(var.v)"),
    ],
)
def test_value_of_some_inputs_is_no_rewriting(kind: str, old: str, new: str) -> None:
    text = 'variable "v" {\n type = %s\n}\noutput "o" {\n value = %s\n}\n'
    assert rules(text % (kind, old), text % (kind, new)) == {"output-changed": "minor"}


QUEUE_OF_OTHERS = 'resource "aws_sqs_queue" "q" {\n name = "q"\n}\n'


def test_module_that_leaves_terraform_is_compared_for_opentofu() -> None:
    other = QUEUE_OF_OTHERS.replace('"q"\n', '"r"\n')
    dropped = compared({"main.tf": QUEUE_OF_OTHERS}, {"main.tofu": other}).findings
    assert {one.rule: one.bump for one in dropped} == {"terraform-dropped": "major", "may-replace": "major"}
    assert {one.rule for one in compared({"main.tofu": QUEUE_OF_OTHERS}, {"main.tf": other}).findings} == {
        "may-replace"
    }


def test_submodules_are_compared_when_the_root_has_no_module() -> None:
    old = {"modules/a/main.tf": 'output "x" {\n value = 1\n}', "modules/b/main.tf": 'output "y" {\n value = 1\n}'}
    result = compared(old, {"modules/a/main.tf": 'output "x" {\n value = 1\n}'})
    assert [(one.rule, one.subject) for one in result.findings] == [("submodule-removed", "modules/b")]
    assert result.modules == ["modules/a"]


def test_new_words_and_rewritten_arguments_are_one_finding_each() -> None:
    old = "".join(f'variable "{name}" {{\n description = "A."\n default = 1\n}}\n' for name in "abc")
    queue = 'resource "aws_sqs_queue" "q" {\n name = "q"\n delay_seconds = %s\n max_message_size = %s\n}\n'
    new = old.replace("A.", "B.")
    found = findings(old + queue % ("2 * var.a", "2 * var.b"), new + queue % ("var.a + var.a", "var.b + var.b"))
    assert [(one.rule, one.subject, one.message.partition(": ")[2]) for one in found] == [
        ("argument-rewritten", "aws_sqs_queue.q", "delay_seconds, max_message_size"),
        ("description-changed", "variable", "a, b, c"),
    ]
    assert str(found[1].new) == "main.tf:1"


def test_policy_decides_about_the_bump() -> None:
    old, new, _ = CHANGES["minimum version within one major"]
    (found,) = findings(old, new, Policy(provider_floor="major"))
    assert (found.bump, found.policy) == ("major", "provider-floor")


def test_finding_has_its_places() -> None:
    (found,) = findings('\n\noutput "a" {\n value = 1\n}', 'output "a" {\n value = 2\n}')
    assert (str(found.old), str(found.new)) == ("main.tf:3", "main.tf:1")
