# What contradicts itself is refused. Run: terraform init && terraform test

#% include "tests/mocks.hcl.part"

#% include "tests/arguments.hcl.part"
#% if "name" in variables

run "name_with_a_space" {
  command = plan

  variables {
    name = "no spaces"
  }

  expect_failures = [var.name]
}
#% endif
#% if usage.function and "existing_function" in variables

run "no_function" {
  command = plan

  variables {
#%   for name in usage.packages
    {{ name }} = null
#%   endfor
  }

  expect_failures = [var.existing_function]
}
#% endif
#% if usage.queue and "dead_letter_queue_enabled" in variables and "dead_letter_queue_message_retention_seconds" in variables

run "queue_options_without_queue" {
  command = plan

  variables {
    dead_letter_queue_enabled                   = false
    dead_letter_queue_message_retention_seconds = 86400
  }

  expect_failures = [var.dead_letter_queue_enabled]
}
#% endif
#% if "sqs" in usage.destinations

run "fifo_destination" {
  command = plan

  variables {
    on_failure_destination = { type = "sqs", arn = "arn:aws:sqs:eu-west-1:123456789012:failures.fifo" }
  }

  expect_failures = [var.on_failure_destination]
}
#% endif
#% if "table_kms_key_arn" in variables

run "key_of_another_region" {
  command = plan

  variables {
    table_kms_key_arn = "arn:aws:kms:us-east-2:123456789012:key/11111111-2222-3333-4444-555555555555"
  }

  expect_failures = [var.table_kms_key_arn]
}
#% endif
