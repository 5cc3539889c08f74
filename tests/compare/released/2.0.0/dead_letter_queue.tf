# Generated from generator/templates/dead_letter_queue.tf by "python -m generator build"; do not edit.

locals {
  create_dead_letter_queue = var.dead_letter_queue_enabled && (var.on_failure_destination == null || var.dead_letter_queue_kept)
  use_dead_letter_queue    = var.dead_letter_queue_enabled && var.on_failure_destination == null

  dead_letter_queue_name = coalesce(var.dead_letter_queue_name, local.names.queue)

  # Queues with invocation records, among them one that is kept
  watched_queues = merge(
    local.create_dead_letter_queue ? { dead_letters = local.dead_letter_queue_name } : {},
    local.on_failure_type == "sqs" && !local.use_dead_letter_queue ? {
      (local.create_dead_letter_queue ? "dead_letters_of_destination" : "dead_letters") = local.on_failure_queue_name
    } : {},
  )

  # sqs, sns, s3, or none where failed records are dropped
  on_failure_type = local.use_dead_letter_queue ? "sqs" : try(var.on_failure_destination.type, "none")
  on_failure_arn = (
    local.use_dead_letter_queue
    ? one(aws_sqs_queue.dead_letter[*].arn)
    : try(var.on_failure_destination.arn, null)
  )

  # The policy of the AWS managed key lets SQS use it for every role of the account
  on_failure_kms_key_arn = (
    local.use_dead_letter_queue
    ? var.dead_letter_queue_kms_key_arn == "alias/aws/sqs" ? null : var.dead_letter_queue_kms_key_arn
    : try(var.on_failure_destination.kms_key_arn, null)
  )
  on_failure_queue_name = (
    local.use_dead_letter_queue
    ? local.dead_letter_queue_name
    : try(split(":", var.on_failure_destination.arn)[5], null)
  )
}

resource "aws_sqs_queue" "dead_letter" {
  count = local.create_dead_letter_queue ? 1 : 0

  name                       = local.dead_letter_queue_name
  message_retention_seconds  = var.dead_letter_queue_message_retention_seconds
  visibility_timeout_seconds = var.dead_letter_queue_visibility_timeout_seconds
  receive_wait_time_seconds  = var.dead_letter_queue_receive_wait_time_seconds

  sqs_managed_sse_enabled           = var.dead_letter_queue_kms_key_arn == null ? true : null
  kms_master_key_id                 = var.dead_letter_queue_kms_key_arn
  kms_data_key_reuse_period_seconds = var.dead_letter_queue_kms_key_arn == null ? null : var.dead_letter_queue_kms_data_key_reuse_period_seconds

  tags = var.tags

  # Deleted when the mapping no longer uses it
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_sqs_queue_policy" "dead_letter" {
  count = local.create_dead_letter_queue ? 1 : 0

  queue_url = aws_sqs_queue.dead_letter[0].url
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid       = "DenyInsecureTransport"
          Effect    = "Deny"
          Action    = "sqs:*"
          Principal = { AWS = "*" }
          Resource  = aws_sqs_queue.dead_letter[0].arn
          Condition = { Bool = { "aws:SecureTransport" = "false" } }
        }
      ],
      [
        for id, statement in var.dead_letter_queue_policy_statements : merge(
          {
            Sid       = id
            Effect    = coalesce(try(statement.effect, null), "Allow")
            Action    = statement.actions
            Principal = statement.principals
            Resource  = aws_sqs_queue.dead_letter[0].arn
          },
          length(try(statement.conditions[*], [])) == 0 ? {} : {
            Condition = {
              for test in distinct(statement.conditions[*].test) :
              test => {
                for variable in distinct([for condition in statement.conditions : condition.variable if condition.test == test]) :
                variable => flatten([
                  for condition in statement.conditions : condition.values if condition.test == test && condition.variable == variable
                ])
              }
            }
          },
        )
      ],
    )
  })
}
