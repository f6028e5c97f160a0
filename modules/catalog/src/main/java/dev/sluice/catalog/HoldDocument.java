package dev.sluice.catalog;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Says that a backup must not be removed, and with it the backups that a restore of it reads.
///
/// @param sluiceVersion the program that wrote it
/// @param backupId      the backup that a person has named
/// @param server        the configured identity
/// @param database      the backup's
/// @param heldAt        when, by the clock of the machine where the person entered it. Nothing is decided by it
/// @param until         when the hold ends; null when only a person ends it
/// @param reason        the person's words; null for none
/// @param backups       the ids of all backups that must not be removed: those that a restore reads, in its
///                      order, the named one last
/// @param legalHold     whether the objects of these backups were put under S3's legal hold, which the end of
///                      this hold has to lift
public record HoldDocument(
        String sluiceVersion,
        String backupId,
        String server,
        String database,
        Instant heldAt,
        @Nullable Instant until,
        @Nullable String reason,
        List<String> backups,
        boolean legalHold) {

    /// Without legal hold.
    public HoldDocument(
            String sluiceVersion,
            String backupId,
            String server,
            String database,
            Instant heldAt,
            @Nullable Instant until,
            @Nullable String reason,
            List<String> backups) {
        this(sluiceVersion, backupId, server, database, heldAt, until, reason, backups, false);
    }

    /// The longest reason.
    public static final int LONGEST_REASON = 1_000;

    /// A chain has at most so many backups: logs every minute for two years.
    static final int MOST_BACKUPS = 1 << 20;

    public HoldDocument {
        backups = List.copyOf(backups);
        if (!backups.contains(backupId)) {
            throw new IllegalArgumentException("a hold holds the backup that it names");
        }
        if (reason != null && (reason.isBlank() || reason.length() > LONGEST_REASON)) {
            throw new IllegalArgumentException("a reason has 1 to 1000 characters");
        }
    }

    /// Whether the hold still holds at this instant.
    public boolean isInForce(Instant now) {
        return until == null || until.isAfter(now);
    }

    /// In a few words, for the reason why a backup stays.
    public String text() {
        return "held%s%s%s"
                .formatted(
                        until == null ? "" : " until " + until,
                        legalHold ? ", with legal hold" : "",
                        reason == null ? "" : ": " + PrintableText.text(reason));
    }
}
