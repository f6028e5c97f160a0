package dev.sluice.s3;

import java.time.Instant;

/// A multipart upload that was neither completed nor aborted; S3 bills for its parts until one or the other.
///
/// @param key       key below the store's prefix
/// @param uploadId  the server's name for it
/// @param initiated by the server's clock
public record OngoingUpload(String key, String uploadId, Instant initiated) {}
