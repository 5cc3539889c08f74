# Generated from generator/templates/tests/defaults.tftest.hcl by "python -m generator build"; do not edit.

# What the module does when nothing is chosen. Run: terraform init && terraform test

mock_provider "aws" {
  mock_data "aws_partition" {
    defaults = { partition = "aws", dns_suffix = "amazonaws.com" }
  }

  mock_data "aws_region" {
    defaults = { id = "eu-west-1" }
  }

  mock_resource "aws_dynamodb_table" {
    defaults = {
      arn        = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders"
      stream_arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026-01-01T00:00:00.000"
    }
  }

  mock_resource "aws_sqs_queue" {
    defaults = { arn = "arn:aws:sqs:eu-west-1:123456789012:orders-dlq" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/orders" }
  }

  mock_resource "aws_lambda_function" {
    defaults = { arn = "arn:aws:lambda:eu-west-1:123456789012:function:orders" }
  }

  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/orders" }
  }
}

variables {
  name             = "orders"
  function_s3      = { bucket = "packages", key = "orders.zip", version = "1" }
  function_handler = "handler.handler"
  function_runtime = "python3.13"
}

run "table" {
  command = apply

  assert {
    condition     = aws_dynamodb_table.this[0].billing_mode == "PAY_PER_REQUEST"
    error_message = "The billing mode is PAY_PER_REQUEST."
  }
  assert {
    condition     = aws_dynamodb_table.this[0].hash_key == "id"
    error_message = "The partition key is id."
  }
  assert {
    condition     = aws_dynamodb_table.this[0].server_side_encryption[0].enabled
    error_message = "The table is encrypted with a KMS key."
  }
  assert {
    condition     = aws_dynamodb_table.this[0].point_in_time_recovery[0].enabled
    error_message = "The table can be restored to a point in time."
  }
  assert {
    condition     = aws_dynamodb_table.this[0].deletion_protection_enabled
    error_message = "AWS refuses to delete the table."
  }
  assert {
    condition     = aws_dynamodb_table.this[0].stream_view_type == "NEW_AND_OLD_IMAGES"
    error_message = "The stream holds NEW_AND_OLD_IMAGES."
  }
}

run "event_source_mapping" {
  command = apply

  assert {
    condition     = aws_lambda_event_source_mapping.this.bisect_batch_on_function_error
    error_message = "A failing batch is halved."
  }
  assert {
    condition     = aws_lambda_event_source_mapping.this.maximum_record_age_in_seconds == 86400
    error_message = "A record is given up at an age of 86400 seconds."
  }
  assert {
    condition     = aws_lambda_event_source_mapping.this.maximum_retry_attempts == 500
    error_message = "A record is tried 500 times again."
  }
  assert {
    condition     = tolist(aws_lambda_event_source_mapping.this.function_response_types) == tolist(["ReportBatchItemFailures"])
    error_message = "The function may report which records failed."
  }
  assert {
    condition     = aws_lambda_event_source_mapping.this.destination_config[0].on_failure[0].destination_arn == aws_sqs_queue.dead_letter[0].arn
    error_message = "What failed is reported to the queue."
  }
  assert {
    condition     = aws_lambda_event_source_mapping.this.starting_position == "TRIM_HORIZON"
    error_message = "The mapping begins at TRIM_HORIZON."
  }
}

run "dead_letter_queue" {
  command = apply

  assert {
    condition     = aws_sqs_queue.dead_letter[0].message_retention_seconds == 1209600
    error_message = "The queue keeps messages for 1209600 seconds."
  }
  assert {
    condition     = jsondecode(aws_sqs_queue_policy.dead_letter[0].policy).Statement[0].Effect == "Deny"
    error_message = "The queue refuses what does not come over TLS."
  }
}
