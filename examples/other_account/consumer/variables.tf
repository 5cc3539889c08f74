variable "existing_table" {
  description = "Output existing_table of the owner."
  type        = object({ account_id = string, stream_arn = string, kms_key_arn = string })
  default = {
    account_id  = "123456789012"
    stream_arn  = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026-01-02T03:04:05.678"
    kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  }
}
