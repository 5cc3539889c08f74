# Generated from generator/templates/alarms.tf by "python -m generator build"; do not edit.

locals {
  alarms = {
    for name, alarm in {
      iterator_age = {
        exists      = true
        description = "The function has fallen behind the stream of ${local.table_name}; a record is lost when it is 24 hours old."
        namespace   = "AWS/Lambda"
        metric      = "IteratorAge"
        dimensions  = { FunctionName = local.function_name }
        statistic   = "Maximum"
        threshold   = var.alarm_iterator_age_threshold_seconds * 1000

        # A function that is no longer invoked sends no data: whatever was wrong is still wrong
        missing_data = "ignore"
      }
      errors = {
        exists       = true
        description  = "${local.function_name} fails; the stream retries and, at the end, reports the records as failed."
        namespace    = "AWS/Lambda"
        metric       = "Errors"
        dimensions   = { FunctionName = local.function_name }
        statistic    = "Sum"
        threshold    = var.alarm_errors_threshold
        missing_data = "notBreaching"
      }
      throttles = {
        exists       = true
        description  = "${local.function_name} is throttled; the stream waits."
        namespace    = "AWS/Lambda"
        metric       = "Throttles"
        dimensions   = { FunctionName = local.function_name }
        statistic    = "Sum"
        threshold    = var.alarm_throttles_threshold
        missing_data = "notBreaching"
      }
      dead_letters = {
        exists       = local.on_failure_type == "sqs"
        description  = "Records of ${local.table_name} failed for good. They can be read from the stream until they are 24 hours old."
        namespace    = "AWS/SQS"
        metric       = "ApproximateNumberOfMessagesVisible"
        dimensions   = { QueueName = local.on_failure_queue_name }
        statistic    = "Maximum"
        threshold    = var.alarm_dead_letters_threshold
        missing_data = "notBreaching"
      }
      failed_deliveries = {
        exists       = local.on_failure_type != "none"
        description  = "The failure destination of ${local.function_name} refused a report. It is not sent again."
        namespace    = "AWS/Lambda"
        metric       = "DestinationDeliveryFailures"
        dimensions   = { FunctionName = local.function_name }
        statistic    = "Sum"
        threshold    = var.alarm_failed_deliveries_threshold
        missing_data = "notBreaching"
      }
    } : name => alarm if alarm.exists && length(var.alarm_actions) + length(var.alarm_ok_actions) > 0
  }

  on_failure_queue_name = (
    local.create_dead_letter_queue
    ? local.dead_letter_queue_name
    : try(split(":", var.on_failure_destination.arn)[5], null)
  )
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "${local.names.alarm}-${replace(each.key, "_", "-")}"
  alarm_description   = each.value.description
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.statistic
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = each.value.threshold
  treat_missing_data  = each.value.missing_data
  alarm_actions       = var.alarm_actions
  ok_actions          = var.alarm_ok_actions

  tags = var.tags
}
