module "ddb_stream_lambda" {
  source = "../../module"

  name              = "orders"
  function_filename = "${path.module}/../../dist/eventbridge_publisher.zip"
  function_handler  = "handler.handler"
  function_runtime  = "python3.13"

  function_environment = {
    PUBLISHER_EVENT_BUS = aws_cloudwatch_event_bus.orders.name
  }

  role_policy_statements = {
    Publish = {
      actions   = ["events:PutEvents"]
      resources = [aws_cloudwatch_event_bus.orders.arn]
    }
  }

  # A change that cannot be published blocks its shard for 3 to 4 minutes. A longer outage discards changes, which can be
  # replayed for 24 hours
  event_source_maximum_retry_attempts = 10
}

resource "aws_cloudwatch_event_bus" "orders" {
  name = "orders"
}

locals {
  rules = {
    paid    = { detail-type = ["INSERT", "MODIFY"], detail = { newImage = { status = ["paid"] } } }
    removed = { detail-type = ["REMOVE"] }
  }
}

resource "aws_cloudwatch_event_rule" "consumer" {
  for_each = local.rules

  name           = "orders-${each.key}"
  event_bus_name = aws_cloudwatch_event_bus.orders.name
  event_pattern  = jsonencode(merge({ source = ["dynamodb.orders"] }, each.value))
}

resource "aws_cloudwatch_event_target" "consumer" {
  for_each = local.rules

  rule           = aws_cloudwatch_event_rule.consumer[each.key].name
  event_bus_name = aws_cloudwatch_event_bus.orders.name
  arn            = aws_sqs_queue.consumer[each.key].arn
}

# Stand for the queues of the consumers
resource "aws_sqs_queue" "consumer" {
  for_each = local.rules

  name                    = "orders-${each.key}"
  sqs_managed_sse_enabled = true
}

resource "aws_sqs_queue_policy" "consumer" {
  for_each = local.rules

  queue_url = aws_sqs_queue.consumer[each.key].url
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "ReceiveEvents"
        Effect    = "Allow"
        Principal = { Service = "events.amazonaws.com" }
        Action    = "sqs:SendMessage"
        Resource  = aws_sqs_queue.consumer[each.key].arn
        Condition = { ArnEquals = { "aws:SourceArn" = aws_cloudwatch_event_rule.consumer[each.key].arn } }
      },
    ]
  })
}
