# Stands for a table that another configuration owns; only the ARN of its stream is needed.
resource "aws_dynamodb_table" "orders" {
  name             = "orders"
  hash_key         = "id"
  billing_mode     = "PAY_PER_REQUEST"
  stream_enabled   = true
  stream_view_type = "NEW_IMAGE"

  deletion_protection_enabled = true

  point_in_time_recovery {
    enabled = true
  }

  attribute {
    name = "id"
    type = "S"
  }
}

module "ddb_stream_lambda" {
  source = "../../module"

  name           = "orders-consumer"
  existing_table = { stream_arn = aws_dynamodb_table.orders.stream_arn }

  function_filename = "${path.module}/../../dist/stream_handler.zip"
  function_handler  = "handler.handler"
  function_runtime  = "python3.13"
}
