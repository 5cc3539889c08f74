# Generated from generator/templates/dashboard.tf by "python -m generator build"; do not edit.

locals {
  dashboard_graphs = concat(
    [
      {
        title = "Age of the records when they are processed (ms); lost at 86,400,000"
        metrics = [
          ["AWS/Lambda", "IteratorAge", "FunctionName", local.function_name, { stat = "Maximum" }],
        ]
      },
      {
        title = "Invocations, errors, throttles"
        metrics = [
          ["AWS/Lambda", "Invocations", "FunctionName", local.function_name, { stat = "Sum" }],
          ["AWS/Lambda", "Errors", "FunctionName", local.function_name, { stat = "Sum" }],
          ["AWS/Lambda", "Throttles", "FunctionName", local.function_name, { stat = "Sum" }],
        ]
      },
      {
        title = "Write units of the table, invocations: what is written and not read is lost after a day"
        metrics = [
          ["AWS/DynamoDB", "ConsumedWriteCapacityUnits", "TableName", local.table_name, { stat = "Sum" }],
          ["AWS/Lambda", "Invocations", "FunctionName", local.function_name, { stat = "Sum" }],
        ]
      },
      {
        title = "Duration (ms)"
        metrics = [
          ["AWS/Lambda", "Duration", "FunctionName", local.function_name, { stat = "p50" }],
          ["AWS/Lambda", "Duration", "FunctionName", local.function_name, { stat = "p99" }],
        ]
      },
    ],
    local.on_failure_type != "none" ? [{
      title = "Failure reports that the destination refused"
      metrics = [
        ["AWS/Lambda", "DestinationDeliveryFailures", "FunctionName", local.function_name, { stat = "Sum" }],
      ]
    }] : [],
    length(local.watched_queues) > 0 ? [{
      title = "Failure reports in the queue"
      metrics = [
        for queue in values(local.watched_queues) :
        ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", queue, { stat = "Maximum" }]
      ]
    }] : [],
    var.event_source_metrics_enabled ? [{
      title = "Records polled, filtered out, invoked, failed, dropped, discarded with an invocation record"
      metrics = [
        for metric in ["PolledEventCount", "FilteredOutEventCount", "InvokedEventCount", "FailedInvokeEventCount", "DroppedEventCount", "OnFailureDestinationDeliveredEventCount"] :
        ["AWS/Lambda", metric, "EventSourceMappingUUID", aws_lambda_event_source_mapping.this.uuid, { stat = "Sum" }]
      ]
    }] : [],
  )
}

resource "aws_cloudwatch_dashboard" "this" {
  count = var.dashboard_enabled ? 1 : 0

  dashboard_name = "${local.names.alarm}-${terraform_data.region.input}"
  dashboard_body = jsonencode({
    widgets = [
      for position, graph in local.dashboard_graphs : {
        type   = "metric"
        x      = position % 2 * 12
        y      = floor(position / 2) * 6
        width  = 12
        height = 6
        properties = {
          title   = graph.title
          region  = local.region
          period  = 60
          metrics = graph.metrics
        }
      }
    ]
  })
}
