# A bucket for the backups of Sluice, the key that encrypts them, and the rights of each server. README.md says what was tried of it.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

resource "aws_s3_bucket" "backups" {
  bucket              = var.bucket
  object_lock_enabled = var.object_lock
  force_destroy       = var.force_destroy
  tags                = var.tags
}

# No ACLs: the bucket's owner owns every object.
resource "aws_s3_bucket_ownership_controls" "backups" {
  bucket = aws_s3_bucket.backups.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_public_access_block" "backups" {
  bucket                  = aws_s3_bucket.backups.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

# What is deleted or written over stays as an older version (docs/security.md, "Getting back"). Object Lock needs it.
resource "aws_s3_bucket_versioning" "backups" {
  bucket = aws_s3_bucket.backups.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_object_lock_configuration" "backups" {
  count  = var.object_lock && var.object_lock_default != null ? 1 : 0
  bucket = aws_s3_bucket.backups.id

  rule {
    default_retention {
      mode = var.object_lock_default.mode
      days = var.object_lock_default.days
    }
  }

  depends_on = [aws_s3_bucket_versioning.backups]
}

resource "aws_kms_key" "backups" {
  count                   = var.kms ? 1 : 0
  description             = "Backups of SQL Server in ${var.bucket}"
  enable_key_rotation     = true
  deletion_window_in_days = 30
  tags                    = var.tags

  # The account's own policies decide, such as those below.
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "TheAccountsPoliciesDecide"
        Effect    = "Allow"
        Principal = { AWS = "arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:root" }
        Action    = "kms:*"
        Resource  = "*"
      },
    ]
  })

  lifecycle {
    # Without the key no backup can be read any more.
    prevent_destroy = true
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "backups" {
  bucket = aws_s3_bucket.backups.id

  rule {
    bucket_key_enabled = var.kms

    apply_server_side_encryption_by_default {
      sse_algorithm     = var.kms ? "aws:kms" : "AES256"
      kms_master_key_id = var.kms ? aws_kms_key.backups[0].arn : null
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "backups" {
  bucket = aws_s3_bucket.backups.id

  # Of a machine that was lost in the middle of a backup. `sluice doctor` looks for this rule.
  rule {
    id     = "unfinished-uploads"
    status = "Enabled"

    filter {
      prefix = ""
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = var.abort_uploads_days
    }
  }

  # Only versions that are current no longer: which backups stay is the policy's to say, in sluice.yaml. S3 keeps a locked version
  # until its lock ends, whatever this says.
  rule {
    id     = "older-versions"
    status = "Enabled"

    filter {
      prefix = ""
    }

    noncurrent_version_expiration {
      noncurrent_days = var.noncurrent_days
    }
  }

  # A delete marker that hides nothing any more slows listings down.
  rule {
    id     = "expired-delete-markers"
    status = "Enabled"

    filter {
      prefix = ""
    }

    expiration {
      expired_object_delete_marker = true
    }
  }

  depends_on = [aws_s3_bucket_versioning.backups]
}

resource "aws_s3_bucket_policy" "backups" {
  bucket = aws_s3_bucket.backups.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "OnlyByTLS"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = [aws_s3_bucket.backups.arn, "${aws_s3_bucket.backups.arn}/*"]
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })

  depends_on = [aws_s3_bucket_public_access_block.backups]
}

module "policy" {
  source   = "./policy"
  for_each = var.identities

  partition   = data.aws_partition.current.partition
  bucket      = var.bucket
  prefix      = var.prefix
  identity    = each.value
  object_lock = var.object_lock
  prune       = var.prune
  kms_key_arn = var.kms ? aws_kms_key.backups[0].arn : null
}

resource "aws_iam_policy" "server" {
  for_each    = var.identities
  name        = "sluice-${each.value}"
  description = "What Sluice needs in ${var.bucket} for ${each.value}"
  policy      = module.policy[each.value].json
  tags        = var.tags
}
