"""Pairs of small modules that differ in what is beside the arguments of resources, and what must be found."""

from typing import Final

Q: Final = 'resource "aws_sqs_queue" "a" {{\n name = "a"\n {}\n}}\n'
OUT: Final = 'output "a" {{\n value = "a"\n {}\n}}\n'
VAR: Final = 'variable "a" {{\n default = "a"\n {}\n}}\n'
TOPIC: Final = 'resource "aws_sns_topic" "t" {\n name = "t"\n}\n'


def queue(more: str = "") -> str:
    """Return a queue with more in its block."""
    return Q.format(more)


def life(text: str) -> str:
    """Return a queue with a lifecycle block."""
    return queue(f"lifecycle {{\n {text}\n}}")


def condition(kind: str, text: str, message: str = "A.") -> str:
    """Return a queue with a precondition or a postcondition."""
    return life(f'{kind} {{\n condition = {text}\n error_message = "{message}"\n}}')


def typed(kind: str, path: str = "") -> str:
    """Return a variable of a type, with a queue that has it, or what is at a path within it, as its name."""
    return f'variable "a" {{\n type = {kind}\n}}\nresource "aws_sqs_queue" "a" {{\n name = var.a{path}\n}}\n'


def nullable(flag: str, value: str) -> str:
    """Return a variable that can or cannot be null, with an output."""
    return f'variable "a" {{\n default = 1\n nullable = {flag}\n}}\noutput "a" {{\n value = {value}\n}}\n'


MAP: Final = 'variable "m" {\n type = map(string)\n default = {}\n}\n'
_WRAPPED: Final = 'module "w" {\n source = "acme/w/aws"\n version = "1.0.0"\n}\n'
_B: Final = 'variable "b" {\n default = 1\n}\n'
_MANY: Final = (
    'variable "m" {{\n type = map(number)\n default = {{}}\n}}\n'
    'resource "aws_sqs_queue" "a" {{\n for_each = var.m\n name = each.key\n {}\n}}\n'
)
_MOVED: Final = "moved {\n from = aws_sqs_queue.old\n to = aws_sqs_queue.a\n}\n"

_MANY_DIGITS: Final = "9" * 5000


def requires(constraint: str) -> str:
    """Return a module that requires versions of the AWS provider."""
    return f'terraform {{\n required_providers {{\n aws = {{ version = "{constraint}" }}\n}}\n}}\n'


