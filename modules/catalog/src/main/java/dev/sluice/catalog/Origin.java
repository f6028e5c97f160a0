package dev.sluice.catalog;

/// Who made the bytes of a backup, and the document about it.
public enum Origin {
    /// Sluice took the backup and wrote the document while the bytes went by.
    TAKEN,
    /// Sluice took the backup; its document was lost, and was made again from the data.
    REBUILT,
    /// Another program took the backup and stored its objects, anywhere in the bucket. Sluice only reads them.
    ADOPTED
}
