resource "aws_s3_bucket" "failures" {
  bucket_prefix = "orders-failures-"
}

module "ddb_stream_lambda" {
  source = "../../module"

  name              = "orders"
  function_filename = "${path.module}/../../dist/stream_handler.zip"
  function_handler  = "handler.handler"
  function_runtime  = "python3.13"

  on_failure_destination = {
    type = "s3"
    arn  = aws_s3_bucket.failures.arn
  }
}
