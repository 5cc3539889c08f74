"""The kinds of rule that recur for the values of a variable: ranges, choices, patterns, ARNs.

A rule becomes a ``Validation`` when it is given its :class:`Subject`. In its HCL, ``self`` stands for the variable. A
variable that may be ``null`` takes that too: Terraform evaluates both sides of ``||`` before 1.12, so ``null`` is kept
away from a condition by a conditional expression.

A condition may refer to other variables, but Terraform orders validations like any other reference: where the
validation of ``a`` mentions ``b``, no validation of ``b`` may mention ``a``.
"""

import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from generator.literals import quoted
from generator.spec.examples import KEY_ALIAS_ARN, KEY_ARN, in_other_region
from generator.spec.model import Validation, Variable
from generator.spec.text import Listing, Part, Text, listed
from generator.spec.types import Object, Optional, Type, literal

ROLE_NAME = '"^[a-zA-Z0-9+=,.@_-]{1,64}$"'
BUCKET_NAME = "[a-zA-Z0-9][a-zA-Z0-9._-]{1,253}[a-zA-Z0-9]"
"""Regular expression of the name of a bucket, also of an old one (DynamoDB API, "S3BucketSource")."""
BUCKET = f'"^{BUCKET_NAME}$"'
KEY = "key/[a-zA-Z0-9-]+"
"""Regular expression of the end of the ARN of a KMS key."""
ROLE_END = "role/([!-~]+/)?[a-zA-Z0-9+=,.@_-]{1,64}"
"""Regular expression of the end of the ARN of a role."""
POLICY_END = "policy/([!-~]+/)?[a-zA-Z0-9+=,.@_-]{1,128}"
"""Regular expression of the end of the ARN of a managed policy."""

# IAM API, "Tag"
_TAG = '"^[\\\\p{L}\\\\p{Z}\\\\p{N}_.:/=+@-]*$"'

_SELF = re.compile(r"self(?<!\wself)\b")
_CALL = re.compile(r"!?\w+\(")
_PARENTHESIS = re.compile(r"[()]")


class Subject(NamedTuple):
    """The variable that a rule is for; ``given`` are arguments that its ``example`` needs."""

    name: str
    type: Type
    nullable: bool
    example: Any
    given: Mapping[str, Any]

    @classmethod
    def of(cls, variable: Variable) -> "Subject":
        """Return what a rule needs to know of a variable."""
        return cls(
            name=variable.name,
            type=variable.type.documented,
            nullable=variable.nullable,
            example=variable.example,
            given=variable.example_with,
        )

    def requires(self, attribute: str) -> bool:
        """Return whether an object must have an attribute."""
        return isinstance(self.type, Object) and not isinstance(self.type.attributes[attribute], Optional)

    def hcl(self, text: str) -> str:
        """Return HCL with the variable in the place of ``self``."""
        return _SELF.sub(f"var.{self.name}", text)

    def condition(self, text: str) -> str:
        """Return a condition as HCL that holds for ``null`` as well, where that is a value."""
        return self.hcl(f"self == null ? true : {text}" if self.nullable else text)

    def message(self, path: str, accepted: str, got: str) -> str:
        """Return what a user reads who gives another value than the accepted ones."""
        return self.hcl(f"The {self.name}{path} value must be {accepted}. Got ${{{got}}}.")

    def with_values(self, values: tuple[Any, ...], attribute: str = "") -> tuple[dict[str, Any], ...]:
        """Return arguments with each of the values, of the variable or of an attribute of its example."""
        return tuple(
            value
            if isinstance(value, Arguments)
            else {**self.given, self.name: {**self.example, attribute: value} if attribute else value}
            for value in values
        )


Rule = Callable[[Subject], Validation]


def custom_rule(condition: str, message: str | tuple[str | Part | Listing, ...], *arguments: Mapping[str, Any]) -> Rule:
    """Accept what a condition says, with a message of its own; each of the arguments must be rejected."""

    def rule(subject: Subject) -> Validation:
        text = message if isinstance(message, str) else Text(*message)
        return Validation(condition=subject.hcl(condition), message=text, invalid_examples=arguments)

    return rule


def since(version: str, rule: Rule) -> Rule:
    """Apply a rule if the provider of a build is this version or newer."""
    return lambda subject: replace(rule(subject), since_provider=version)


def before(version: str, rule: Rule) -> Rule:
    """Apply a rule if the provider of a build is older than this version."""
    return lambda subject: replace(rule(subject), until_provider=version)


