"""The role that the function runs with, and what it may do beyond what the pipeline itself needs."""

import functools
from collections.abc import Mapping
from typing import Any

from generator.spec.examples import ACCOUNT, MANAGED_POLICY_ARN, ROLE_ARN
from generator.spec.kinds import flag, string, variable
from generator.spec.model import UNKNOWN, Component, Effect, Output
from generator.spec.permissions import STATEMENTS
from generator.spec.rules import (
    POLICY_END,
    ROLE_END,
    ROLE_NAME,
    Rule,
    arn,
    arn_regex,
    custom_rule,
    each,
    must_be,
    shorter,
)
from generator.spec.text import Listing, Text, about, null
from generator.spec.types import STRING, Checked, List, Map, Object, Optional, literal

CONDITIONS = Optional(List(Object({"test": STRING, "variable": STRING, "values": List(STRING)})), [])
STATEMENT = {"actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::templates/*"]}

# The statements as a list, which is never longer than their form in IAM: it is without the names in conditions. The limit
# of 10,240 characters is that of the inline policies of a role together (IAM, "IAM and AWS STS quotas").
_LENGTH = (
    'length(jsonencode([for id, statement in self : concat(["Sid", id, "Effect", coalesce(try(statement.effect, null), '
    '"Allow"), "Action", try(statement.actions, []), "Resource", try(statement.resources, [])], '
    "try(statement.conditions[*].values, []))]))"
)
# IAM user guide, "Condition operators"
_OPERATOR = (
    '"^(ForAllValues:|ForAnyValue:)?(String(Not)?Equals(IgnoreCase)?|String(Not)?Like|Numeric(Not)?Equals|'
    "(Numeric|Date)(Less|Greater)Than(Equals)?|Date(Not)?Equals|Bool|BinaryEquals|(Not)?IpAddress|"
    'Arn(Not)?(Equals|Like)|Null)(IfExists)?$"'
)
_OF_ACCOUNT = 'contains(["aws", try(split(":", var.existing_role.arn)[4], "")], try(split(":", arn)[4], ""))'
_USED = [statement.sid for statement in STATEMENTS]
_sets = functools.partial(Effect, "aws_iam_role.this[0]")


def statement_rules(good: Mapping[str, Any], bad: Mapping[str, Any]) -> tuple[Rule, ...]:
    """Accept policy statements that allow or deny something, under conditions that are complete.

    The first of these rules must reject the statement ``good`` with the attributes of ``bad``.
    """
    condition = {"test": "StringEquals", "variable": "aws:SourceAccount", "value": [ACCOUNT]}
    return (
        each(
            "id, statement in self",
            'contains(["Allow", "Deny"], coalesce(try(statement.effect, null), "Allow")) && try(length(statement.actions) > 0, false)',
            "a map of statements with effect Allow or Deny and at least one of actions",
            {"Statement": {**good, **bad}},
        ),
        each(
            "id, statement in self",
            "alltrue([for condition in try(statement.conditions[*], []) : "
            'join(" ", try(keys(condition), [])) == "test values variable"])',
            "a map of statements whose conditions have exactly the keys test, variable, and values",
            {"Statement": {**good, "conditions": [{**condition, "values": [ACCOUNT]}]}},
        ),
        each(
            "id, statement in self",
            f"alltrue([for condition in try(statement.conditions[*], []) : can(regex({_OPERATOR}, condition.test)) "
            '&& try(condition.variable != "" && alltrue([for value in condition.values : value != null]) '
            "&& length(condition.values) > 0, false)])",
            "a map of statements whose conditions have an operator of IAM as test, a variable, and values",
            *(
                {"Statement": {**good, "conditions": [{"test": test, "variable": variable, "values": values}]}}
                for test, variable, values in (
                    ("StringEqual", "aws:SourceAccount", [ACCOUNT]),
                    ("StringEquals", "", [ACCOUNT]),
                    ("StringEquals", "aws:SourceAccount", []),
                    ("StringEquals", "aws:SourceAccount", [None]),
                )
            ),
        ),
    )


