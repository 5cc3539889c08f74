# What contradicts itself is refused. Run: terraform init && terraform test

#% include "tests/mocks.hcl.part"

variables {
  name             = "orders"
  function_s3      = { bucket = "packages", key = "orders.zip", version = "1" }
  function_handler = "handler.handler"
  function_runtime = "python3.13"
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
    dead_letter_queue_message_retention_seconds = 604800
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
