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

        # A function that is not invoked sends no data, for hours where a retry is put off: what was wrong still is
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
      stalled = {
        # Filter patterns may keep every record from the function: only metrics of the mapping's own tell then
        exists = (
          var.alarm_stalled_minutes > 0
          && (var.event_source_metrics_enabled || length(var.event_source_filter_patterns) == 0)
        )
        description  = "${local.table_name} is written, and its stream does not reach ${local.function_name}; a record is lost when it is 24 hours old."
        namespace    = null
        metric       = null
        dimensions   = null
        statistic    = null
        threshold    = 1
        missing_data = "notBreaching"
      }
    } : name => alarm if alarm.exists && length(var.alarm_actions) + length(var.alarm_ok_actions) > 0
  }

  # A mapping that is disabled, gone, or not allowed to read invokes nothing, and no metric of the function tells.
  # Nor does one of an idle table, which is not written either.
  stalled = {
    stalled = { expression = "IF(FILL(written, 0) > 0 AND FILL(read, 0) == 0, 1, 0)", metric = null }
    written = {
      expression = null
      metric = {
        namespace  = "AWS/DynamoDB"
        name       = "ConsumedWriteCapacityUnits"
        dimensions = { TableName = local.table_name }
      }
    }
    read = {
      expression = null
      metric = (
        var.event_source_metrics_enabled
        ? {
          namespace  = "AWS/Lambda"
          name       = "PolledEventCount"
          dimensions = tomap({ EventSourceMappingUUID = aws_lambda_event_source_mapping.this.uuid })
        }
        : {
          namespace  = "AWS/Lambda"
          name       = "Invocations"
          dimensions = tomap({ FunctionName = local.function_name })
        }
      )
    }
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
  period              = each.key == "stalled" ? null : 300
  evaluation_periods  = each.key == "stalled" ? ceil(var.alarm_stalled_minutes / 5) : 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = each.value.threshold
  treat_missing_data  = each.value.missing_data
  alarm_actions       = var.alarm_actions
  ok_actions          = var.alarm_ok_actions

  dynamic "metric_query" {
    for_each = { for id, query in local.stalled : id => query if each.key == "stalled" }

    content {
      id          = metric_query.key
      expression  = metric_query.value.expression
      return_data = metric_query.key == "stalled"

      dynamic "metric" {
        for_each = metric_query.value.metric[*]

        content {
          namespace   = metric.value.namespace
          metric_name = metric.value.name
          dimensions  = metric.value.dimensions
          stat        = "Sum"
          period      = 300
        }
      }
    }
  }

  tags = var.tags
}
