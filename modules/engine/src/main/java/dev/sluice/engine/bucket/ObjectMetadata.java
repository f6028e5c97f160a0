package dev.sluice.engine.bucket;

import dev.sluice.catalog.BackupDocument;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;

/// What each object of a backup says about itself (`x-amz-meta-sluice-…`), so that an entry of the catalog can be
/// made again from the data alone.
///
/// Only what is known before the first byte: S3 takes metadata when an object is created, and never later.
public final class ObjectMetadata {

    /// An identity is not limited by configuration, and the metadata of an object is: 2 KB in all, of which the
    /// name of a database may take 1,152 bytes.
    private static final int LONGEST_SERVER = 512;

    private ObjectMetadata() {}

    /// @param stripe  from 1
    /// @param stripes of the backup
    public static Map<String, String> of(BackupDocument backup, int stripe, int stripes) {
        String server = encoded(backup.server());
        return Map.of(
                "sluice-backup", backup.backupId(),
                // A longer one is in the key, by its hash.
                "sluice-server", server.substring(0, Math.min(LONGEST_SERVER, server.length())),
                "sluice-database", encoded(backup.database()),
                "sluice-type", backup.type().name().toLowerCase(Locale.ROOT),
                "sluice-stripe", String.format(Locale.ROOT, "%d/%d", stripe, stripes),
                "sluice-copy-only", Boolean.toString(backup.copyOnly()),
                "sluice-started", backup.startedAt().toString(),
                "sluice-version", encoded(backup.sluiceVersion()));
    }

    /// UTF-8, percent-encoded: any decoder of URLs reads it.
    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
