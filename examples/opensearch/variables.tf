# The defaults stand for a domain that another configuration owns.

variable "endpoint" {
  description = "URL of the OpenSearch domain."
  type        = string
  default     = "https://search-orders-abcdefghijklmnopqrstuvwxyz.eu-west-1.es.amazonaws.com"
}

variable "domain_arn" {
  description = "ARN of the domain."
  type        = string
  default     = "arn:aws:es:eu-west-1:123456789012:domain/orders"
}

variable "index" {
  description = "Name of the index."
  type        = string
  default     = "orders"
}

variable "auth" {
  description = "How the function authorizes itself: es, or none for a server that asks for nothing."
  type        = string
  default     = "es"
}
