"""Pairs of modules whose difference shows in some texts of callers only, and what must be found."""

from typing import Final


def named(value: str, more: str = "") -> str:
    """Return a queue with a name made of a caller's text."""
    return f'variable "n" {{\n type = string\n {more}\n}}\nresource "aws_sqs_queue" "a" {{\n name = {value}\n}}\n'


def repeated(kind: str, keys: str) -> str:
    """Return queues whose keys are made of a caller's texts."""
    return (
        f'variable "m" {{\n type = {kind}\n default = []\n}}\n'
        f'resource "aws_sqs_queue" "a" {{\n for_each = {keys}\n name = "q"\n}}\n'
    )


_REPLACED: Final = {"may-replace": "major"}
_DESTROYED: Final = {"instances-destroyed": "minor"}
_LOWER: Final = 'validation {\n condition = can(regex("^[a-z-]+$", var.n))\n error_message = "A."\n}'
_OBJECTS: Final = "list(object({ id = string }))"
_TARGETS: Final = (
    'variable "g" {\n type = any\n default = []\n}\n'
    'resource "aws_lb_target_group" "a" {\n count = length(var.g)\n protocol = %s\n}\n'
)

_SWITCHES: Final = "".join(f'variable "{name}" {{\n type = bool\n default = false\n}}\n' for name in "abc")
_OTHERS: Final = "".join(f'variable "{name}" {{\n type = string\n default = "{name}"\n}}\n' for name in "xyz")


def switched(value: str) -> str:
    """Return a queue with a name that is another one if three switches are set, and that has three texts in it."""
    texts = "".join(f"-${{lower(var.{name})}}" for name in "xyz")
    name = f'var.a && var.b && var.c ? "{value}{texts}" : "n{texts}"'
    return f'{_SWITCHES}{_OTHERS}resource "aws_sqs_queue" "a" {{\n name = {name}\n}}\n'


TEXTS: Final[dict[str, tuple[str, str, dict[str, str]]]] = {
    "capital letters are kept no longer": (named("var.n"), named("lower(var.n)"), _REPLACED),
    "capital letters are kept": (named("lower(var.n)"), named("var.n"), _REPLACED),
    "capital letters come where they were not": (named("title(var.n)"), named("upper(var.n)"), _REPLACED),
    "a character is replaced no longer": (named('replace(var.n, "_", "-")'), named("var.n"), _REPLACED),
    "other characters match": (
        named('replace(var.n, "/[^a-z]/", "")'),
        named('replace(var.n, "/[^a-z0-9]/", "")'),
        _REPLACED,
    ),
    "an end is cut off": (named("var.n"), named('trimsuffix(var.n, ".fifo")'), _REPLACED),
    "another beginning is cut off": (
        named('trimprefix(var.n, "a-")'),
        named('trimprefix(var.n, "b-")'),
        _REPLACED,
    ),
    "a text is cut off later": (named("substr(var.n, 0, 40)"), named("substr(var.n, 0, 60)"), _REPLACED),
    "spaces are cut off": (named("var.n"), named("trimspace(var.n)"), {"argument-rewritten": "patch"}),
    "a text is split and joined instead of replaced": (
        named('join("-", split("/", var.n))'),
        named('replace(var.n, "/", "-")'),
        {"argument-rewritten": "patch"},
    ),
    "a validation rejects capital letters": (
        named("var.n", _LOWER),
        named("lower(var.n)", _LOWER),
        {"argument-rewritten": "patch"},
    ),
    "three switches decide, beside texts": (switched("s"), switched("t"), _REPLACED),
    "keys have no capital letters any more": (
        repeated("list(string)", "toset(var.m)"),
        repeated("list(string)", "toset([for one in var.m : lower(one)])"),
        _DESTROYED,
    ),
    "keys of attributes have other characters": (
        repeated(_OBJECTS, "{ for one in var.m : one.id => one }"),
        repeated(_OBJECTS, '{ for one in var.m : replace(one.id, ".", "-") => one }'),
        _DESTROYED,
    ),
    "a fallback of a function takes the place of a question": (
        _TARGETS % 'lookup(var.g[count.index], "p", null) == null ? null : upper(var.g[count.index].p)',
        _TARGETS % "try(upper(var.g[count.index].p), null)",
        {},
    ),
}
