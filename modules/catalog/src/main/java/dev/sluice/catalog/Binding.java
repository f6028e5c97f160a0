package dev.sluice.catalog;

import dev.sluice.catalog.BackupDocument.Segment;
import dev.sluice.catalog.BackupDocument.Stripe;
import java.math.BigInteger;
import java.time.Instant;
import java.time.temporal.ChronoField;
import java.util.HashSet;
import java.util.Set;

/// Whether a document is the one that its key names, by what the two say rather than by their text.
///
/// An object can be copied, renamed or changed by people and by other programs. What a document says decides
/// what is read, joined and deleted, so one that speaks of another backup than its key, or of another's
/// objects, is refused.
///
/// @param name whole key, for the error
/// @param keys of the server whose directory the document was found in
record Binding(String name, Keys keys) {

    /// SQL Server's clock counts in units of 100 ns, and so do keys.
    private static final int TICK = 100;

    BackupDocument entry(CatalogKey key, BackupDocument document) {
        backup(key.backupId(), document);
        if (!Keys.isDatabase(key.database(), document.database())) {
            throw refused("database", document.database(), "the directory is that of another database");
        }
        same("type", document.type(), key.type());
        same("startedAt", ticks(document.startedAt()), key.startedAt());
        same("firstLsn", document.firstLsn(), key.firstLsn());
        same("lastLsn", document.lastLsn(), key.lastLsn());
        same("bytes", BigInteger.valueOf(document.bytes()), BigInteger.valueOf(key.bytes()));
        return document;
    }

    /// @param id from the key of a pending document, or of the note of a removal
    BackupDocument backup(String id, BackupDocument document) {
        same("backupId", document.backupId(), id);
        server(document.server());
        Set<DataKey> seen = new HashSet<>();
        Set<String> elsewhere = new HashSet<>();
        sums(document);
        for (Stripe stripe : document.stripes()) {
            for (Segment segment : stripe.segments()) {
                if (isElsewhere(segment, document) && elsewhere.add(segment.key())) {
                    continue;
                }
                DataKey key = DataKey.parse(segment.key())
                        .filter(data -> isOwn(data, document) && data.stripe() == stripe.index() && seen.add(data))
                        .orElse(null);
                if (key == null) {
                    throw refused(
                            "a segment of stripe " + stripe.index(),
                            segment.key(),
                            "a backup's objects lie under its own " + keys.data(document.database(), id));
                }
            }
        }
        return document;
    }

    /// What another program has stored lies where that program has put it, and is only ever read.
    private static boolean isElsewhere(Segment segment, BackupDocument document) {
        return document.origin() == Origin.ADOPTED
                && segment.key().startsWith("/")
                && segment.key().length() > 1;
    }

    private void sums(BackupDocument document) {
        SumsObject sums = document.sums();
        if (sums != null
                && DataKey.parse(sums.key())
                        .filter(key -> key.isSums() && isOwn(key, document))
                        .isEmpty()) {
            throw refused(
                    "the object of its sums",
                    sums.key(),
                    "a backup's objects lie under its own " + keys.data(document.database(), document.backupId()));
        }
    }

    private boolean isOwn(DataKey key, BackupDocument document) {
        return keys.root().equals(key.server() + "/")
                && key.backupId().equals(document.backupId())
                && Keys.isDatabase(key.database(), document.database());
    }

    OwnerDocument owner(OwnerDocument document) {
        server(document.server());
        return document;
    }

    private void server(String server) {
        if (!keys.isServer(server)) {
            throw refused("server", server, "the directory is that of another server, " + keys.root());
        }
    }

    private static Instant ticks(Instant instant) {
        return instant.minusNanos(instant.get(ChronoField.NANO_OF_SECOND) % TICK);
    }

    private void same(String member, Object said, Object key) {
        if (!said.equals(key)) {
            throw refused(member, said.toString(), "the key says " + key);
        }
    }

    private CatalogException refused(String member, String said, String key) {
        return new CatalogException(
                "%s is not what its key names: %s is '%s', and %s. It was copied there, or changed: its backup is not touched."
                        .formatted(name, member, Shown.text(said), key),
                null);
    }
}
