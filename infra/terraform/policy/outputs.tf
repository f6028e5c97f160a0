output "json" {
  description = "The policy as JSON, for a role or a user."
  value       = jsonencode({ Version = "2012-10-17", Statement = local.statements })
}
