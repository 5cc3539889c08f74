"""The role that the function runs with, and what it may do beyond what the pipeline itself needs."""

from generator.spec.model import Component, Output, Variable
from generator.spec.rules import ACCOUNT, arn, matches, rule, unless_null
from generator.spec.types import STRING, List, Map, Object, Optional

CONDITIONS = Optional(List(Object({"test": STRING, "variable": STRING, "values": List(STRING)})), [])
ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/existing-role"
POLICY_ARN = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
STATEMENT = {"actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::templates/*"]}


def effect_rule(name: str, bad: object):  # type: ignore[no-untyped-def]  # noqa: ANN201
    """Accept policy statements that allow or deny something."""
    return rule(
        f'alltrue([for statement in values(var.{name}) : contains(["Allow", "Deny"], statement.effect) '
        "&& length(statement.actions) > 0])",
        f"{name}: effect must be one of Allow, Deny, and actions must not be empty, not ${{jsonencode(var.{name})}}.",
        {name: bad},
    )


ROLE = Component(
    name="role",
    title="Role",
    variables=(
        Variable(
            name="role_name",
            type=STRING,
            default=None,
            description=(
                "Name of the function's role; `null` is `name` and the region (roles are global), cut to 64 characters."
            ),
            example="orders-consumer",
            accepted="1 to 64 letters, digits and `+=,.@_-`",
            prop="lambdaFunctionProps.role",
            validations=(
                matches(
                    "role_name",
                    "^[a-zA-Z0-9+=,.@_-]{1,64}$",
                    "1 to 64 letters, digits and +=,.@_-",
                    bad=("no spaces", "r" * 65),
                    nullable=True,
                ),
            ),
        ),
        Variable(
            name="role_path",
            type=STRING,
            default="/",
            description="Path of the role.",
            example="/pipelines/",
            accepted="begins and ends with `/`",
            validations=(
                matches(
                    "role_path", "^/([!-.0-~]+/)*$", "/ or a path that begins and ends with /", bad=("pipelines", "")
                ),
            ),
        ),
        Variable(
            name="role_permissions_boundary_arn",
            type=STRING,
            default=None,
            description="Policy that bounds what the role may ever do.",
            example=f"arn:aws:iam::{ACCOUNT}:policy/boundary",
            validations=(
                arn(
                    "role_permissions_boundary_arn",
                    "iam",
                    "policy/.+",
                    "the ARN of a managed policy",
                    bad=("boundary", ROLE_ARN),
                    regional=False,
                ),
            ),
        ),
        Variable(
            name="role_policy_statements",
            type=Map(
                Object(
                    {
                        "effect": Optional(STRING, "Allow"),
                        "actions": List(STRING),
                        "resources": List(STRING),
                        "conditions": CONDITIONS,
                    }
                )
            ),
            default={},
            description="What the function itself may do, by statement id; what the pipeline needs is there already.",
            example={"ReadTemplates": STATEMENT},
            accepted="keys of letters and digits",
            prop="lambdaFunctionProps.initialPolicy",
            validations=(
                effect_rule("role_policy_statements", {"Templates": {**STATEMENT, "effect": "allow"}}),
                rule(
                    "alltrue([for id, statement in var.role_policy_statements : "
                    'can(regex("^[a-zA-Z0-9]+$", id)) && length(statement.resources) > 0])',
                    "role_policy_statements must be keyed by ids of letters and digits, each with at least one of "
                    'resources; the ids are ${join(", ", keys(var.role_policy_statements))}.',
                    {"role_policy_statements": {"read-templates": STATEMENT}},
                    {"role_policy_statements": {"Templates": {**STATEMENT, "resources": []}}},
                ),
            ),
        ),
        Variable(
            name="role_managed_policy_arns",
            type=Map(STRING),
            default={},
            description="Managed policies to attach, by a key of your own.",
            example={"s3": POLICY_ARN},
            prop="lambdaFunctionProps.role",
            validations=(
                rule(
                    'alltrue([for arn in values(var.role_managed_policy_arns) : can(regex("^arn:aws[a-z-]*:iam::'
                    '(aws|[0-9]{12}):policy/.+$", arn))])',
                    "role_managed_policy_arns must hold ARNs of managed policies, "
                    'not ${join(", ", values(var.role_managed_policy_arns))}.',
                    {"role_managed_policy_arns": {"s3": "AmazonS3ReadOnlyAccess"}},
                ),
            ),
        ),
    ),
    outputs=(
        Output(name="role_name", description="Name of the function's role.", value="local.role_name"),
        Output(
            name="role_arn",
            description="ARN of the function's role; `null` with an existing function.",
            value="try(aws_iam_role.this[0].arn, var.existing_role.arn, null)",
        ),
    ),
)

EXISTING_ROLE = Variable(
    name="existing_role",
    type=Object({"arn": STRING, "name": STRING}),
    default=None,
    description="Role for the new function instead of one of its own; it gets the same statements as an inline policy.",
    example={"arn": ROLE_ARN, "name": "existing-role"},
    prop="lambdaFunctionProps.role",
    validations=(
        arn(
            "existing_role",
            "iam",
            "role/.+",
            "the ARN of a role",
            bad=("existing-role",),
            path=".arn",
            regional=False,
            given={"existing_role": {"name": "existing-role"}},
        ),
        rule(
            unless_null(
                "existing_role", 'can(regex("^[a-zA-Z0-9+=,.@_-]{1,64}$", var.existing_role.name))', nullable=True
            ),
            'existing_role.name must be the name of a role (not its ARN), not ${try(var.existing_role.name, "null")}.',
            {"existing_role": {"arn": ROLE_ARN, "name": ROLE_ARN}},
        ),
    ),
)
