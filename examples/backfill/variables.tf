variable "stream_enabled" {
  description = "Whether the stream invokes the function: false until the backfill is done, true from then on."
  type        = bool
  default     = false
}

variable "concurrency" {
  description = "Parts that are sent at once: the most invocations of the function that the backfill makes at a time."
  type        = number
  default     = 10
}

variable "part_items" {
  description = "Most items in a part, which is one invocation of the function."
  type        = number
  default     = 100
}

variable "retries" {
  description = "How often a part is sent again, all of it, before it counts as failed."
  type        = number
  default     = 3
}

variable "tolerated_failure_percentage" {
  description = "Parts with a failing item, in percent, from which on the backfill is stopped."
  type        = number
  default     = 1
}
