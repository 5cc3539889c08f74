# The account of the table. Its function processes the stream, and so does the function of the other account.
module "ddb_stream_lambda" {
  source = "../../../module"

  name              = "orders"
  function_filename = "${path.module}/../../../dist/stream_handler.zip"
  function_handler  = "handler.handler"
  function_runtime  = "python3.13"

  table_kms_key_arn    = aws_kms_key.table.arn
  table_stream_readers = { search = var.reader_role_arn }
}

resource "aws_kms_key" "table" {
  description         = "Table orders"
  enable_key_rotation = true
}

# Apart from the key, because the module needs the key before it has the statement
resource "aws_kms_key_policy" "table" {
  key_id = aws_kms_key.table.key_id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "Administer"
        Effect    = "Allow"
        Principal = { AWS = "arn:aws:iam::${var.account_id}:root" }
        Action    = "kms:*"
        Resource  = "*"
      },
      jsondecode(module.ddb_stream_lambda.table_stream_readers_key_statement),
    ]
  })
}

# What the other account needs
output "existing_table" {
  description = "Argument existing_table of the other account."
  value = {
    account_id  = var.account_id
    stream_arn  = module.ddb_stream_lambda.table_stream_arn
    kms_key_arn = aws_kms_key.table.arn
  }
}
