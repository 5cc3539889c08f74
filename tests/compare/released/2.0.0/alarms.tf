# Generated from generator/templates/alarms.tf by "python -m generator build"; do not edit.

locals {
  alarms_enabled = var.alarms_enabled != null ? var.alarms_enabled : length(concat(
    var.alarm_actions,
    var.alarm_ok_actions,
    var.alarm_insufficient_data_actions,
    flatten([for alarm in values(var.alarms) : try(alarm.actions[*], [])]),
  )) > 0
  stalled_wanted = local.alarms_enabled && coalesce(try(var.alarms.stalled.enabled, null), var.alarm_stalled_minutes > 0)

  alarms = merge(
    {
      iterator_age = {
        description = "The function has fallen behind the stream of ${local.table_name}; a record is lost when it is 24 hours old."
        namespace   = "AWS/Lambda"
        metric      = "IteratorAge"
        dimensions  = { FunctionName = local.function_name }
        statistic   = "Maximum"
        threshold   = coalesce(try(var.alarms.iterator_age.threshold, null), var.alarm_iterator_age_threshold_seconds) * 1000

        # Without an invocation there is no data, for hours between two retries: the alarm keeps its state
        missing_data = "ignore"
      }
      errors = {
        description  = "${local.function_name} fails; the stream retries and, at the end, reports the records as failed."
        namespace    = "AWS/Lambda"
        metric       = "Errors"
        dimensions   = { FunctionName = local.function_name }
        statistic    = "Sum"
        threshold    = coalesce(try(var.alarms.errors.threshold, null), var.alarm_errors_threshold)
        missing_data = "notBreaching"
      }
      throttles = {
        description  = "${local.function_name} is throttled; the stream waits."
        namespace    = "AWS/Lambda"
        metric       = "Throttles"
        dimensions   = { FunctionName = local.function_name }
        statistic    = "Sum"
        threshold    = coalesce(try(var.alarms.throttles.threshold, null), var.alarm_throttles_threshold)
        missing_data = "notBreaching"
      }
    },
    {
      for name, queue in local.watched_queues : name => {
        description  = "Records of ${local.table_name} failed for good. They can be read from the stream until they are 24 hours old."
        namespace    = "AWS/SQS"
        metric       = "ApproximateNumberOfMessagesVisible"
        dimensions   = { QueueName = queue }
        statistic    = "Maximum"
        threshold    = coalesce(try(var.alarms[name].threshold, null), var.alarm_dead_letters_threshold)
        missing_data = "notBreaching"
      }
    },
    local.on_failure_type != "none" ? {
      failed_deliveries = {
        description  = "Lambda could not send an invocation record of ${local.function_name} to the on-failure destination, and does not retry."
        namespace    = "AWS/Lambda"
        metric       = "DestinationDeliveryFailures"
        dimensions   = { FunctionName = local.function_name }
        statistic    = "Sum"
        threshold    = coalesce(try(var.alarms.failed_deliveries.threshold, null), var.alarm_failed_deliveries_threshold)
        missing_data = "notBreaching"
      }
    } : {},
    local.on_failure_type != "none" && var.event_source_metrics_enabled ? {
      discarded = {
        description  = "Lambda discarded records of ${local.table_name} and sent invocation records to the on-failure destination."
        namespace    = "AWS/Lambda"
        metric       = "OnFailureDestinationDeliveredEventCount"
        dimensions   = { EventSourceMappingUUID = aws_lambda_event_source_mapping.this.uuid }
        statistic    = "Sum"
        threshold    = coalesce(try(var.alarms.discarded.threshold, null), 1)
        missing_data = "notBreaching"
      }
    } : {},
  )
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms_enabled ? {
    for name, alarm in local.alarms : name => alarm if coalesce(try(var.alarms[name].enabled, null), true)
  } : {}

  alarm_name          = "${local.names.alarm}-${replace(each.key, "_", "-")}"
  alarm_description   = join(" Runbook: ", compact([each.value.description, var.alarm_runbook_url]))
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.statistic
  period              = coalesce(try(var.alarms[each.key].period, null), 300)
  evaluation_periods  = coalesce(try(var.alarms[each.key].evaluation_periods, null), 1)
  datapoints_to_alarm = try(var.alarms[each.key].datapoints_to_alarm, null)
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = each.value.threshold
  treat_missing_data  = coalesce(try(var.alarms[each.key].treat_missing_data, null), each.value.missing_data)

  actions_enabled           = var.alarm_actions_enabled
  alarm_actions             = try(var.alarms[each.key].actions, null) == null ? var.alarm_actions : var.alarms[each.key].actions
  ok_actions                = var.alarm_ok_actions
  insufficient_data_actions = var.alarm_insufficient_data_actions

  tags = var.tags
}

# A mapping that is disabled, deleted or not allowed to read invokes nothing, which no metric of the function shows
resource "aws_cloudwatch_metric_alarm" "stalled" {
  # Filter patterns can filter out every record: then only the mapping's own metrics show that it reads
  count = (
    local.stalled_wanted
    && (var.event_source_metrics_enabled || length(var.event_source_filter_patterns) == 0)
    && (try(var.existing_table.account_id, null) == null || var.alarm_cross_account_observability)
  ) ? 1 : 0

  alarm_name          = "${local.names.alarm}-stalled"
  evaluation_periods  = coalesce(try(var.alarms.stalled.evaluation_periods, null), ceil(max(var.alarm_stalled_minutes, 5) / 5))
  datapoints_to_alarm = try(var.alarms.stalled.datapoints_to_alarm, null)
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  treat_missing_data  = coalesce(try(var.alarms.stalled.treat_missing_data, null), "notBreaching")
  alarm_description = join(" Runbook: ", compact([
    "${local.table_name} is written, and its stream does not reach ${local.function_name}; a record is lost when it is 24 hours old.",
    var.alarm_runbook_url,
  ]))

  actions_enabled           = var.alarm_actions_enabled
  alarm_actions             = try(var.alarms.stalled.actions, null) == null ? var.alarm_actions : var.alarms.stalled.actions
  ok_actions                = var.alarm_ok_actions
  insufficient_data_actions = var.alarm_insufficient_data_actions

  metric_query {
    id          = "stalled"
    expression  = "IF(FILL(written, 0) > 0 AND FILL(read, 0) == 0, 1, 0)"
    return_data = true
  }

  metric_query {
    id         = "written"
    account_id = try(var.existing_table.account_id, null)

    metric {
      namespace   = "AWS/DynamoDB"
      metric_name = "ConsumedWriteCapacityUnits"
      dimensions  = { TableName = local.table_name }
      stat        = "Sum"
      period      = 300
    }
  }

  metric_query {
    id = "read"

    metric {
      namespace   = "AWS/Lambda"
      metric_name = var.event_source_metrics_enabled ? "PolledEventCount" : "Invocations"
      dimensions = (
        var.event_source_metrics_enabled
        ? { EventSourceMappingUUID = aws_lambda_event_source_mapping.this.uuid }
        : { FunctionName = local.function_name }
      )
      stat   = "Sum"
      period = 300
    }
  }

  tags = var.tags
}

moved {
  from = aws_cloudwatch_metric_alarm.this["stalled"]
  to   = aws_cloudwatch_metric_alarm.stalled[0]
}
