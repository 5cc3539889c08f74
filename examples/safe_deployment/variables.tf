variable "release" {
  description = "Release of the function."
  type        = string
  default     = "1"
}
