package dev.sluice.catalog;

import java.time.Instant;
import java.util.HashSet;
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
/// @param legal         what this hold has put under S3's legal hold; null for nothing
public record HoldDocument(
        String sluiceVersion,
        String backupId,
        String server,
        String database,
        Instant heldAt,
        @Nullable Instant until,
        @Nullable String reason,
        List<String> backups,
        @Nullable LegalHold legal) {

    /// What a hold has put under S3's legal hold, and its release has to lift.
    ///
    /// @param backups    the ids of the backups whose objects were put under legal hold: some or all of those
    ///                   that the hold keeps
    /// @param heldBefore the keys of those objects that were under legal hold already, and by no hold of
    ///                   Sluice: a release leaves them as they are
    public record LegalHold(List<String> backups, List<String> heldBefore) {

        public LegalHold {
            backups = List.copyOf(backups);
            heldBefore = List.copyOf(heldBefore);
            if (backups.isEmpty()) {
                throw new IllegalArgumentException("a legal hold is one of backups");
            }
        }
    }

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
        this(sluiceVersion, backupId, server, database, heldAt, until, reason, backups, null);
    }

    /// The longest reason.
    public static final int LONGEST_REASON = 1_000;

    /// A chain has at most so many backups: logs every minute for two years.
    static final int MOST_BACKUPS = 1 << 20;

    /// Objects that were under legal hold before.
    static final int MOST_OBJECTS = 1 << 20;

    public HoldDocument {
        backups = List.copyOf(backups);
        if (!backups.contains(backupId)) {
            throw new IllegalArgumentException("a hold holds the backup that it names");
        }
        if (legal != null && !new HashSet<>(backups).containsAll(legal.backups())) {
            throw new IllegalArgumentException("a hold puts only backups that it keeps under legal hold");
        }
        requireReason(reason);
    }

    /// **Errors:** [IllegalArgumentException] for words that no hold may have as its reason.
    public static void requireReason(@Nullable String reason) {
        if (reason != null && (reason.isBlank() || reason.length() > LONGEST_REASON)) {
            throw new IllegalArgumentException("a reason has 1 to 1000 characters");
        }
    }

    /// Whether it has put objects under S3's legal hold.
    public boolean legalHold() {
        return legal != null;
    }

    /// The same hold with another part under legal hold.
    public HoldDocument with(@Nullable LegalHold other) {
        return new HoldDocument(sluiceVersion, backupId, server, database, heldAt, until, reason, backups, other);
    }

    /// The ids of the backups that it has put under legal hold.
    public List<String> locked() {
        return legal == null ? List.of() : legal.backups();
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
                        legal != null ? ", with legal hold" : "",
                        reason == null ? "" : ": " + PrintableText.text(reason));
    }
}
