resource "aws_sqs_queue" "this" {
  count = 1

  name                      = "modules-dlq"
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true
}

output "arn" {
  value = aws_sqs_queue.this[0].arn
}
