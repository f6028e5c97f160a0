package dev.sluice.catalog;

/// What the sums of a backup's parts and blocks were made from.
public enum SumsOrigin {
    /// The bytes as SQL Server sent them: an object that matches is what SQL Server sent.
    STORING,
    /// The object, which was read again later: that it matches says that nothing has changed since, and nothing
    /// about the time before.
    READING
}
