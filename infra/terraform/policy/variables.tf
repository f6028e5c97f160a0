variable "partition" {
  description = "The partition of ARNs."
  type        = string
  default     = "aws"

  validation {
    condition     = contains(["aws", "aws-cn", "aws-us-gov"], var.partition)
    error_message = "partition is aws, aws-cn or aws-us-gov."
  }
}

variable "bucket" {
  description = "The bucket's name."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.bucket))
    error_message = "bucket has 3 to 63 lower-case letters, digits, dots and hyphens, and begins and ends with a letter or digit."
  }
}

variable "prefix" {
  description = "store.prefix of sluice.yaml: what all keys begin with."
  type        = string
  default     = ""

  validation {
    condition     = var.prefix == "" || can(regex("^[A-Za-z0-9._=-]+(/[A-Za-z0-9._=-]+)*$", var.prefix))
    error_message = "prefix has letters, digits, '.', '_', '=' and '-', parted by '/', and neither begins nor ends with '/'."
  }
}

variable "identity" {
  description = "server.identity of sluice.yaml: the server's name in the bucket, for ever."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$", var.identity))
    error_message = "identity has 1 to 63 letters, digits, '.', '_' and '-', and begins with a letter or digit."
  }
}

variable "object_lock" {
  description = "Whether sluice.yaml has store.object-lock."
  type        = bool
  default     = false
}

variable "prune" {
  description = "Whether Sluice may remove backups. Without, a second person does it (docs/security.md)."
  type        = bool
  default     = true
}

variable "kms_key_arn" {
  description = "ARN of the key in KMS; null where backups are not encrypted with one."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.kms_key_arn))
    error_message = "kms_key_arn is the ARN of a key, not of an alias: IAM knows no other."
  }
}