def must_be(condition: str, accepted: str, *bad: object, attribute: str = "", got: str = "") -> Rule:
    """Accept the values for which a condition holds, which ``accepted`` says in words; the ``bad`` ones are rejected.

    With ``attribute``, it is about an attribute of an object. ``got`` is what the message shows, if not the value.
    """
    path = f".{attribute}" if attribute else ""
    shown = got or (f"jsonencode(try(self{path}, null))" if path else "jsonencode(self)")
    return lambda subject: Validation(
        condition=subject.condition(condition),
        message=subject.message(path, accepted, shown),
        invalid_examples=subject.with_values(bad, attribute),
    )


def each(loop: str, test: str, accepted: str, *bad: object, advice: str | tuple[str | Part, ...] = ()) -> Rule:
    """Accept a list or a map of which each element passes a test; the message has only those that do not.

    ``loop`` is the head of the loop over the elements, such as ``id, statement in self``: with two names, the message
    has a map. ``advice`` are sentences for the message instead of the one with ``accepted``.
    """
    names = loop.partition(" in ")[0]
    key, _, value = names.rpartition(", ")
    sentences = (advice,) if isinstance(advice, str) else advice
    fails = _negated(test)
    failed = f"{{ for {loop} : {key} => {value} if {fails} }}" if key else f"[for {loop} : {value} if {fails}]"

    def rule(subject: Subject) -> Validation:
        got = f"jsonencode({failed})"
        return Validation(
            condition=subject.condition(f"alltrue([for {loop} : {test}])"),
            message=Text(*sentences, subject.hcl(f"Got ${{{got}}}."))
            if sentences
            else subject.message("", accepted, got),
            invalid_examples=tuple(
                one if isinstance(one, Arguments) else {**subject.given, subject.name: one} for one in bad
            ),
        )

    return rule


def _negated(test: str) -> str:
    """Return the negation of a test: without parentheses around a call."""
    if not _is_call(test):
        return f"!({test})"
    return test.removeprefix("!") if test.startswith("!") else f"!{test}"


def _is_call(test: str) -> bool:
    """Return whether a test is one call, with or without an exclamation mark."""
    if not _CALL.match(test):
        return False
    depth = 0
    for parenthesis in _PARENTHESIS.finditer(test):
        depth += 1 if parenthesis[0] == "(" else -1
        if depth == 0:
            return parenthesis.end() == len(test)
    return False


class Arguments(dict[str, Any]):
    """Arguments that a rule must reject, where the value of its variable is not enough."""


def tag_rules() -> tuple[Rule, ...]:
    """Accept tags that AWS accepts (AWS, "Tag naming and usage conventions"; the characters are those of IAM)."""
    return (
        must_be("length(self) <= 50", "a map of at most 50", {f"tag{n}": "" for n in range(51)}, got="length(self)"),
        each(
            "key, value in self",
            f'length(key) >= 1 && length(key) <= 128 && !startswith(lower(key), "aws:") && can(regex({_TAG}, key)) && '
            f"try(length(value) <= 256, false) && can(regex({_TAG}, value))",
            "keyed by 1 to 128 letters, digits, spaces, and _.:/=+-@ that do not begin with aws:, with values of at most 256 of "
            "these characters",
            {"aws:team": "orders"},
            {"team": "x" * 257},
            {"team": "a*b"},
            {"or,ders": "orders"},
            {"": "orders"},
        ),
    )


def requires(other: str, *, off: str = "null") -> Rule:
    """Accept another value than ``off`` only together with another variable, which is by default ``null``."""
    unset = "!self" if off == "false" else f"self == {off}"
    return lambda subject: Validation(
        condition=subject.hcl(f"{unset} || var.{other} != null"),
        message=f"Set {other}: {subject.name} requires it.",
        invalid_examples=({subject.name: subject.example},),
    )


def no_effect(condition: str, when: str, **others: object) -> Rule:
    """Accept a value only under a condition; otherwise, as with ``others``, it has no effect."""
    return lambda subject: Validation(
        condition=subject.hcl(condition),
        message=f"Remove {subject.name}: it has no effect {when}.",
        invalid_examples=({subject.name: subject.example, **others},),
    )


def between(low: int, high: int, *, also: int | None = None, unit: str = "") -> Rule:
    """Accept a whole number from ``low`` to ``high``, or the one value ``also``."""
    test = f"self >= {low} && self <= {high} && floor(self) == self"
    words, accepted = f"a whole number from {low} to {high}{f' ({unit})' if unit else ''}", f"{low} to {high}"
    schema: dict[str, Any] = {"minimum": low, "maximum": high, "multipleOf": 1}
    if also is not None:
        test = f"self == {also} || ({test})"
        words, accepted = f"{also} or {words}", f"{also}, or {accepted}"
        schema = {"anyOf": [{"const": also}, schema]}
    bad = (low - 1 if low - 1 != also else low - 2, high + 1, low + 0.5)
    return lambda subject: replace(
        must_be(test, words, *bad)(subject),
        accepted=accepted,
        schema=schema,
        rebuild=functools.partial(between, unit=unit),
    )


