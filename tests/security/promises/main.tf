# Breaks each promise of module/policies once, and keeps each, at addresses with for_each, with count and without either.

locals {
  every_promise = {
    report    = true
    bisect    = true
    retries   = 0
    age       = 60
    responses = ["ReportBatchItemFailures"]
  }
  streams = {
    "keeps.all"             = {}
    "drops.failures"        = { report = false }
    "never.bisects"         = { bisect = false }
    "leaves.bisect"         = { bisect = null }
    "retries.forever"       = { retries = -1 }
    "leaves.retries"        = { retries = null }
    "never.gives.up"        = { age = -1 }
    "leaves.age"            = { age = null }
    "hears.nothing"         = { responses = [] }
    "leaves.response.types" = { responses = null }
  }
}

resource "aws_dynamodb_table" "unprotected" {
  name             = "unprotected"
  hash_key         = "id"
  billing_mode     = "PAY_PER_REQUEST"
  stream_enabled   = true
  stream_view_type = "NEW_AND_OLD_IMAGES"

  attribute {
    name = "id"
    type = "S"
  }
}

resource "aws_dynamodb_table" "protected" {
  count = 1

  name                        = "protected"
  hash_key                    = "id"
  billing_mode                = "PAY_PER_REQUEST"
  stream_enabled              = true
  stream_view_type            = "NEW_AND_OLD_IMAGES"
  deletion_protection_enabled = true

  attribute {
    name = "id"
    type = "S"
  }
}

resource "aws_dynamodb_table" "streamless" {
  name         = "streamless"
  hash_key     = "id"
  billing_mode = "PAY_PER_REQUEST"

  attribute {
    name = "id"
    type = "S"
  }
}

resource "aws_lambda_event_source_mapping" "new_stream" {
  for_each = local.streams

  event_source_arn               = aws_dynamodb_table.protected[0].stream_arn
  function_name                  = "orders"
  starting_position              = "TRIM_HORIZON"
  bisect_batch_on_function_error = lookup(each.value, "bisect", local.every_promise.bisect)
  maximum_retry_attempts         = lookup(each.value, "retries", local.every_promise.retries)
  maximum_record_age_in_seconds  = lookup(each.value, "age", local.every_promise.age)
  function_response_types        = lookup(each.value, "responses", local.every_promise.responses)

  dynamic "destination_config" {
    for_each = lookup(each.value, "report", local.every_promise.report) ? ["report"] : []

    content {
      on_failure {
        destination_arn = aws_sqs_queue.dead_letter[0].arn
      }
    }
  }
}

# Breaks all of them
resource "aws_lambda_event_source_mapping" "existing_stream" {
  event_source_arn  = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026-01-01T00:00:00.000"
  function_name     = "orders"
  starting_position = "LATEST"

  # What AWS would report goes nowhere
  destination_config {}
}

# Kinesis, as far as a plan tells: its ARN is not known before there is a stream, and hidden behind a local
resource "aws_lambda_event_source_mapping" "unknown_stream" {
  event_source_arn  = local.unknown_stream_arn
  function_name     = "orders"
  starting_position = "LATEST"
}

# Mappings that never promised anything

resource "aws_lambda_event_source_mapping" "other_service" {
  for_each = {
    new_queue = { arn = aws_sqs_queue.work.arn, position = null }
    queue     = { arn = "arn:aws:sqs:eu-west-1:123456789012:orders", position = null }
    kinesis   = { arn = "arn:aws:kinesis:eu-west-1:123456789012:stream/orders", position = "LATEST" }
  }

  event_source_arn  = each.value.arn
  function_name     = "orders"
  starting_position = each.value.position
}

resource "aws_lambda_event_source_mapping" "new_kinesis_stream" {
  event_source_arn  = aws_kinesis_stream.orders.arn
  function_name     = "orders"
  starting_position = "LATEST"
}

resource "aws_lambda_event_source_mapping" "kafka" {
  event_source_arn  = local.unknown_stream_arn
  function_name     = "orders"
  starting_position = "LATEST"
  topics            = ["orders"]
}

resource "aws_lambda_event_source_mapping" "documentdb" {
  event_source_arn  = local.unknown_stream_arn
  function_name     = "orders"
  starting_position = "LATEST"

  document_db_event_source_config {
    database_name = "orders"
  }
}

locals {
  unknown_stream_arn = aws_kinesis_stream.orders.arn
}

resource "aws_kinesis_stream" "orders" {
  name        = "orders"
  shard_count = 1
}

resource "aws_sqs_queue" "dead_letter" {
  count = 2

  name                      = "reports-${count.index}"
  message_retention_seconds = count.index == 0 ? 345600 : 345599
}

resource "aws_sqs_queue" "by_name" {
  name                      = "orders-dlq"
  message_retention_seconds = 86400
}

resource "aws_sqs_queue" "work" {
  name                      = "orders"
  message_retention_seconds = 3600
}
