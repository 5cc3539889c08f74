"""The kinds of validation that recur: ranges, choices, patterns, ARNs.

Each returns a ``Validation`` whose message names the variable, what was given and what is accepted, together with
values that must be refused. A variable that may be ``null`` passes ``nullable=True``: Terraform evaluates both sides
of ``||`` before 1.12, so ``null`` is kept away from the condition by a conditional expression.

A condition may refer to other variables, but Terraform orders validations like any other reference: where the
validation of ``a`` mentions ``b``, no validation of ``b`` may mention ``a``.
"""

import functools
from collections.abc import Iterable, Mapping
from typing import Any

from generator.spec.model import Validation
from generator.spec.types import literal, quoted

ACCOUNT = "123456789012"
REGION = "eu-west-1"
KEY_ARN = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"
KEY_ALIAS_ARN = f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/orders"

Arguments = Mapping[str, Any]


def unless_null(name: str, condition: str, *, nullable: bool) -> str:
    """Return the condition, or one that holds for ``null`` as well."""
    return f"var.{name} == null ? true : {condition}" if nullable else condition


def shown(name: str, *, nullable: bool) -> str:
    """Return the HCL expression of a value for a message, which Terraform evaluates whether it is needed or not."""
    return f"jsonencode(var.{name})" if nullable else f"var.{name}"


def between(
    name: str,
    low: int,
    high: int,
    *,
    also: int | None = None,
    unit: str = "",
    nullable: bool = False,
    given: Arguments | None = None,
) -> Validation:
    """Accept a whole number from ``low`` to ``high``, or the one value ``also``."""
    test = f"var.{name} >= {low} && var.{name} <= {high} && floor(var.{name}) == var.{name}"
    accepted = f"a whole number{f' of {unit}' if unit else ''} from {low} to {high}"
    schema: dict[str, Any] = {"minimum": low, "maximum": high, "multipleOf": 1}
    if also is not None:
        test = f"var.{name} == {also} || ({test})"
        accepted = f"{also} or {accepted}"
        schema = {"anyOf": [{"const": also}, schema]}
    bad = [low - 1 if low - 1 != also else low - 2, high + 1, low + 0.5]
    return Validation(
        condition=unless_null(name, test, nullable=nullable),
        message=f"{name} must be {accepted}, not ${{{shown(name, nullable=nullable)}}}.",
        refuses=tuple({**(given or {}), name: value} for value in bad),
        schema=schema,
        again=functools.partial(between, name, also=also, unit=unit, given=given),
    )


def one_of(name: str, *values: str | int, nullable: bool = False, given: Arguments | None = None) -> Validation:
    """Accept one of the values."""
    choices = ", ".join(map(str, values))
    bad = 2 if isinstance(values[0], int) else values[0].lower() + "_"
    return Validation(
        condition=unless_null(name, f"contains({literal(values)}, var.{name})", nullable=nullable),
        message=f"{name} must be one of {choices}, not ${{{shown(name, nullable=nullable)}}}.",
        refuses=({**(given or {}), name: bad},),
        schema={"enum": [*values, None] if nullable else list(values)},
        again=functools.partial(one_of, name, given=given),
    )


def matches(
    name: str,
    pattern: str,
    accepted: str,
    *,
    bad: Iterable[str],
    nullable: bool = False,
    given: Arguments | None = None,
) -> Validation:
    """Accept a string that matches a regular expression; ``accepted`` says in words which strings do."""
    return Validation(
        condition=unless_null(name, f"can(regex({quoted(pattern)}, var.{name}))", nullable=nullable),
        message=f"{name} must be {accepted}, not ${{jsonencode(var.{name})}}.",
        refuses=tuple({**(given or {}), name: value} for value in bad),
        schema={"pattern": pattern},
    )


def shorter(name: str, limit: int, *, nullable: bool = False, given: Arguments | None = None) -> Validation:
    """Accept a string of at most ``limit`` characters."""
    return Validation(
        condition=unless_null(name, f"length(var.{name}) <= {limit}", nullable=nullable),
        message=f"{name} must have at most {limit} characters, not ${{try(length(var.{name}), 0)}}.",
        refuses=({**(given or {}), name: "x" * (limit + 1)},),
        schema={"maxLength": limit},
    )


def arn_regex(service: str, resource: str, *, region: str = "${local.region}", account: str = "[0-9]{12}") -> str:
    """Return the HCL string of a regular expression for ARNs; the parts are regular expressions themselves.

    The region is by default the pipeline's own: what the pipeline is attached to works nowhere else.
    """
    return f'"^arn:aws[a-z-]*:{service}:{region}:{account}:{resource}$"'


def arn(
    name: str,
    service: str,
    resource: str,
    accepted: str,
    *,
    bad: Iterable[str],
    path: str = "",
    regional: bool = True,
    given: Arguments | None = None,
) -> Validation:
    """Accept ``null`` or the ARN of one kind of thing in the pipeline's region.

    ``path`` leads to the ARN inside an object; an attribute that may be left out is accepted as ``null`` too.
    ``bad`` holds what must be refused; an ARN among them, moved to another region, must be refused as well.
    """
    value = f"var.{name}{path}"
    pattern = arn_regex(service, resource) if regional else arn_regex(service, resource, region="")
    attribute = path.removeprefix(".")
    companions = dict(given or {})
    return Validation(
        condition=f"try({value}, null) == null ? true : can(regex({pattern}, {value}))",
        message=(
            f"{name}{path} must be {accepted}{' in ${local.region}' if regional else ''}, "
            f"not ${{jsonencode(try({value}, null))}}."
        ),
        refuses=tuple(
            {**companions, name: {**companions.get(name, {}), attribute: value} if path else value} for value in bad
        ),
    )


def elsewhere(given_arn: str) -> str:
    """Return an ARN moved to another region than the examples'."""
    return given_arn.replace(REGION, "us-east-2")


def key_arn(name: str, *, path: str = "", given: Arguments | None = None) -> Validation:
    """Accept ``null`` or the ARN of a KMS key in the pipeline's region; an alias or a key id is refused.

    IAM compares key ARNs only, and DynamoDB plans an update at every apply for an alias
    (terraform-aws-dynamodb-table #92).
    """
    return arn(
        name,
        "kms",
        "key/.+",
        "the ARN of a KMS key (arn:aws:kms:REGION:ACCOUNT:key/ID, no alias and no key id)",
        bad=(KEY_ALIAS_ARN, "11111111-2222-3333-4444-555555555555", elsewhere(KEY_ARN)),
        path=path,
        given=given,
    )


def rule(condition: str, message: str, *refuses: Arguments) -> Validation:
    """Accept what an HCL expression says, for what has no form of its own."""
    return Validation(condition=condition, message=message, refuses=refuses)
