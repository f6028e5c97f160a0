package dev.sluice.engine.export;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// What to do with an instance's export.
///
/// @param passphrase that opens it again
/// @param file       where it goes; null for the bucket
public record ExportRequest(Passphrase passphrase, @Nullable Path file) {}
