package dev.sluice.catalog;

/// The object beside a backup's data that holds the sums of its parts and blocks if they are too many for its
/// document.
///
/// @param key    below the store's prefix
/// @param bytes  its size
/// @param crc32c CRC32C of the whole object, eight hexadecimal digits
public record SumsObject(String key, long bytes, String crc32c) {}
