"""Pairs of small modules with ``moved`` blocks, and what must be found."""

from typing import Final

from tests.compare.pairs import TOPIC, queue

_B_QUEUE: Final = 'resource "aws_sqs_queue" "b" {\n name = "a"\n}\n'
_COUNTED: Final = queue("count = 2")
_EACH: Final = queue('for_each = toset(["x", "y"])')
_LEFT: Final = "aws_sqs_queue.a"


def moves(*addresses: str) -> str:
    """Return moved blocks from every other address to the one after it."""
    pairs = zip(addresses[::2], addresses[1::2], strict=True)
    return "".join(f"moved {{\n from = {one}\n to = {other}\n}}\n" for one, other in pairs)


MOVED: Final[dict[str, tuple[str, str, dict[str, str]]]] = {
    "a moved block leads to where it begins": (queue(), queue() + moves(_LEFT, _LEFT), {"moved-invalid": "major"}),
    "moved blocks lead in a circle": (
        queue(),
        queue() + moves("aws_sqs_queue.b", "aws_sqs_queue.c", "aws_sqs_queue.c", "aws_sqs_queue.b"),
        {"moved-invalid": "major"},
    ),
    "moved blocks led in a circle before": (
        queue() + moves("aws_sqs_queue.b", "aws_sqs_queue.c", "aws_sqs_queue.c", "aws_sqs_queue.b"),
        queue() + moves("aws_sqs_queue.c", "aws_sqs_queue.b", "aws_sqs_queue.b", "aws_sqs_queue.c"),
        {},
    ),
    "what is moved still exists": (
        queue(),
        queue() + _B_QUEUE + moves(_LEFT, "aws_sqs_queue.b"),
        {"moved-invalid": "major", "resource-added": "minor"},
    ),
    "an instance that is moved still exists": (
        queue("count = 1"),
        queue("count = 2") + moves("aws_sqs_queue.a[0]", "aws_sqs_queue.a[1]"),
        {"moved-invalid": "major", "instances-added": "minor"},
    ),
    "two moved blocks begin at one address": (
        queue(),
        _B_QUEUE + _B_QUEUE.replace('"b"', '"c"') + moves(_LEFT, "aws_sqs_queue.b", _LEFT, "aws_sqs_queue.c"),
        {"moved-invalid": "major", "resource-moved": "patch", "resource-added": "minor"},
    ),
    "two moved blocks lead to one address": (
        queue() + _B_QUEUE,
        _B_QUEUE.replace('"b"', '"c"') + moves(_LEFT, "aws_sqs_queue.c", "aws_sqs_queue.b", "aws_sqs_queue.c"),
        {"moved-invalid": "major", "resource-moved": "patch", "resource-removed": "major"},
    ),
    "a resource moves to another type": (
        queue(),
        TOPIC.replace('name = "t"', 'name = "a"') + moves(_LEFT, "aws_sns_topic.t"),
        {"moved-invalid": "major", "resource-moved": "patch"},
    ),
    "a resource moves to a type that Terraform moves it to": (
        'resource "null_resource" "a" {\n}\n',
        'resource "terraform_data" "a" {\n}\n' + moves("null_resource.a", "terraform_data.a"),
        {"resource-moved": "patch", "provider-removed": "minor"},
    ),
    "moved blocks name every instance": (
        _COUNTED,
        _EACH + moves(f"{_LEFT}[0]", f'{_LEFT}["x"]', f"{_LEFT}[1]", f'{_LEFT}["y"]'),
        {"instances-moved": "patch"},
    ),
    "a moved block names one instance of two": (
        _COUNTED,
        _EACH + moves(f"{_LEFT}[0]", f'{_LEFT}["x"]'),
        {"instances-destroyed": "major"},
    ),
    "a moved block names an instance that does not exist": (
        queue(),
        _EACH + moves(_LEFT, f'{_LEFT}["z"]'),
        {"instances-destroyed": "major"},
    ),
    "a moved block names the only instance": (
        queue(),
        _EACH + moves(_LEFT, f'{_LEFT}["x"]'),
        {"instances-added": "minor"},
    ),
    "a key is another one, and a moved block says so": (
        _EACH,
        _EACH.replace('"y"', '"z"') + moves(f'{_LEFT}["y"]', f'{_LEFT}["z"]'),
        {"instances-moved": "patch"},
    ),
    "one instance of two moves to another address": (
        _COUNTED,
        _COUNTED.replace('"a" {', '"b" {', 1) + moves(f"{_LEFT}[0]", "aws_sqs_queue.b[0]"),
        {"resource-moved": "patch", "instances-destroyed": "major"},
    ),
    "both instances move to another address": (
        _COUNTED,
        _COUNTED.replace('"a" {', '"b" {', 1) + moves(_LEFT, "aws_sqs_queue.b"),
        {"resource-moved": "patch"},
    ),
}
