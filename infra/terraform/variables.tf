variable "bucket" {
  description = "The bucket's name. The module makes it."
  type        = string
}

variable "prefix" {
  description = "store.prefix of sluice.yaml: what all keys begin with, so that servers can share a bucket."
  type        = string
  default     = ""
}

variable "identities" {
  description = "server.identity of each SQL Server that stores its backups here. Each gets a policy of its own, for its own directory."
  type        = set(string)

  validation {
    condition     = length(var.identities) > 0
    error_message = "identities names at least one server."
  }
}

variable "prune" {
  description = "Whether Sluice may remove backups. Without, a second person does it (docs/security.md)."
  type        = bool
  default     = true
}

variable "kms" {
  description = "Whether backups are encrypted with a key in KMS that the module makes. Without, S3's own key encrypts them."
  type        = bool
  default     = true
}

variable "object_lock" {
  description = "Whether the bucket is made for Object Lock. It cannot be switched off later. Sluice locks what it stores (store.object-lock)."
  type        = bool
  default     = false
}

variable "object_lock_default" {
  description = "A lock for objects whose writer asks for none; null for none. It also locks pending documents and notes, which Sluice then can hide only."
  type = object({
    mode = string
    days = number
  })
  default = null

  validation {
    condition = var.object_lock_default == null || try(
      contains(["GOVERNANCE", "COMPLIANCE"], var.object_lock_default.mode)
      && var.object_lock_default.days >= 1 && var.object_lock_default.days <= 36500,
      false,
    )
    error_message = "object_lock_default has the mode GOVERNANCE or COMPLIANCE, and 1 to 36500 days."
  }
}

variable "noncurrent_days" {
  description = "For how many days versions are kept that were deleted or written over: how long a mistake or a thief's deletion can be undone."
  type        = number
  default     = 30

  validation {
    condition     = var.noncurrent_days >= 1 && floor(var.noncurrent_days) == var.noncurrent_days
    error_message = "noncurrent_days is a whole number of at least 1."
  }
}

variable "abort_uploads_days" {
  description = "After how many days unfinished uploads are removed, as a lost machine leaves them. A backup that takes longer would lose its parts."
  type        = number
  default     = 2

  validation {
    condition     = var.abort_uploads_days >= 1 && floor(var.abort_uploads_days) == var.abort_uploads_days
    error_message = "abort_uploads_days is a whole number of at least 1; `sluice doctor` expects such a rule."
  }
}

variable "irsa" {
  description = "For pods of EKS with IRSA: the cluster's OIDC provider, and the service account of each identity as NAMESPACE:NAME."
  type = object({
    provider_arn     = string
    issuer           = string
    service_accounts = map(string)
  })
  default = null

  validation {
    condition = var.irsa == null || try(alltrue([
      for account in values(var.irsa.service_accounts) : can(regex("^[a-z0-9-]+:[a-z0-9.-]+$", account))
    ]), false)
    error_message = "irsa.service_accounts names each account as NAMESPACE:NAME, without a wildcard."
  }

  validation {
    condition     = var.irsa == null || try(!startswith(var.irsa.issuer, "https://"), false)
    error_message = "irsa.issuer is the issuer without https://."
  }
}

variable "pod_identity" {
  description = "Whether each identity gets a role for EKS Pod Identity. Associate it with the pod's service account yourself."
  type        = bool
  default     = false
}

variable "force_destroy" {
  description = "Whether `terraform destroy` deletes a bucket with backups in it."
  type        = bool
  default     = false
}

variable "tags" {
  description = "Tags of everything that the module makes."
  type        = map(string)
  default     = {}
}