ROLE = Component(
    name="role",
    title="Role",
    variables=(
        string(
            name="role_name",
            replaces=("role", "policies of the role"),
            pattern="^[a-zA-Z0-9+=,.@_-]{1,64}$",
            accepted="1 to 64 letters, digits, and +=,.@_-",
            bad=("no spaces", "r" * 65),
            description=Text("Name of the role.", null("Defaults to `name` and the Region, cut to 64.", "name")),
            example="orders-consumer",
            effect=_sets("name", default="orders-eu-west-1"),
            construct_prop="lambdaFunctionProps.role",
        ),
        variable(
            name="role_description",
            type=STRING,
            default=None,
            description="Description of the role.",
            example="Runs the consumer of orders.",
            effect=_sets("description"),
            since="2.0.0",
            rules=(
                shorter(1000),
                # IAM API, "CreateRole"
                must_be(
                    'can(regex("^[\\t\\n\\r -~¡-ÿ]*$", self))',
                    "letters of Latin-1, digits, punctuation, and spaces",
                    "Reads orders \u2026",
                ),
            ),
        ),
        flag(
            name="role_force_detach_policies",
            default=False,
            description="Set to `true` to detach the policies that others attached to the role before Terraform destroys it.",
            features=("more_permissions",),
            effect=_sets("force_detach_policies"),
            since="2.0.0",
        ),
        string(
            name="role_path",
            replaces=("role", "policies of the role"),
            default="/",
            pattern="^/([!-.0-~]+/)*$",
            accepted="a path that begins and ends with /",
            bad=("pipelines", ""),
            description="Path of the role.",
            example="/pipelines/",
            features=("permissions_boundary",),
            effect=_sets("path"),
        ),
        variable(
            name="role_permissions_boundary_arn",
            type=STRING,
            default=None,
            description="ARN of the permissions boundary of the role.",
            example=f"arn:aws:iam::{ACCOUNT}:policy/boundary",
            features=("permissions_boundary",),
            effect=_sets("permissions_boundary"),
            rules=(
                arn(
                    "iam",
                    POLICY_END,
                    "the ARN of a managed policy",
                    "boundary",
                    ROLE_ARN,
                    "arn:aws:iam::aws:policy/no spaces",
                    regional=False,
                    account="(aws|[0-9]{12})",
                ),
            ),
        ),
        variable(
            name="role_policy_statements",
            type=Checked(
                Map(
                    Object(
                        {
                            "effect": Optional(STRING, "Allow"),
                            "actions": List(STRING),
                            "resources": List(STRING),
                            "conditions": CONDITIONS,
                        }
                    )
                )
            ),
            default={},
            description=(
                "Additional IAM policy statements for the function, keyed by statement ID. The module adds the "
                "permissions that the pipeline needs."
            ),
            example={"ReadTemplates": STATEMENT},
            accepted_values="keys of letters and digits",
            features=("more_permissions",),
            effect=Effect("aws_iam_role_policy.this[0]", "policy", default=UNKNOWN, example=UNKNOWN),
            construct_prop="lambdaFunctionProps.initialPolicy",
            rules=(
                *statement_rules(STATEMENT, {"effect": "allow"}),
                each(
                    "id, statement in self",
                    'can(regex("^[a-zA-Z0-9]+$", id)) && try(length(statement.resources) > 0, false)',
                    "keyed by letters and digits, with at least one of resources in each statement",
                    {"read-templates": STATEMENT},
                    {"Templates": {**STATEMENT, "resources": []}},
                ),
                each(
                    "id, statement in self",
                    'try(alltrue([for action in statement.actions : can(regex("^([*]|[a-zA-Z0-9*?-]+:[a-zA-Z0-9*?]+)$", action))]) && '
                    'alltrue([for resource in statement.resources : can(regex("^([*]|arn:.+)$", resource))]), false)',
                    "a map of statements with actions such as s3:GetObject, and ARNs or * as resources",
                    {"Templates": {**STATEMENT, "actions": ["GetObject"]}},
                    {"Templates": {**STATEMENT, "actions": [None]}},
                    {"Templates": {**STATEMENT, "resources": ["templates/*"]}},
                    {"Templates": {**STATEMENT, "resources": [""]}},
                ),
                must_be(
                    f"length(setintersection(keys(self), {literal(_USED)})) == 0",
                    "keyed by IDs that no statement of the module has (its README lists them)",
                    {"ListStreams": STATEMENT},
                    got=f"jsonencode(setintersection(keys(self), {literal(_USED)}))",
                ),
                must_be(
                    f"{_LENGTH} <= 10240",
                    "statements of at most 10240 characters of JSON together, as IAM accepts in inline policies",
                    {"Many": {**STATEMENT, "resources": [f"arn:aws:s3:::templates/{n:0999}" for n in range(11)]}},
                    got=_LENGTH,
                ),
            ),
        ),
        variable(
            name="role_managed_policy_arns",
            type=Map(STRING),
            default={},
            description="ARNs of managed policies to attach to the role, by keys of your choice.",
            example={"s3": MANAGED_POLICY_ARN},
            features=("more_permissions",),
            effect=Effect('aws_iam_role_policy_attachment.this["s3"]', "policy_arn", None, MANAGED_POLICY_ARN),
            construct_prop="lambdaFunctionProps.role",
            rules=(
                each(
                    "key, arn in self",
                    f"can(regex({arn_regex('iam', POLICY_END, region='', account='(aws|[0-9]{12})')}, arn))",
                    "a map of ARNs of managed policies",
                    {"s3": "AmazonS3ReadOnlyAccess"},
                ),
                custom_rule(
                    f"var.existing_role == null ? true : alltrue([for arn in values(self) : {_OF_ACCOUNT}])",
                    "The role_managed_policy_arns value must be policies of AWS or of the account of existing_role. Got "
                    f"${{jsonencode({{ for key, arn in var.role_managed_policy_arns : key => arn if !{_OF_ACCOUNT} }})}}.",
                    {
                        "role_managed_policy_arns": {"own": "arn:aws:iam::210987654321:policy/own"},
                        "existing_role": {"arn": ROLE_ARN, "name": "existing-role"},
                    },
                ),
            ),
        ),
    ),
    outputs=(
        Output("role_name", "Name of the role.", "local.role_name"),
        Output(
            "role_arn",
            Text("ARN of the role.", null("`null` if the function is an existing one.")),
            "try(aws_iam_role.this[0].arn, var.existing_role.arn, null)",
        ),
        Output(
            "role_policy",
            Text(
                "Permissions that the role needs, as a policy in JSON.",
                about("With `role_policy_enabled = false`, attach it to the role yourself.", "role_policy_enabled"),
            ),
            'jsonencode({ Version = "2012-10-17", Statement = local.role_statements })',
        ),
    ),
)

