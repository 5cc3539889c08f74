# A pipeline whose function also gets every item that was in the table before it: the README has the order of the steps.
module "ddb_stream_lambda" {
  source = "../../module"

  name              = "orders"
  function_filename = "${path.module}/../../dist/stream_handler.zip"
  function_handler  = "handler.handler"
  function_runtime  = "python3.13"

  table_partition_key = local.partition_key

  # Disabled until the backfill is complete: the stream keeps the changes meanwhile, for 24 hours
  event_source_enabled = var.stream_enabled

  # Limits how long a failing record blocks its shard while the mapping catches up
  event_source_maximum_retry_attempts = 5
}

locals {
  partition_key = { name = "id", type = "S" }
  keys          = [local.partition_key.name]

  # Taken from the ARN of the table, so that a plan needs no request to AWS
  partition = split(":", module.ddb_stream_lambda.table_arn)[1]
  region    = split(":", module.ddb_stream_lambda.table_arn)[3]
  account   = split(":", module.ddb_stream_lambda.table_arn)[4]
}

# Holds the export, the parts that it is cut into, and the report
resource "aws_s3_bucket" "backfill" {
  bucket_prefix = "orders-backfill-"
  force_destroy = true
}

resource "aws_s3_bucket_public_access_block" "backfill" {
  bucket = aws_s3_bucket.backfill.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "backfill" {
  bucket = aws_s3_bucket.backfill.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "backfill" {
  bucket = aws_s3_bucket.backfill.id

  rule {
    id     = "expire"
    status = "Enabled"

    filter {}

    expiration {
      days = 14
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }
}

resource "aws_s3_bucket_policy" "backfill" {
  bucket = aws_s3_bucket.backfill.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "TlsOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = [aws_s3_bucket.backfill.arn, "${aws_s3_bucket.backfill.arn}/*"]
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      }
    ]
  })
}

output "state_machine_arn" {
  description = "What `aws stepfunctions start-execution` starts."
  value       = aws_sfn_state_machine.backfill.arn
}

output "bucket" {
  description = "Bucket with the export, its parts and, under `report/`, the results."
  value       = aws_s3_bucket.backfill.bucket
}
