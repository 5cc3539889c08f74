# Two steps that no service of AWS does by itself: an export is compressed, and holds items, not records of a stream
locals {
  functions = {
    unpack = {
      # Cutting and compressing is work for the processor, which comes with the memory
      memory_size = 1024
      statements = [
        {
          Effect   = "Allow"
          Action   = "s3:GetObject"
          Resource = "${aws_s3_bucket.backfill.arn}/AWSDynamoDB/*"
        },
        {
          Effect   = "Allow"
          Action   = "s3:PutObject"
          Resource = "${aws_s3_bucket.backfill.arn}/parts/*"
        },
      ]
    }
    send = {
      memory_size = 256
      statements = [
        {
          Effect   = "Allow"
          Action   = "s3:GetObject"
          Resource = "${aws_s3_bucket.backfill.arn}/parts/*"
        },
        {
          Effect   = "Allow"
          Action   = "lambda:InvokeFunction"
          Resource = module.ddb_stream_lambda.function_target_arn
        },
      ]
    }
  }
}

resource "aws_cloudwatch_log_group" "function" {
  for_each = local.functions

  name              = "/aws/lambda/orders-backfill-${each.key}"
  retention_in_days = 365
}

resource "aws_iam_role" "function" {
  for_each = local.functions

  name = "orders-backfill-${each.key}"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Action    = "sts:AssumeRole"
        Principal = { Service = "lambda.amazonaws.com" }
      }
    ]
  })
}

resource "aws_iam_role_policy" "function" {
  for_each = local.functions

  name = "backfill"
  role = aws_iam_role.function[each.key].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(each.value.statements, [
      {
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "${aws_cloudwatch_log_group.function[each.key].arn}:*"
      }
    ])
  })
}

resource "aws_lambda_function" "function" {
  for_each = local.functions

  function_name    = "orders-backfill-${each.key}"
  role             = aws_iam_role.function[each.key].arn
  filename         = "${path.module}/../../dist/backfill.zip"
  source_code_hash = filebase64sha256("${path.module}/../../dist/backfill.zip")
  handler          = "backfill.${each.key}"
  runtime          = "python3.13"
  memory_size      = each.value.memory_size
  timeout          = 900

  environment {
    variables = {
      BUCKET     = aws_s3_bucket.backfill.bucket
      FUNCTION   = module.ddb_stream_lambda.function_target_arn
      KEYS       = join(",", local.keys)
      PART_ITEMS = var.part_items
      STREAM_ARN = module.ddb_stream_lambda.table_stream_arn
    }
  }

  logging_config {
    log_group  = aws_cloudwatch_log_group.function[each.key].name
    log_format = "Text"
  }

  depends_on = [aws_iam_role_policy.function]
}
