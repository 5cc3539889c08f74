# The eight resources of the default pipeline, as somebody would write them for one table. NAME stands for its name.

resource "aws_dynamodb_table" "NAME" {
  name                        = "NAME"
  hash_key                    = "id"
  billing_mode                = "PAY_PER_REQUEST"
  deletion_protection_enabled = true
  stream_enabled              = true
  stream_view_type            = "NEW_AND_OLD_IMAGES"

  attribute {
    name = "id"
    type = "S"
  }

  server_side_encryption {
    enabled = true
  }

  point_in_time_recovery {
    enabled = true
  }
}

resource "aws_cloudwatch_log_group" "NAME" {
  name              = "/aws/lambda/NAME"
  retention_in_days = 365
}

resource "aws_iam_role" "NAME" {
  name = "NAME-eu-west-1"

  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy" "NAME" {
  name = "NAME-stream"
  role = aws_iam_role.NAME.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"]
        Resource = aws_dynamodb_table.NAME.stream_arn
      },
      { Effect = "Allow", Action = "dynamodb:ListStreams", Resource = "*" },
      { Effect = "Allow", Action = "sqs:SendMessage", Resource = aws_sqs_queue.NAME.arn },
      {
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "${aws_cloudwatch_log_group.NAME.arn}:*"
      },
      { Effect = "Allow", Action = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"], Resource = "*" },
    ]
  })
}

resource "aws_lambda_function" "NAME" {
  function_name    = "NAME"
  role             = aws_iam_role.NAME.arn
  filename         = "function.zip"
  source_code_hash = filebase64sha256("function.zip")
  handler          = "handler.handler"
  runtime          = "python3.13"
  architectures    = ["x86_64"]
  memory_size      = 128
  timeout          = 30

  tracing_config {
    mode = "Active"
  }

  logging_config {
    log_group             = aws_cloudwatch_log_group.NAME.name
    log_format            = "JSON"
    application_log_level = "INFO"
    system_log_level      = "WARN"
  }

  depends_on = [aws_iam_role_policy.NAME]
}

resource "aws_sqs_queue" "NAME" {
  name                      = "NAME-dlq"
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true
}

resource "aws_sqs_queue_policy" "NAME" {
  queue_url = aws_sqs_queue.NAME.url

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Deny"
        Action    = "sqs:*"
        Principal = { AWS = "*" }
        Resource  = aws_sqs_queue.NAME.arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      }
    ]
  })
}

resource "aws_lambda_event_source_mapping" "NAME" {
  event_source_arn                   = aws_dynamodb_table.NAME.stream_arn
  function_name                      = aws_lambda_function.NAME.arn
  batch_size                         = 100
  starting_position                  = "TRIM_HORIZON"
  bisect_batch_on_function_error     = true
  maximum_batching_window_in_seconds = 0
  maximum_record_age_in_seconds      = 86400
  maximum_retry_attempts             = 500
  parallelization_factor             = 1
  function_response_types            = ["ReportBatchItemFailures"]

  destination_config {
    on_failure {
      destination_arn = aws_sqs_queue.NAME.arn
    }
  }

  depends_on = [aws_iam_role_policy.NAME]
}
