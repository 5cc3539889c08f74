variable "account_id" {
  description = "ID of this account."
  type        = string
  default     = "123456789012"
}

variable "reader_role_arn" {
  description = "Role of the function of the other account."
  type        = string
  default     = "arn:aws:iam::210987654321:role/search-eu-west-1"
}
