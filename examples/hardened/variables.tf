variable "kms_key_arn" {
  description = "Customer managed key of the table, the environment, the log group and the queue."
  type        = string
  default     = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
}

variable "function_package" {
  description = "Signed package of the function."
  type        = object({ bucket = string, key = string, version = string })
  default     = { bucket = "signed-packages", key = "orders.zip", version = "1" }
}

variable "function_package_hash" {
  description = "Base64 SHA-256 of the signed package."
  type        = string
  default     = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
}

variable "code_signing_config_arn" {
  description = "Who must have signed the package."
  type        = string
  default     = "arn:aws:lambda:eu-west-1:123456789012:code-signing-config:csc-0123456789abcdef0"
}

variable "subnet_ids" {
  description = "Private subnets of the function."
  type        = list(string)
  default     = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
}

variable "security_group_ids" {
  description = "Security groups of the function."
  type        = list(string)
  default     = ["sg-0123456789abcdef0"]
}

variable "async_dead_letter_queue_arn" {
  description = "Queue for failed asynchronous invocations."
  type        = string
  default     = "arn:aws:sqs:eu-west-1:123456789012:async-failures"
}

variable "alarm_topic_arn" {
  description = "Topic that alarms notify."
  type        = string
  default     = "arn:aws:sns:eu-west-1:123456789012:alerts"
}
