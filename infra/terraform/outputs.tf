output "bucket" {
  description = "store.bucket of sluice.yaml."
  value       = aws_s3_bucket.backups.id
}

output "kms_key_arn" {
  description = "store.sse.kms of sluice.yaml; null without a key."
  value       = var.kms ? aws_kms_key.backups[0].arn : null
}

output "policy_arns" {
  description = "The policy of each server, by identity, for a user or a role of your own."
  value       = { for identity, policy in aws_iam_policy.server : identity => policy.arn }
}

output "irsa_role_arns" {
  description = "The role of each server for the annotation eks.amazonaws.com/role-arn, by identity."
  value       = { for identity, role in aws_iam_role.irsa : identity => role.arn }
}

output "pod_identity_role_arns" {
  description = "The role of each server for an association of EKS Pod Identity, by identity."
  value       = { for identity, role in aws_iam_role.pod_identity : identity => role.arn }
}
