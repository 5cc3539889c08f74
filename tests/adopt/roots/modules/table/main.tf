resource "aws_dynamodb_table" "this" {
  count = 1

  name                        = "modules-orders"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "id"
  stream_enabled              = true
  stream_view_type            = "NEW_AND_OLD_IMAGES"
  deletion_protection_enabled = false

  attribute {
    name = "id"
    type = "S"
  }

  attribute {
    name = "title"
    type = "S"
  }

  global_secondary_index {
    name            = "by-title"
    hash_key        = "title"
    projection_type = "ALL"
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled = false
  }

  tags = { Name = "modules-orders" }
}

output "stream_arn" {
  value = aws_dynamodb_table.this[0].stream_arn
}
