"""Capacity that follows the load: only in variants, since Terraform must then ignore the table's own capacity."""

from generator.spec.examples import PROVISIONED
from generator.spec.kinds import variable
from generator.spec.model import Effect
from generator.spec.rules import must_be, no_effect
from generator.spec.types import NUMBER, Object, Optional

_SCALING = Optional(Object({"minimum": NUMBER, "maximum": NUMBER, "target_utilization": Optional(NUMBER, 70)}))
_READ = {"minimum": 5, "maximum": 50}

TABLE_AUTOSCALING = variable(
    name="table_autoscaling",
    type=Object({"read": _SCALING, "write": _SCALING}),
    default=None,
    description=(
        "Autoscaling of a table in provisioned mode: bounds of the capacity, and its target utilization in percent. "
        "The read and write capacity of the table are initial values, which Terraform does not change later."
    ),
    example={"read": _READ, "write": {"minimum": 5, "maximum": 20, "target_utilization": 60}},
    example_with=PROVISIONED,
    effect=Effect('aws_appautoscaling_target.this["ReadCapacity"]', "max_capacity", None, 50),
    rules=(
        no_effect(
            'self == null || var.table_billing_mode == "PROVISIONED"',
            "when table_billing_mode is ${var.table_billing_mode}",
        ),
        must_be(
            "alltrue([for scaling in values(self) : scaling == null ? true : scaling.minimum >= 1 "
            "&& scaling.minimum <= scaling.maximum && scaling.target_utilization >= 20 "
            "&& scaling.target_utilization <= 90])",
            "a minimum from 1 to its maximum, and a target_utilization from 20 to 90 (percent)",
            {"read": {"minimum": 10, "maximum": 5}},
            {"write": {**_READ, "target_utilization": 95}},
        ),
    ),
)
