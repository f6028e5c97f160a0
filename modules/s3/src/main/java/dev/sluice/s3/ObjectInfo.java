package dev.sluice.s3;

import java.time.Instant;

/// What a listing or a HEAD says about an object.
///
/// @param key      key below the store's prefix
/// @param bytes    size
/// @param eTag     the server's name for this content
/// @param modified by the server's clock
public record ObjectInfo(String key, long bytes, String eTag, Instant modified) {}
