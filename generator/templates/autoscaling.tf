#% if lifecycle.autoscaling
locals {
  table_autoscaling = {
    for dimension, scaling in {
      ReadCapacity  = one(var.table_autoscaling[*].read)
      WriteCapacity = one(var.table_autoscaling[*].write)
    } : dimension => scaling if scaling != null
  }
}

resource "aws_appautoscaling_target" "this" {
  for_each = local.table_autoscaling

#%   if "region" in offered
  region = var.region

#%   endif
  service_namespace  = "dynamodb"
  resource_id        = "table/${aws_dynamodb_table.this[0].name}"
  scalable_dimension = "dynamodb:table:${each.key}Units"
  min_capacity       = each.value.minimum
  max_capacity       = each.value.maximum

  tags = var.tags
}

resource "aws_appautoscaling_policy" "this" {
  for_each = local.table_autoscaling

#%   if "region" in offered
  region = var.region

#%   endif
  name               = "${aws_appautoscaling_target.this[each.key].resource_id}-${each.key}"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.this[each.key].service_namespace
  resource_id        = aws_appautoscaling_target.this[each.key].resource_id
  scalable_dimension = aws_appautoscaling_target.this[each.key].scalable_dimension

  target_tracking_scaling_policy_configuration {
    target_value = each.value.target_utilization

    predefined_metric_specification {
      predefined_metric_type = "DynamoDB${each.key}Utilization"
    }
  }
}
#% endif
