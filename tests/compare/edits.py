"""Edits of the module as people make them: what breaks, what does not, and what says nothing at all."""

from typing import NamedTuple

MAPPING = "aws_lambda_event_source_mapping.this"


class Edit(NamedTuple):
    """Text of a file that becomes other text; the rules that must find it and the bump that it needs."""

    file: str
    old: str
    new: str
    rules: frozenset[str]
    bump: str


def _edit(file: str, old: str, new: str, rules: str, bump: str = "major") -> Edit:
    return Edit(file, old, new, frozenset(rules.split()), bump)


_TTL = """variable "table_ttl_attribute" {
  description = "Attribute that holds the time (epoch seconds) at which an item expires; `null` is no expiry."
  type        = string
  default     = null
"""

BREAKS: dict[str, Edit] = {
    "variable removed": _edit(
        "variables.tf",
        """variable "dashboard_enabled" {
  description = "Whether the pipeline has a CloudWatch dashboard."
  type        = bool
  default     = false
  nullable    = false
}
""",
        "",
        "variable-removed instances-changed output-set",
    ),
    "variable renamed": _edit(
        "variables.tf", 'variable "dashboard_enabled"', 'variable "create_dashboard"', "variable-renamed"
    ),
    "variable newly required": _edit(
        "variables.tf",
        '  description = "Whether the pipeline has a CloudWatch dashboard."\n  type        = bool\n  default     = false\n',
        '  description = "Whether the pipeline has a CloudWatch dashboard."\n  type        = bool\n',
        "variable-required",
    ),
    "new required variable": _edit(
        "variables.tf",
        'variable "tags" {',
        'variable "owner" {\n  type = string\n}\n\nvariable "tags" {',
        "new-required-variable",
    ),
    "type narrowed from string to number": _edit(
        "variables.tf", _TTL, _TTL.replace("= string", "= number"), "type-narrowed"
    ),
    "optional attribute removed": _edit("variables.tf", "    version = optional(string)\n", "", "type-narrowed"),
    "attribute became required": _edit(
        "variables.tf", "    version = optional(string)\n", "    version = string\n", "type-narrowed"
    ),
    "default of an attribute changed": _edit(
        "variables.tf",
        '    projection_type    = optional(string, "ALL")\n    non_key_attributes = optional(list(string))\n    read',
        '    projection_type    = optional(string, "KEYS_ONLY")\n    non_key_attributes = optional(list(string))\n    read',
        "type-default-changed",
    ),
    "map became a list": _edit(
        "variables.tf", 'variable "event_source_tags" {', 'variable "event_source_tags" {', "type-changed"
    )._replace(
        old="""  description = "Tags of the mapping. They need `lambda:TagResource` to deploy and are not offered in every partition; `tags` therefore leaves the mapping out."
  type        = map(string)
  default     = {}""",
        new="""  description = "Tags of the mapping. They need `lambda:TagResource` to deploy and are not offered in every partition; `tags` therefore leaves the mapping out."
  type        = list(string)
  default     = []""",
        rules=frozenset({"type-changed", "default-rewritten"}),
    ),
    "default changed": _edit("variables.tf", "  default     = 500\n", "  default     = 10\n", "default-changed"),
    "default of a flag changed": _edit(
        "variables.tf",
        '  description = "Whether a failing batch is halved until the failing record is alone."\n  type        = bool\n  default     = true',
        '  description = "Whether a failing batch is halved until the failing record is alone."\n  type        = bool\n  default     = false',
        "default-changed",
    ),
    "null no longer taken": _edit(
        "variables.tf",
        _TTL,
        f"{_TTL}  nullable    = false\n",
        "nullable-removed argument-rewritten validation-rewritten",
    ),
    "validation added": _edit(
        "variables.tf",
        _TTL,
        _TTL
        + '\n  validation {\n    condition     = var.table_ttl_attribute != "ttl"\n    error_message = "Not ttl."\n  }\n',
        "validation-added",
    ),
    "range tightened": _edit(
        "variables.tf", "var.function_timeout <= 900", "var.function_timeout <= 600", "validation-tightened"
    ),
    "choice removed": _edit(
        "variables.tf",
        'contains(["STANDARD", "STANDARD_INFREQUENT_ACCESS"]',
        'contains(["STANDARD"]',
        "validation-tightened",
    ),
    "pattern changed": _edit("variables.tf", '"^[a-zA-Z0-9_-]{3,255}$"', '"^[a-z0-9-]{3,255}$"', "validation-changed"),
    "variable became ephemeral": _edit("variables.tf", _TTL, f"{_TTL}  ephemeral   = true\n", "ephemeral-changed"),
    "output removed": _edit(
        "outputs.tf",
        'output "role_name" {\n  description = "Name of the function\'s role."\n  value       = local.role_name\n}\n',
        "",
        "output-removed",
    ),
    "output renamed": _edit("outputs.tf", 'output "role_name"', 'output "function_role_name"', "output-renamed"),
    "output of another value": _edit(
        "outputs.tf",
        "value       = local.function_arn\n",
        "value       = local.function_name\n",
        "output-changed",
        "minor",
    ),
    "output became sensitive": _edit(
        "outputs.tf",
        "value       = local.function_arn\n",
        "value       = local.function_arn\n  sensitive   = true\n",
        "output-sensitive",
    ),
    "resource removed": _edit(
        "table.tf",
        """resource "aws_dynamodb_contributor_insights" "this" {
  count = var.table_contributor_insights_enabled ? 1 : 0

  table_name = aws_dynamodb_table.this[0].name
}
""",
        "",
        "resource-removed",
    ),
    "resource renamed without a moved block": _edit(
        "event_source.tf",
        '"aws_lambda_event_source_mapping" "this"',
        '"aws_lambda_event_source_mapping" "stream"',
        "resource-address-changed output-changed argument-changed",
    ),
    "count became for_each": _edit(
        "table.tf",
        "  count = var.table_contributor_insights_enabled ? 1 : 0\n",
        '  for_each = var.table_contributor_insights_enabled ? toset(["table"]) : toset([])\n',
        "instance-keys-changed",
    ),
    "name of the table changed": _edit(
        "table.tf",
        "coalesce(var.table_name, var.name)",
        'coalesce(var.table_name, "${var.name}-table")',
        # The name is in other resources as well
        "may-replace output-changed argument-changed argument-rewritten resource-rewritten",
    ),
    "range key changed": _edit("table.tf", "  range_key = one(var.table_sort_key[*].name)\n", "", "may-replace"),
    "view type fixed": _edit(
        "table.tf", "stream_view_type = var.table_stream_view_type", 'stream_view_type = "NEW_IMAGE"', "may-replace"
    ),
    "starting position fixed": _edit(
        "event_source.tf",
        "starting_position                  = var.event_source_starting_position",
        'starting_position                  = "LATEST"',
        "may-replace",
    ),
    "path of the role fixed": _edit(
        "role.tf", "path                 = var.role_path", 'path                 = "/service/"', "may-replace"
    ),
    "argument of the mapping removed": _edit(
        "event_source.tf",
        "  maximum_retry_attempts             = var.event_source_maximum_retry_attempts\n",
        "",
        "argument-left-behind",
    ),
    "provider floor raised": _edit("versions.tf", ">= 5.100, < 7.0", ">= 6.0, < 7.0", "provider-floor-raised"),
    "provider ceiling lowered": _edit("versions.tf", ">= 5.100, < 7.0", ">= 5.100, < 6.0", "provider-ceiling-lowered"),
    "provider added": _edit(
        "versions.tf",
        "  required_providers {\n",
        '  required_providers {\n    random = {\n      source = "hashicorp/random"\n    }\n',
        "provider-added",
        "minor",
    ),
    "terraform floor raised": _edit("versions.tf", '">= 1.9"', '">= 1.11"', "terraform-floor-raised", "minor"),
    "destruction prevented": _edit(
        "event_source.tf",
        "  # Lambda reads the stream with the role",
        "  lifecycle {\n    prevent_destroy = true\n  }\n\n  # Lambda reads the stream with the role",
        "prevent-destroy-added",
    ),
}