PAIRS: Final[dict[str, tuple[str, str, dict[str, str]]]] = {
    "prevent_destroy is set": (queue(), life("prevent_destroy = true"), {"prevent-destroy-added": "major"}),
    "prevent_destroy is gone": (life("prevent_destroy = true"), queue(), {"prevent-destroy-removed": "major"}),
    "create_before_destroy is set": (
        queue(),
        life("create_before_destroy = true"),
        {"create-before-destroy-added": "minor"},
    ),
    "create_before_destroy is gone": (
        life("create_before_destroy = true"),
        queue(),
        {"create-before-destroy-removed": "minor"},
    ),
    "a set argument is ignored no longer": (
        life("ignore_changes = [name]"),
        queue(),
        {"ignore-changes-removed": "major"},
    ),
    "an argument that is not set is ignored no longer": (
        life("ignore_changes = [tags]"),
        queue(),
        {"ignore-changes-removed": "patch"},
    ),
    "an argument is ignored": (queue(), life("ignore_changes = [name]"), {"ignore-changes-added": "minor"}),
    "another provider configuration": (queue(), queue("provider = aws.b"), {"provider-configuration-changed": "major"}),
    "it is replaced with another": (
        TOPIC + queue(),
        TOPIC + life("replace_triggered_by = [aws_sns_topic.t]"),
        {"replace-triggered-by-changed": "minor"},
    ),
    "it waits for another": (
        TOPIC + queue(),
        TOPIC + queue("depends_on = [aws_sns_topic.t]"),
        {"depends-on-changed": "patch"},
    ),
    "a precondition that the defaults break": (
        _B + queue(),
        _B + condition("precondition", "var.b > 1"),
        {"precondition-added": "major"},
    ),
    "a precondition that the defaults meet": (
        _B + queue(),
        _B + condition("precondition", "var.b > 0"),
        {"precondition-added": "minor"},
    ),
    "a precondition of instances that the defaults do not create": (
        _MANY.format(""),
        _MANY.format('lifecycle {\n precondition {\n condition = each.value > 1\n error_message = "A."\n}\n}'),
        {"precondition-added": "minor"},
    ),
    "a precondition is gone": (
        _B + condition("precondition", "var.b > 0"),
        _B + queue(),
        {"precondition-removed": "patch"},
    ),
    "a postcondition has another message": (
        condition("postcondition", "self.name != null"),
        condition("postcondition", "self.name != null", "B."),
        {"postcondition-message": "patch"},
    ),
    "a provisioner": (
        queue(),
        queue('provisioner "local-exec" {\n command = "true"\n}'),
        {"provisioner-changed": "minor"},
    ),
    "a check is added": (
        "",
        'check "a" {\n assert {\n condition = true\n error_message = "A."\n}\n}',
        {"check-added": "patch"},
    ),
    "a provider block is added": (
        queue(),
        queue() + 'provider "aws" {\n region = "eu-west-1"\n}',
        {"provider-configuration-added": "major"},
    ),
    "a provider block is gone": (
        queue() + 'provider "aws" {\n region = "eu-west-1"\n}',
        queue(),
        {"provider-configuration-removed": "major"},
    ),
    "a provider block is changed": (
        queue() + 'provider "aws" {\n region = "eu-west-1"\n}',
        queue() + 'provider "aws" {\n region = "eu-west-2"\n}',
        {"provider-configuration-changed": "minor"},
    ),
    "a provider block that only names a version is gone": (
        queue() + 'provider "aws" {\n version = "~> 2"\n}',
        queue(),
        {},
    ),
    "an import block": (queue(), queue() + 'import {\n to = aws_sqs_queue.a\n id = "x"\n}', {"import-added": "major"}),
    "an import block is gone": (
        queue() + 'import {\n to = aws_sqs_queue.a\n id = "x"\n}',
        queue(),
        {"import-removed": "patch"},
    ),
    "a removed block keeps the resource": (
        queue(),
        "removed {\n from = aws_sqs_queue.a\n lifecycle {\n destroy = false\n}\n}",
        {"resource-forgotten": "minor", "provider-removed": "minor"},
    ),
    "a removed block destroys": (
        queue(),
        "removed {\n from = aws_sqs_queue.a\n}",
        {"resource-removed": "major", "provider-removed": "minor"},
    ),
    "a moved block follows a new name": (
        'resource "aws_sqs_queue" "old" {\n name = "a"\n}',
        queue() + _MOVED,
        {"resource-moved": "patch"},
    ),
    "a new name without a moved block": (
        'resource "aws_sqs_queue" "old" {\n name = "a"\n}',
        queue(),
        {"resource-address-changed": "major"},
    ),
    "a moved block is gone": (queue() + _MOVED, queue(), {"moved-removed": "minor"}),
    "a moved block has no target": (
        queue(),
        queue() + _MOVED.replace("sqs_queue.a", "sqs_queue.b"),
        {"moved-target-missing": "minor"},
    ),
    "settings of a backend": ("", 'terraform {\n provider_meta "aws" {\n a = "b"\n}\n}', {"settings-changed": "patch"}),
    "an output is gone": (OUT.format(""), "", {"output-removed": "major"}),
    "an output is not sensitive any more": (
        OUT.format("sensitive = true"),
        OUT.format(""),
        {"output-not-sensitive": "minor"},
    ),
    "an output is ephemeral": (OUT.format(""), OUT.format("ephemeral = true"), {"output-ephemeral": "major"}),
    "an output waits for others": (
        TOPIC + OUT.format(""),
        TOPIC + OUT.format("depends_on = [aws_sns_topic.t]"),
        {"depends-on-changed": "patch"},
    ),
    "an output with a precondition": (
        OUT.format(""),
        OUT.format('precondition {\n condition = true\n error_message = "A."\n}'),
        {"precondition-added": "minor"},
    ),
    "an output without a precondition": (
        OUT.format('precondition {\n condition = true\n error_message = "A."\n}'),
        OUT.format(""),
        {"precondition-removed": "patch"},
    ),
    "an output becomes a list": (
        OUT.format(""),
        OUT.format("").replace('value = "a"', 'value = ["a"]'),
        {"output-type-changed": "major"},
    ),
    "an output gets more attributes": (
        'output "a" {\n value = { b = 1 }\n}',
        'output "a" {\n value = { b = 1, c = 2 }\n}',
        {"output-extended": "minor"},
    ),
    "an output that was null has a value": (
        'output "a" {\n value = null\n}',
        TOPIC + 'output "a" {\n value = aws_sns_topic.t.arn\n}',
        {"provider-added": "major", "resource-added": "minor", "output-set": "minor"},
    ),
    "an output is described": (OUT.format(""), OUT.format('description = "A."'), {"description-changed": "patch"}),
    "an output is deprecated": (OUT.format(""), OUT.format('deprecated = "Use b."'), {"deprecated": "minor"}),
    "a variable is deprecated no longer": (
        VAR.format('deprecated = "Use b."'),
        VAR.format(""),
        {"not-deprecated": "patch"},
    ),
    "an output says that it is deprecated": (
        OUT.format('description = "A."'),
        OUT.format('description = "Deprecated: use b. A."'),
        {"deprecated": "minor"},
    ),
    "a variable says that it is deprecated no longer": (
        VAR.format('description = "DEPRECATED - use b."'),
        VAR.format('description = "A."'),
        {"not-deprecated": "patch"},
    ),
    "a deprecated variable is described": (
        VAR.format('description = "Deprecated: use b."'),
        VAR.format('description = "Deprecated: use b or c."'),
        {"description-changed": "patch"},
    ),
    "a description is about something deprecated": (
        VAR.format('description = "A."'),
        VAR.format('description = "Not deprecated: a."'),
        {"description-changed": "patch"},
    ),
    "a variable is gone": (VAR.format(""), "", {"variable-removed": "major"}),
    "a variable must be set": (VAR.format(""), 'variable "a" {}', {"variable-required": "major"}),
    "a variable need not be set": ('variable "a" {}', VAR.format(""), {"variable-optional": "minor"}),
    "a variable takes null no longer": (VAR.format(""), VAR.format("nullable = false"), {"nullable-removed": "patch"}),
    "a variable takes null": (VAR.format("nullable = false"), VAR.format(""), {"nullable-added": "minor"}),
    "a variable is sensitive": (VAR.format(""), VAR.format("sensitive = true"), {"sensitive-changed": "minor"}),
    "a variable is ephemeral": (VAR.format(""), VAR.format("ephemeral = true"), {"ephemeral-changed": "major"}),
    "a variable is of another type": (
        'variable "a" {\n type = string\n}',
        'variable "a" {\n type = list(string)\n}',
        {"type-changed": "major"},
    ),
    "a variable is of any type": (
        'variable "a" {\n type = string\n}',
        'variable "a" {\n type = any\n}',
        {"type-widened": "minor"},
    ),
    "a list is a set": (
        'variable "a" {\n type = list(string)\n}',
        'variable "a" {\n type = set(string)\n}',
        {"type-narrowed": "major"},
    ),
    "a default has another key's value": (
        'variable "a" {\n default = { b = 1 }\n}\noutput "o" {\n value = var.a\n}',
        'variable "a" {\n default = { b = 2 }\n}\noutput "o" {\n value = var.a\n}',
        {"default-changed": "major"},
    ),
    "a validation is gone": (
        VAR.format('validation {\n condition = var.a != ""\n error_message = "A."\n}'),
        VAR.format(""),
        {"validation-removed": "patch"},
    ),
    "a module of another version": (
        'module "m" {\n source = "terraform-aws-modules/sqs/aws"\n version = "4.1.0"\n}',
        'module "m" {\n source = "terraform-aws-modules/sqs/aws"\n version = "4.2.0"\n}',
        {"module-pin-changed": "minor"},
    ),
    "a module of another major version": (
        'module "m" {\n source = "terraform-aws-modules/sqs/aws"\n version = "4.1.0"\n}',
        'module "m" {\n source = "terraform-aws-modules/sqs/aws"\n version = "5.0.0"\n}',
        {"module-pin-changed": "major"},
    ),
    "a module from a repository": (
        'module "m" {\n source = "terraform-aws-modules/sqs/aws"\n version = "4.1.0"\n}',
        'module "m" {\n source = "git::https://github.com/terraform-aws-modules/terraform-aws-sqs.git?ref=v4.1.0"\n}',
        {"module-pin-changed": "minor"},
    ),
    "another module": (
        'module "m" {\n source = "a/b/aws"\n}',
        'module "m" {\n source = "a/c/aws"\n}',
        {"module-source-changed": "major"},
    ),
    "a module is added": ("", 'module "m" {\n source = "a/b/aws"\n}', {"module-added": "minor"}),
    "a module is gone": ('module "m" {\n source = "a/b/aws"\n}', "", {"module-removed": "major"}),
    "a data source is added": ("", 'data "aws_region" "r" {}', {"provider-added": "major", "data-added": "minor"}),
    "a data source is gone": ('data "aws_region" "r" {}', "", {"provider-removed": "minor", "data-removed": "patch"}),
    "a policy of AdministratorAccess": (
        'resource "aws_iam_role_policy_attachment" "a" {\n role = "r"\n policy_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"\n}',
        'resource "aws_iam_role_policy_attachment" "a" {\n role = "r"\n policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"\n}',
        {"may-replace": "major", "policy-attached": "minor"},
    ),
    "an attachment is added": (
        "",
        'resource "aws_iam_role_policy_attachment" "a" {\n role = "r"\n policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"\n}',
        {"provider-added": "major", "policy-attached": "minor", "resource-added": "minor"},
    ),
    "a trust policy takes everybody": (
        'resource "aws_iam_role" "r" {\n assume_role_policy = jsonencode({ Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }] })\n}',
        'resource "aws_iam_role" "r" {\n assume_role_policy = jsonencode({ Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = "*" }] })\n}',
        {"principal-widened": "minor"},
    ),
    "not_actions": (
        'data "aws_iam_policy_document" "a" {\n statement {\n not_actions = ["iam:*", "sts:*"]\n resources = ["*"]\n}\n}',
        'data "aws_iam_policy_document" "a" {\n statement {\n not_actions = ["iam:*"]\n resources = ["*"]\n}\n}',
        {"permission-widened": "minor"},
    ),
    "a condition is gone": (
        'data "aws_iam_policy_document" "a" {\n statement {\n actions = ["a:B"]\n resources = ["*"]\n condition {\n test = "Bool"\n variable = "aws:SecureTransport"\n values = ["true"]\n}\n}\n}',
        'data "aws_iam_policy_document" "a" {\n statement {\n actions = ["a:B"]\n resources = ["*"]\n}\n}',
        {"permission-condition-widened": "minor"},
    ),
    "an attribute of a type is required": (
        typed("object({ b = optional(string) })"),
        typed("object({ b = string })"),
        {"type-narrowed": "major"},
    ),
    "an attribute of a type is optional": (
        typed("object({ b = string })"),
        typed("object({ b = optional(string) })"),
        {"type-widened": "minor"},
    ),
    "an attribute of a type has another default": (
        typed("object({ b = optional(string, 1) })", ".b"),
        typed("object({ b = optional(string, 2) })", ".b"),
        {"type-default-changed": "major"},
    ),
    "an attribute of the items of a list has another type": (
        typed("list(object({ b = string }))"),
        typed("list(object({ b = list(string) }))"),
        {"type-changed": "major"},
    ),
    "an object is a map": (
        typed("object({ b = string })"),
        typed("map(string)"),
        {"type-widened": "minor"},
    ),
    "a map is an object with what the module reads": (
        typed("map(string)", '["b"]'),
        typed("object({ b = string })", '["b"]'),
        {"type-changed": "minor"},
    ),
    "a map is an object without what the module reads": (
        typed("map(string)", '["b"]'),
        typed("object({ c = string })", '["b"]'),
        {"type-changed": "major"},
    ),
    "a tuple is a list": (typed("tuple([string, string])"), typed("list(string)"), {"type-widened": "minor"}),
    "a set is a list": (typed("set(string)"), typed("list(string)"), {"type-changed": "major"}),
    "a string that its default shows to be a number is one": (
        'variable "a" {\n type = string\n default = "5"\n}',
        'variable "a" {\n type = number\n default = 5\n}',
        {"type-narrowed": "minor"},
    ),
    "a type of Terraform 0.11": (
        'variable "a" {\n type = "list"\n}',
        'variable "a" {\n type = list(string)\n}',
        {"type-narrowed": "minor"},
    ),
    "a variable has another name": (
        'variable "old_name" {\n description = "The name of it."\n default = 1\n}',
        'variable "new_name" {\n description = "The name of it."\n default = 1\n}',
        {"variable-renamed": "major"},
    ),
    "a variable has to be set": (VAR.format(""), 'variable "a" {\n}', {"variable-required": "major"}),
    "null is the default now, which the module did itself": (
        nullable("true", "coalesce(var.a, 1)"),
        nullable("false", "coalesce(var.a, 1)"),
        {"nullable-removed": "patch"},
    ),
    "null is the default now, which it was not": (
        nullable("true", "var.a"),
        nullable("false", "var.a"),
        {"nullable-removed": "major"},
    ),
    "everything of a module is moved": (
        queue(),
        _WRAPPED + "moved {\n from = aws_sqs_queue.a\n to = module.w.aws_sqs_queue.a\n}\n",
        {
            "resource-removed": "major",
            "module-added": "minor",
            "moved-target-missing": "minor",
            "provider-removed": "minor",
        },
    ),
    "a resource moves in two steps": (
        queue().replace('"a" {', '"old" {', 1),
        queue()
        + "moved {\n from = aws_sqs_queue.old\n to = aws_sqs_queue.b\n}\n"
        + "moved {\n from = aws_sqs_queue.b\n to = aws_sqs_queue.a\n}\n",
        {"resource-moved": "patch"},
    ),
    "a nested block of two is another one": (
        queue("b {\n c = 1\n d = 2\n e = 3\n}\nb {\n c = 5\n d = 6\n e = 7\n}"),
        queue("b {\n c = 5\n d = 6\n e = 7\n}\nb {\n c = 1\n d = 2\n e = 4\n}"),
        {"argument-changed": "minor"},
    ),
    "a nested block is one more": (
        queue("b {\n c = 1\n}"),
        queue("b {\n c = 1\n}\nb {\n c = 5\n}"),
        {"argument-added": "minor"},
    ),
    "a key of a merged map has another value": (
        queue('tags = merge(var.m, { b = "c" })') + MAP,
        queue('tags = merge(var.m, { b = "d" })') + MAP,
        {"argument-changed": "minor"},
    ),
    "one branch has another value": (
        queue("delay_seconds = var.b > 5 ? 1 : 2") + _B,
        queue("delay_seconds = var.b > 5 ? 1 : 3") + _B,
        {"argument-changed": "minor"},
    ),
    "a value from another data source": (
        'data "aws_vpc" "a" {}\ndata "aws_vpc" "b" {}\n' + queue("policy = data.aws_vpc.a.id"),
        'data "aws_vpc" "a" {}\ndata "aws_vpc" "b" {}\n' + queue("policy = data.aws_vpc.b.id"),
        {"argument-changed": "minor"},
    ),
    "an argument that AWS keeps is gone": (
        'resource "aws_lambda_event_source_mapping" "a" {\n batch_size = 5\n}',
        'resource "aws_lambda_event_source_mapping" "a" {\n}',
        {"argument-left-behind": "major"},
    ),
    "an argument of a type that is not known": (
        'resource "acme_thing" "a" {\n size = 5\n}',
        'resource "acme_thing" "a" {\n size = 6\n}',
        {"argument-changed": "minor"},
    ),
    "the view type of a stream": (
        'resource "aws_dynamodb_table" "a" {\n stream_view_type = "KEYS_ONLY"\n}',
        'resource "aws_dynamodb_table" "a" {\n stream_view_type = "NEW_IMAGE"\n}',
        {"may-replace": "major"},
    ),
    "a version of very many digits": (
        requires(">= 5.1"),
        requires(f">= {_MANY_DIGITS}.1, != {_MANY_DIGITS}.{_MANY_DIGITS}"),
        {"provider-floor-raised": "major", "provider-version-excluded": "minor"},
    ),
    "a called module of a version of very many digits": (
        _WRAPPED,
        _WRAPPED.replace("1.0.0", f"{_MANY_DIGITS}.0"),
        {"module-pin-changed": "major"},
    ),
}
