# Generated from generator/templates/tests/refusals.tftest.hcl by "python -m generator build"; do not edit.

# What contradicts itself is refused. Run: terraform init && terraform test

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

run "name_with_a_space" {
  command = plan

  variables {
    name = "no spaces"
  }

  expect_failures = [var.name]
}

run "no_function" {
  command = plan

  variables {
    function_s3 = null
  }

  expect_failures = [var.existing_function]
}

run "queue_options_without_queue" {
  command = plan

  variables {
    dead_letter_queue_enabled                   = false
    dead_letter_queue_message_retention_seconds = 86400
  }

  expect_failures = [var.dead_letter_queue_enabled]
}

run "fifo_destination" {
  command = plan

  variables {
    on_failure_destination = { type = "sqs", arn = "arn:aws:sqs:eu-west-1:123456789012:failures.fifo" }
  }

  expect_failures = [var.on_failure_destination]
}

run "key_of_another_region" {
  command = plan

  variables {
    table_kms_key_arn = "arn:aws:kms:us-east-2:123456789012:key/11111111-2222-3333-4444-555555555555"
  }

  expect_failures = [var.table_kms_key_arn]
}
