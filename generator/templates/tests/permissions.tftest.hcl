# What the function's role may do follows from the configuration. Run: terraform init && terraform test

#% include "tests/mocks.hcl.part"

#% include "tests/arguments.hcl.part"

run "by_default" {
  command = {{ usage.command }}

  assert {
    condition = [for statement in jsondecode(output.role_policy).Statement : statement.Sid] == [
#% for sid in usage.statements
      {{ sid | quoted }},
#% endfor
    ]
    error_message = "The role has the permissions that the pipeline needs, and no other."
  }
  assert {
    condition = alltrue([
      for statement in jsondecode(output.role_policy).Statement :
      !contains(statement.Resource, "*") if !contains({{ usage.unrestricted | literal }}, statement.Sid)
    ])
    error_message = "Only actions without resource-level permission are allowed on all resources."
  }
}
#% if usage.function and "existing_function" in variables

run "existing_function" {
  command = {{ usage.command }}

  variables {
#%   for line in usage.instead_of_function | aligned
    {{ line }}
#%   endfor
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
#% endif
#% if usage.queue and "s3" in usage.destinations

run "failures_to_a_bucket" {
  command = {{ usage.command }}

  variables {
    on_failure_destination = { type = "s3", arn = "arn:aws:s3:::failures" }
#% if "event_source_metrics_enabled" in variables

    # A failed check fails a test
    event_source_metrics_enabled = true
#% endif
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
#% endif
