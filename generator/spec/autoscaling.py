"""Capacity that follows the load: only in variants, since Terraform must then ignore the table's own capacity."""

from generator.spec.model import Variable
from generator.spec.rules import rule, unless_null
from generator.spec.types import NUMBER, Object, Optional

_SCALING = Optional(Object({"minimum": NUMBER, "maximum": NUMBER, "target_utilization": Optional(NUMBER, 70)}))
_PROVISIONED = {"table_billing_mode": "PROVISIONED", "table_read_capacity": 5, "table_write_capacity": 5}
_READ = {"minimum": 5, "maximum": 50}

TABLE_AUTOSCALING = Variable(
    name="table_autoscaling",
    type=Object({"read": _SCALING, "write": _SCALING}),
    default=None,
    description=(
        "Bounds between which the capacity of a provisioned table follows its use, and the percentage of it that should "
        "be used. The table begins with its read and write capacity, which Terraform does not change afterwards."
    ),
    example={"read": _READ, "write": {"minimum": 5, "maximum": 20, "target_utilization": 60}},
    example_with=_PROVISIONED,
    validations=(
        rule(
            'var.table_autoscaling == null || var.table_billing_mode == "PROVISIONED"',
            "table_autoscaling needs table_billing_mode PROVISIONED, not ${var.table_billing_mode}.",
            {"table_autoscaling": {"read": _READ}},
        ),
        rule(
            unless_null(
                "table_autoscaling",
                "alltrue([for scaling in values(var.table_autoscaling) : scaling == null ? true : scaling.minimum >= 1 "
                "&& scaling.minimum <= scaling.maximum && scaling.target_utilization >= 20 "
                "&& scaling.target_utilization <= 90])",
                nullable=True,
            ),
            "table_autoscaling must have a minimum from 1 to its maximum, and a target_utilization from 20 to 90 (percent), "
            "not ${jsonencode(var.table_autoscaling)}.",
            {**_PROVISIONED, "table_autoscaling": {"read": {"minimum": 10, "maximum": 5}}},
            {**_PROVISIONED, "table_autoscaling": {"write": {**_READ, "target_utilization": 95}}},
        ),
    ),
)
