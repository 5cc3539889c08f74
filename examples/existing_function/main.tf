# Stand for a function and its role that another configuration owns.
resource "aws_iam_role" "consumer" {
  name = "orders-consumer"

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

resource "aws_lambda_function" "consumer" {
  function_name = "orders-consumer"
  role          = aws_iam_role.consumer.arn
  filename      = "${path.module}/../../dist/stream_handler.zip"
  handler       = "handler.handler"
  runtime       = "python3.13"

  tracing_config {
    mode = "Active"
  }
}

module "ddb_stream_lambda" {
  source = "../../module"

  name = "orders"

  existing_function = {
    arn       = aws_lambda_function.consumer.arn
    role_name = aws_iam_role.consumer.name
  }
}
