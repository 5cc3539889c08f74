# Generated from generator/templates/event_source.tf by "python -m generator build"; do not edit.

resource "aws_lambda_event_source_mapping" "this" {
  event_source_arn = local.stream_arn
  function_name    = local.target_arn
  enabled          = var.event_source_enabled

  # Every argument has a value: AWS keeps the old one of an argument that is removed, and no plan shows it
  batch_size                         = var.event_source_batch_size
  maximum_batching_window_in_seconds = var.event_source_maximum_batching_window_in_seconds
  starting_position                  = var.event_source_starting_position
  bisect_batch_on_function_error     = var.event_source_bisect_batch_on_function_error
  maximum_record_age_in_seconds      = var.event_source_maximum_record_age_in_seconds
  maximum_retry_attempts             = var.event_source_maximum_retry_attempts
  parallelization_factor             = var.event_source_parallelization_factor
  tumbling_window_in_seconds         = var.event_source_tumbling_window_in_seconds
  function_response_types            = var.event_source_report_batch_item_failures ? ["ReportBatchItemFailures"] : []
  kms_key_arn                        = var.event_source_filter_kms_key_arn

  tags = var.event_source_tags

  dynamic "destination_config" {
    for_each = local.on_failure_type == "none" ? [] : [local.on_failure_arn]

    content {
      on_failure {
        destination_arn = destination_config.value
      }
    }
  }

  dynamic "filter_criteria" {
    for_each = length(var.event_source_filter_patterns) > 0 ? [var.event_source_filter_patterns] : []

    content {
      dynamic "filter" {
        for_each = filter_criteria.value

        content {
          pattern = filter.value
        }
      }
    }
  }

  dynamic "metrics_config" {
    for_each = var.event_source_metrics_enabled ? [["EventCount"]] : []

    content {
      metrics = metrics_config.value
    }
  }

  # Lambda reads the stream with the role as soon as the mapping exists (serverless #3997)
  depends_on = [aws_iam_role_policy.this, aws_iam_role_policy_attachment.this]

  lifecycle {
    # No validation, because a validation of event_source_filter_patterns cannot refer to locals that depend on it
    precondition {
      condition     = length(local.filter_problems) == 0
      error_message = "The event_source_filter_patterns value must match records of the stream: names of a record, a type such as S or N for each attribute, and strings for numbers. Got ${join("; ", local.filter_problems)}."
    }
  }
}
