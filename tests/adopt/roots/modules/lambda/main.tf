variable "stream_arn" {
  type = string
}

variable "failure_arn" {
  type = string
}

resource "aws_cloudwatch_log_group" "lambda" {
  count = 1

  name              = "/aws/lambda/modules-consumer"
  retention_in_days = 14
  tags              = { Name = "modules-consumer" }
}

resource "aws_iam_role" "lambda" {
  count = 1

  name                  = "modules-consumer"
  force_detach_policies = true
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Action    = "sts:AssumeRole"
        Effect    = "Allow"
        Principal = { Service = "lambda.amazonaws.com" }
      }
    ]
  })
}

resource "aws_iam_policy" "logs" {
  count = 1

  name   = "modules-consumer-logs"
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "logs:*", Resource = "*" }] })
}

resource "aws_iam_role_policy_attachment" "logs" {
  count = 1

  role       = aws_iam_role.lambda[0].name
  policy_arn = aws_iam_policy.logs[0].arn
}

resource "aws_lambda_function" "this" {
  count = 1

  function_name = "modules-consumer"
  description   = "Consumes orders"
  role          = aws_iam_role.lambda[0].arn
  filename      = "function.zip"
  handler       = "index.handler"
  runtime       = "nodejs22.x"
  memory_size   = 256
  publish       = true
  tags          = { Name = "modules-consumer" }

  logging_config {
    log_format = "Text"
    log_group  = aws_cloudwatch_log_group.lambda[0].name
  }

  timeouts {
    create = "15m"
  }
}

resource "aws_lambda_alias" "live" {
  name             = "live"
  function_name    = aws_lambda_function.this[0].function_name
  function_version = aws_lambda_function.this[0].version
}

resource "aws_lambda_permission" "other" {
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.this[0].function_name
  principal     = "events.amazonaws.com"
}

resource "aws_lambda_event_source_mapping" "this" {
  for_each = { dynamodb = var.stream_arn }

  event_source_arn        = each.value
  function_name           = aws_lambda_alias.live.arn
  starting_position       = "TRIM_HORIZON"
  function_response_types = ["ReportBatchItemFailures"]

  destination_config {
    on_failure {
      destination_arn = var.failure_arn
    }
  }
}
