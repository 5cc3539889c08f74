module "ddb_stream_lambda" {
  source = "../../module"

  name              = "orders"
  function_filename = "${path.module}/../../dist/stream_handler.zip"
  function_handler  = "handler.handler"
  function_runtime  = "python3.13"

  function_environment = {
    IDEMPOTENCY_TABLE = aws_dynamodb_table.processed.name
  }

  role_policy_statements = {
    MarkProcessed = {
      actions   = ["dynamodb:UpdateItem"]
      resources = [aws_dynamodb_table.processed.arn]
    }
  }
}

# Which records are processed, or in progress
resource "aws_dynamodb_table" "processed" {
  name         = "orders-processed"
  hash_key     = "id"
  billing_mode = "PAY_PER_REQUEST"

  attribute {
    name = "id"
    type = "S"
  }

  ttl {
    attribute_name = "expires"
    enabled        = true
  }
}
