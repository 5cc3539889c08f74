"""Pairs of small modules that differ in ``ignore_changes``, a Region, or an ephemeral resource, and what must be found."""

from typing import Final

from tests.compare.pairs import life, queue

_EPHEMERAL: Final = 'ephemeral "aws_secretsmanager_secret_version" "s" {\n secret_id = "%s"\n}\n'
_FIRST: Final = queue() + _EPHEMERAL % "a"

LIFECYCLES: Final[dict[str, tuple[str, str, dict[str, str]]]] = {
    "ignore_changes of one argument becomes all": (
        life("ignore_changes = [name]"),
        life("ignore_changes = all"),
        {"ignore-changes-added": "minor"},
    ),
    "ignore_changes of all becomes one argument": (
        life("ignore_changes = all"),
        life("ignore_changes = [name]"),
        {"ignore-changes-removed": "major"},
    ),
    "Region of a resource is another one": (
        queue('region = "eu-west-1"'),
        queue('region = "us-east-1"'),
        {"may-replace": "major"},
    ),
    "ephemeral resource is added": (queue(), _FIRST, {"data-added": "minor"}),
    "ephemeral resource is gone": (_FIRST, queue(), {"data-removed": "patch"}),
    "ephemeral resource reads another secret": (_FIRST, queue() + _EPHEMERAL % "b", {"data-changed": "minor"}),
}
