# Generated from generator/templates/tests/permissions.tftest.hcl by "python -m generator build"; do not edit.

# What the function's role may do follows from the configuration. Run: terraform init && terraform test

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

run "by_default" {
  command = apply

  assert {
    condition = [for statement in jsondecode(output.role_policy).Statement : statement.Sid] == [
      "ReadStream",
      "ListStreams",
      "SendFailuresToQueue",
      "WriteLog",
      "WriteTraces",
    ]
    error_message = "The role has the permissions that the pipeline needs, and no other."
  }
  assert {
    condition = alltrue([
      for statement in jsondecode(output.role_policy).Statement :
      !contains(statement.Resource, "*") if !contains(["ListStreams", "WriteTraces"], statement.Sid)
    ])
    error_message = "Only actions without resource-level permission are allowed on all resources."
  }
}

run "existing_function" {
  command = apply

  variables {
    function_s3       = null
    function_handler  = null
    function_runtime  = null
    existing_function = { arn = "arn:aws:lambda:eu-west-1:123456789012:function:existing", role_name = "existing" }
  }

  assert {
    condition     = length(aws_lambda_function.this) == 0 && length(aws_iam_role.this) == 0
    error_message = "An existing function gets neither a function nor a role."
  }
  assert {
    condition     = aws_iam_role_policy.this[0].role == "existing"
    error_message = "The existing role gets the statements."
  }
}

run "failures_to_a_bucket" {
  command = apply

  variables {
    on_failure_destination = { type = "s3", arn = "arn:aws:s3:::failures" }

    # A failed check fails a test
    event_source_metrics_enabled = true
  }

  assert {
    condition     = length(aws_sqs_queue.dead_letter) == 0
    error_message = "Another destination stands instead of the queue."
  }
  assert {
    condition = contains(
      [for statement in jsondecode(output.role_policy).Statement : statement.Resource[0] if statement.Sid == "PutFailuresIntoBucket"],
      "arn:aws:s3:::failures/*",
    )
    error_message = "The role may write into the bucket."
  }
}
