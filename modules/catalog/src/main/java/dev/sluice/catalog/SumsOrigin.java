package dev.sluice.catalog;

/// The bytes from which the sums of a backup's parts and blocks were made.
public enum SumsOrigin {
    /// The bytes as SQL Server sent them: an object that matches has exactly these bytes.
    STORING,
    /// The bytes of the object, read again later. A match says that the object has not changed since then, and
    /// nothing about the time before.
    READING
}