FEATURES: dict[str, Edit] = {
    "optional variable added": _edit(
        "variables.tf",
        'variable "tags" {',
        'variable "owner" {\n  type    = string\n  default = null\n}\n\nvariable "tags" {',
        "new-optional-variable",
        "minor",
    ),
    "optional attribute added": _edit(
        "variables.tf",
        "    version = optional(string)\n",
        "    version = optional(string)\n    etag    = optional(string)\n",
        "type-widened",
        "minor",
    ),
    "range loosened": _edit(
        "variables.tf", "var.function_timeout <= 900", "var.function_timeout <= 1800", "validation-loosened", "patch"
    ),
    "choice added": _edit(
        "variables.tf",
        '["STANDARD", "STANDARD_INFREQUENT_ACCESS"], var',
        '["STANDARD", "STANDARD_INFREQUENT_ACCESS", "COLD"], var',
        "validation-loosened",
        "patch",
    ),
    "default given": _edit(
        "variables.tf", 'variable "name" {', 'variable "name" {\n  default = "orders"', "variable-optional", "minor"
    ),
    "output added": _edit(
        "outputs.tf",
        'output "role_name" {',
        'output "region" {\n  value = local.region\n}\n\noutput "role_name" {',
        "output-added",
        "minor",
    ),
    "resource added": _edit(
        "main.tf",
        'data "aws_region" "current" {}',
        'data "aws_region" "current" {}\n\nresource "aws_sns_topic" "alerts" {\n  name = var.name\n}',
        "resource-added",
        "minor",
    ),
    "data source added": _edit(
        "main.tf",
        'data "aws_region" "current" {}',
        'data "aws_region" "current" {}\n\ndata "aws_caller_identity" "current" {}',
        "data-added",
        "minor",
    ),
    "argument changed in place": _edit(
        "dead_letter_queue.tf",
        "sqs_managed_sse_enabled           = var.dead_letter_queue_kms_key_arn == null ? true : null",
        "sqs_managed_sse_enabled           = null",
        "argument-removed",
        "minor",
    ),
    "argument added": _edit(
        "function.tf",
        "  tags = var.tags\n\n  ephemeral_storage {",
        "  tags         = var.tags\n  skip_destroy = true\n\n  ephemeral_storage {",
        "argument-added",
        "minor",
    ),
    "provider floor lowered": _edit(
        "versions.tf", ">= 5.100, < 7.0", ">= 5.90, < 7.0", "provider-floor-lowered", "minor"
    ),
    "action allowed": _edit(
        "role.tf",
        '["sqs:SendMessage"]\n      Resource  = [local.on_failure_arn]',
        '["sqs:SendMessage", "sqs:GetQueueUrl"]\n      Resource  = [local.on_failure_arn]',
        "permission-added",
        "minor",
    ),
    "resource of a permission widened": _edit(
        "role.tf", "Resource  = [local.stream_arn]", 'Resource  = ["*"]', "permission-widened", "minor"
    ),
    "condition of a permission removed": _edit(
        "role.tf",
        'Condition = { StringEquals = { "kms:ViaService" = "dynamodb.${local.region}.${local.dns_suffix}" } }',
        "Condition = null",
        "permission-condition-widened",
        "minor",
    ),
    "another service trusted": _edit(
        "role.tf",
        'Principal = { Service = "lambda.amazonaws.com" }',
        'Principal = { Service = ["lambda.amazonaws.com", "edgelambda.amazonaws.com"] }',
        "principal-widened",
        "minor",
    ),
    "action no longer allowed": _edit(
        "role.tf",
        '["xray:PutTraceSegments", "xray:PutTelemetryRecords"]',
        '["xray:PutTraceSegments"]',
        "permission-removed",
        "minor",
    ),
}