def one_of(*values: str | int) -> Rule:
    """Accept one of the values."""
    bad = 2 if isinstance(values[0], int) else values[0].lower() + "_"
    rule = must_be(f"contains({literal(values)}, self)", listed([str(value) for value in values], "or"), bad)
    return lambda subject: replace(
        rule(subject),
        accepted=listed([f"`{value}`" for value in values], "or"),
        schema={"enum": [*values, None] if subject.nullable else list(values)},
        rebuild=one_of,
    )


def attribute_is(attribute: str, *values: str) -> Rule:
    """Accept one of the values for an attribute of an object."""
    bad, test = values[0].lower() + "_", f"contains({literal(values)}, self.{attribute})"

    def rule(subject: Subject) -> Validation:
        # Without a default, the attribute can be null
        required = subject.requires(attribute)
        condition, wrong = (f"try({test}, false)", (bad, None)) if required else (test, (bad,))
        return must_be(condition, listed([*values], "or"), *wrong, attribute=attribute)(subject)

    return rule


def matches(pattern: str, accepted: str, *bad: str) -> Rule:
    """Accept a string that matches a regular expression; ``accepted`` says in words which strings do."""
    rule = must_be(f"can(regex({quoted(pattern)}, self))", accepted, *bad)
    return lambda subject: replace(rule(subject), accepted=accepted, schema={"pattern": pattern})


def shorter(limit: int) -> Rule:
    """Accept a string of at most ``limit`` characters."""
    accepted = f"at most {limit} characters"
    rule = must_be(f"length(self) <= {limit}", accepted, "x" * (limit + 1), got="try(length(self), 0)")
    return lambda subject: replace(rule(subject), accepted=accepted, schema={"maxLength": limit})


def arn_regex(service: str, resource: str, *, region: str = "${local.region}", account: str = "[0-9]{12}") -> str:
    """Return the HCL string of a regular expression for ARNs; the parts are regular expressions themselves.

    The Region is by default the pipeline's own: what the pipeline is attached to works nowhere else.
    """
    return f'"^arn:aws[a-z-]*:{service}:{region}:{account}:{resource}$"'


def arn(
    service: str,
    resource: str,
    accepted: str,
    *bad: str,
    attribute: str = "",
    regional: bool = True,
    account: str = "[0-9]{12}",
    also: str = "",
) -> Rule:
    """Accept ``null`` or the ARN of one kind of resource, in the pipeline's Region or, if not ``regional``, in none.

    With ``attribute``, it is the ARN in an object. An attribute that the object must have cannot be ``null``.
    ``account`` is a regular expression, and ``also`` another string that is accepted.
    """
    value, path = (f"self.{attribute}", f".{attribute}") if attribute else ("self", "")
    pattern = arn_regex(service, resource, account=account, **({} if regional else {"region": ""}))
    words = f"{accepted} in ${{local.region}}" if regional else accepted
    if also:
        pattern, words = f'"^({pattern[2:-2]}|{also})$"', f"{words}, or {also}"

    def rule(subject: Subject) -> Validation:
        fits = f"can(regex({pattern}, {value}))"
        required = attribute and subject.requires(attribute)
        return Validation(
            condition=subject.condition(fits)
            if required
            else subject.hcl(f"try({value}, null) == null ? true : {fits}"),
            message=subject.message(path, words, f"jsonencode(try({value}, null))"),
            invalid_examples=subject.with_values((*bad, *([None] if required else [])), attribute),
            accepted="" if attribute else accepted,
        )

    return rule


def key_arn(attribute: str = "", *, also: str = "") -> Rule:
    """Accept ``null`` or the ARN of a KMS key in the pipeline's Region; an alias or a key ID is rejected.

    IAM compares key ARNs only, and DynamoDB plans an update at every apply for an alias
    (terraform-aws-dynamodb-table #92). ``also`` is another string that is accepted.
    """
    bad = (KEY_ALIAS_ARN, "11111111-2222-3333-4444-555555555555", in_other_region(KEY_ARN), f"{KEY_ARN} ")
    return arn("kms", KEY, "the ARN of a KMS key (not of an alias)", *bad, attribute=attribute, also=also)
