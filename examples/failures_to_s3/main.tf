# The failed records contain the data of the table: their bucket is protected like the table
resource "aws_kms_key" "failures" {
  description         = "Failed records of the table orders"
  enable_key_rotation = true
}

resource "aws_s3_bucket" "failures" {
  bucket_prefix = "orders-failures-"
}

resource "aws_s3_bucket_server_side_encryption_configuration" "failures" {
  bucket = aws_s3_bucket.failures.id

  rule {
    bucket_key_enabled = true

    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.failures.arn
    }
  }
}

resource "aws_s3_bucket_public_access_block" "failures" {
  bucket = aws_s3_bucket.failures.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_versioning" "failures" {
  bucket = aws_s3_bucket.failures.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "failures" {
  bucket = aws_s3_bucket.failures.id

  rule {
    id     = "expire"
    status = "Enabled"

    filter {}

    expiration {
      days = 90
    }

    noncurrent_version_expiration {
      noncurrent_days = 30
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }

  depends_on = [aws_s3_bucket_versioning.failures]
}

module "ddb_stream_lambda" {
  source = "../../module"

  name              = "orders"
  function_filename = "${path.module}/../../dist/stream_handler.zip"
  function_handler  = "handler.handler"
  function_runtime  = "python3.13"

  # The metrics of the mapping show discarded records: the destination has no queue to watch
  event_source_metrics_enabled = true

  on_failure_destination = {
    type        = "s3"
    arn         = aws_s3_bucket.failures.arn
    kms_key_arn = aws_kms_key.failures.arn
  }
}
