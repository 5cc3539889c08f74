"""What concerns the pipeline as a whole: its name, its tags, its region."""

from generator.spec.model import Component, Variable
from generator.spec.rules import matches
from generator.spec.types import STRING, Map

GENERAL = Component(
    name="general",
    title="General",
    variables=(
        Variable(
            name="name",
            type=STRING,
            description=(
                "Name of the pipeline. The table, the function, the queue, the role and the alarms are named after it; "
                "where a service allows fewer characters, the derived name is cut and ends in a hash."
            ),
            example="orders",
            accepted="3 to 255 letters, digits, - and _",
            validations=(
                matches(
                    "name",
                    "^[a-zA-Z0-9_-]{3,255}$",
                    "3 to 255 letters, digits, hyphens and underscores",
                    bad=("no spaces", "ab", "a.b.c", "n" * 256),
                ),
            ),
        ),
        Variable(
            name="tags",
            type=Map(STRING),
            default={},
            description=(
                "Tags of every resource that can have them, except the event source mapping. "
                "`event_source_tags` are those of the mapping."
            ),
            example={"team": "orders"},
        ),
        Variable(
            name="region",
            type=STRING,
            default=None,
            providers=(6,),
            description="Region of every resource; `null` is the provider's own region.",
            example="us-west-2",
            accepted="a region such as `eu-west-1`",
            validations=(
                matches(
                    "region",
                    "^[a-z]{2,}(-[a-z]+)+-[0-9]+$",
                    "a region such as eu-west-1",
                    bad=("Ireland",),
                    nullable=True,
                ),
            ),
        ),
    ),
)
