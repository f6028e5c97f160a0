package dev.sluice.catalog;

/// The program that took a backup, and the source of its document.
public enum Origin {
    /// Sluice took the backup and wrote the document while the bytes went by.
    TAKEN,
    /// Sluice took the backup. Its document was lost, and Sluice made it again from the data.
    REBUILT,
    /// Another program took the backup and stored its objects, anywhere in the bucket. Sluice only reads them.
    ADOPTED
}
