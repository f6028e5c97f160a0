# The rights that Sluice needs, as `sluice init` writes them into policy.json: TerraformPolicyTest holds the two equal, statement by
# statement. This module asks no provider anything, so that it can be computed, and tested, without one.

locals {
  bucket    = "arn:${var.partition}:s3:::${var.bucket}"
  store     = var.prefix == "" ? "" : "${var.prefix}/"
  directory = "${local.store}${var.identity}/"
  objects   = "${local.bucket}/${local.directory}"

  statements = concat(
    [
      {
        Sid    = "StoreAndReadBackups"
        Effect = "Allow"
        Action = concat(
          ["s3:PutObject", "s3:GetObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"],
          # All but the first are for `hold --lock` and `show`.
          var.object_lock ? [
            "s3:PutObjectRetention", "s3:PutObjectLegalHold", "s3:GetObjectRetention", "s3:GetObjectLegalHold",
          ] : [],
        )
        Resource = ["${local.objects}*"]
      },
    ],
    var.prune ? [
      {
        Sid      = "RemoveBackups"
        Effect   = "Allow"
        Action   = ["s3:DeleteObject"]
        Resource = ["${local.objects}*"]
      },
      ] : [
      # Nothing that a finished backup consists of.
      {
        Sid    = "RemoveOwnNotes"
        Effect = "Allow"
        Action = ["s3:DeleteObject"]
        Resource = [
          "${local.objects}pending/*",
          "${local.objects}scratch/*",
          "${local.objects}history/*",
          "${local.objects}pauses/*",
          "${local.objects}self-test/*",
          "${local.objects}verifications/*",
          "${local.objects}doctor-*",
        ]
      },
    ],
    [
      # S3 holds the key of a GET against s3:prefix too, when it decides whether an absent object is a 404 or a 403.
      {
        Sid       = "ListBackups"
        Effect    = "Allow"
        Action    = ["s3:ListBucket"]
        Resource  = [local.bucket]
        Condition = { StringLike = { "s3:prefix" = [local.store, "${local.directory}*"] } }
      },
      # Neither of these two knows a condition for a prefix.
      {
        Sid      = "FindUnfinishedUploads"
        Effect   = "Allow"
        Action   = ["s3:ListBucketMultipartUploads", "s3:GetLifecycleConfiguration"]
        Resource = [local.bucket]
      },
    ],
    var.kms_key_arn == null ? [] : [
      {
        Sid      = "UseTheBackupsKey"
        Effect   = "Allow"
        Action   = ["kms:GenerateDataKey", "kms:Decrypt"]
        Resource = [var.kms_key_arn]
      },
    ],
  )
}