HARMLESS: dict[str, Edit] = {
    "comment added": _edit("role.tf", "locals {", "# What the role may do\nlocals {", "", "patch"),
    "comment removed": _edit("role.tf", "      # It has no resource-level permission\n", "", "", "patch"),
    "layout": _edit(
        "event_source.tf",
        "  enabled          = var.event_source_enabled\n",
        "    enabled=var.event_source_enabled\n",
        "",
        "patch",
    ),
    "parentheses": _edit(
        "function.tf",
        "var.function_publish || var.function_alias != null",
        "(var.function_publish || (var.function_alias != null))",
        "",
        "patch",
    ),
    "arguments in another order": _edit(
        "event_source.tf",
        "  event_source_arn = local.stream_arn\n  function_name    = local.target_arn\n",
        "  function_name    = local.target_arn\n  event_source_arn = local.stream_arn\n",
        "",
        "patch",
    ),
    "keys in another order": _edit(
        "role.tf",
        '        Effect    = "Allow"\n        Action    = "sts:AssumeRole"\n',
        '        Action    = "sts:AssumeRole"\n        Effect    = "Allow"\n',
        "",
        "patch",
    ),
    "list on several lines": _edit(
        "role.tf",
        '["sqs:SendMessage"]\n      Resource  = [local.on_failure_arn]',
        '[\n        "sqs:SendMessage",\n      ]\n      Resource  = [local.on_failure_arn]',
        "",
        "patch",
    ),
    "interpolation around one value": _edit(
        "event_source.tf", "= local.stream_arn", '= "${local.stream_arn}"', "", "patch"
    ),
    "local renamed": _edit("dead_letter_queue.tf", "create_dead_letter_queue", "with_queue", "", "patch"),
    "local put where it is used": _edit(
        "event_source.tf",
        "local.target_arn",
        "try(var.existing_function.arn, aws_lambda_alias.this[0].arn, aws_lambda_function.this[0].arn)",
        "",
        "patch",
    ),
    "description": _edit(
        "variables.tf", '"Environment variables."', '"Variables of the environment."', "description-changed", "patch"
    ),
    "message": _edit(
        "variables.tf",
        "function_timeout must be a whole number of seconds",
        "function_timeout must be whole seconds",
        "validation-message",
        "patch",
    ),
    "resource moved with a moved block": _edit(
        "event_source.tf",
        'resource "aws_lambda_event_source_mapping" "this" {',
        'moved {\n  from = aws_lambda_event_source_mapping.this\n  to   = aws_lambda_event_source_mapping.stream\n}\n\nresource "aws_lambda_event_source_mapping" "stream" {',
        "resource-moved",
        "patch",
    ),
    "count added": _edit(
        "event_source.tf",
        "  event_source_arn = local.stream_arn\n",
        "  count            = 1\n  event_source_arn = local.stream_arn\n",
        "count-changed output-changed argument-changed",
        "major",
    ),
    "output written in another way": _edit(
        "outputs.tf",
        "one(aws_lambda_function.this[*].invoke_arn)",
        "try(aws_lambda_function.this[0].invoke_arn, null)",
        "output-rewritten",
        "patch",
    ),
    "locals block split": _edit(
        "function.tf", "  # What the stream invokes.", "}\n\nlocals {\n  # What the stream invokes.", "", "patch"
    ),
    "blank lines": _edit("table.tf", "\n\n", "\n\n\n", "", "patch"),
    "depends_on": _edit(
        "event_source.tf",
        "[aws_iam_role_policy.this, aws_iam_role_policy_attachment.this]",
        "[aws_iam_role_policy_attachment.this, aws_iam_role_policy.this]",
        "",
        "patch",
    ),
}
"""Those without a rule must not be found at all."""

EVERYWHERE = {"local renamed", "local put where it is used", "resource moved with a moved block"}
"""Edits of a name: every file follows, as whoever renames something would see to."""