ROLE_POLICY_ENABLED = flag(
    name="role_policy_enabled",
    deletes=("policies of the role",),
    default=True,
    description=(
        "Set to `false` to write nothing to IAM for an existing role. The output `role_policy` is then the policy that the "
        "role needs, as JSON."
    ),
    example_with={"existing_role": {"arn": ROLE_ARN, "name": "existing-role"}},
    features=("external_policy",),
    effect=Effect("aws_iam_role_policy.this[0]", "name", default="orders-stream", example=None),
    since="2.0.0",
    rules=(
        custom_rule(
            "self || var.existing_role != null || var.existing_function != null",
            (
                "The role_policy_enabled value must be true for a role that the module creates. Got false.",
                Listing("Set {} for another role.", ("existing_role", "existing_function"), word="or"),
            ),
            {"role_policy_enabled": False},
        ),
        custom_rule(
            "self || length(var.role_managed_policy_arns) == 0",
            "Remove role_managed_policy_arns: it has no effect when role_policy_enabled is false.",
            {
                "role_policy_enabled": False,
                "existing_role": {"arn": ROLE_ARN, "name": "existing-role"},
                "role_managed_policy_arns": {"s3": MANAGED_POLICY_ARN},
            },
        ),
    ),
)

EXISTING_ROLE = variable(
    name="existing_role",
    replaces=("policies of the role",),
    deletes=("role",),
    type=Object({"arn": STRING, "name": STRING}),
    default=None,
    description=(
        "Existing role for the function; the module then creates no role. It gets the permissions of the pipeline as "
        "two inline policies."
    ),
    example={"arn": ROLE_ARN, "name": "existing-role"},
    features=("existing_role",),
    effect=Effect("aws_lambda_function.this[0]", "role", UNKNOWN, ROLE_ARN),
    construct_prop="lambdaFunctionProps.role",
    rules=(
        arn("iam", ROLE_END, "the ARN of a role", "existing-role", attribute="arn", regional=False),
        must_be(f"can(regex({ROLE_NAME}, self.name))", "the name of a role (not its ARN)", ROLE_ARN, attribute="name"),
        must_be(
            'try(endswith(self.arn, "/${self.name}"), false)',
            "the name of the role in arn",
            "other-role",
            attribute="name",
        ),
    ),
)
