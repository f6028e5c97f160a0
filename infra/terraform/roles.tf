# Roles for pods. Both ways give the role to the pod's service account, so SQL Server's container has it too.

locals {
  irsa_accounts = var.irsa == null ? {} : {
    for identity, account in var.irsa.service_accounts : identity => account if contains(var.identities, identity)
  }
}

resource "aws_iam_role" "irsa" {
  for_each = local.irsa_accounts
  name     = "sluice-${each.key}"
  tags     = var.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Principal = { Federated = var.irsa.provider_arn }
        Action    = "sts:AssumeRoleWithWebIdentity"
        Condition = {
          StringEquals = {
            "${var.irsa.issuer}:aud" = "sts.amazonaws.com"
            "${var.irsa.issuer}:sub" = "system:serviceaccount:${each.value}"
          }
        }
      },
    ]
  })
}

resource "aws_iam_role_policy_attachment" "irsa" {
  for_each   = local.irsa_accounts
  role       = aws_iam_role.irsa[each.key].name
  policy_arn = aws_iam_policy.server[each.key].arn
}

resource "aws_iam_role" "pod_identity" {
  for_each = var.pod_identity ? var.identities : toset([])
  name     = "sluice-pod-${each.value}"
  tags     = var.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Principal = { Service = "pods.eks.amazonaws.com" }
        Action    = ["sts:AssumeRole", "sts:TagSession"]
      },
    ]
  })
}

resource "aws_iam_role_policy_attachment" "pod_identity" {
  for_each   = var.pod_identity ? var.identities : toset([])
  role       = aws_iam_role.pod_identity[each.value].name
  policy_arn = aws_iam_policy.server[each.value].arn
}
