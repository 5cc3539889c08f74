"""What concerns the pipeline as a whole: its name, its tags, its Region."""

from generator.spec.kinds import string, variable
from generator.spec.model import REQUIRED, Component, Effect
from generator.spec.rules import custom_rule, tag_rules
from generator.spec.text import Text, about, null
from generator.spec.types import STRING, Map

TABLE = "aws_dynamodb_table.this[0]"

GENERAL = Component(
    name="general",
    title="General",
    variables=(
        string(
            name="name",
            replaces=(
                "table",
                "event source mapping",
                "function",
                "log group",
                "role",
                "policies of the role",
                "dead-letter queue",
            ),
            default=REQUIRED,
            pattern="^[a-zA-Z0-9_-]{3,255}$",
            accepted="3 to 255 letters, digits, hyphens, and underscores",
            bad=("no spaces", "ab", "a.b.c", "n" * 256),
            description=(
                "Name of the pipeline, from which the module derives the names of its resources. A derived name that "
                "is longer than AWS allows is cut and ends with a hash."
            ),
            example="invoices",
            effect=Effect(TABLE, "name"),
        ),
        variable(
            name="tags",
            type=Map(STRING),
            default={},
            description=Text(
                "Tags for all taggable resources that the module creates, except the event source mapping.",
                about("`event_source_tags` are those of the mapping.", "event_source_tags"),
            ),
            example={"team": "orders"},
            effect=Effect(TABLE, "tags", default=None),
            rules=(
                *tag_rules(),
                # IAM API, "TagRole": the keys of a role's tags do not differ in case alone
                custom_rule(
                    "var.existing_role != null || var.existing_function != null || "
                    "length(distinct([for key in keys(self) : lower(key)])) == length(self)",
                    "The tags value must be keyed by names that differ in more than upper and lower case, for the role. Got "
                    "${jsonencode([for key in keys(var.tags) : key if "
                    "length([for other in keys(var.tags) : other if lower(other) == lower(key)]) > 1])}.",
                    {"tags": {"team": "orders", "Team": "orders"}},
                ),
            ),
        ),
        string(
            name="region",
            pattern="^[a-z]{2,}(-[a-z]+)+-[0-9]+$",
            accepted="a Region such as eu-west-1",
            bad=("Ireland",),
            description=Text("Region of all resources.", null("Defaults to the Region of the provider.")),
            example="us-west-2",
            features=("region",),
            effect=Effect(TABLE, "region"),
            since_provider="6.0",
        ),
    ),
)
