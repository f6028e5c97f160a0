package dev.sluice.catalog;

import dev.sluice.catalog.BackupDocument.Segment;
import dev.sluice.catalog.BackupDocument.Stripe;
import java.math.BigInteger;
import java.time.Instant;
import java.time.temporal.ChronoField;
import java.util.HashSet;
import java.util.Set;

/// Checks that a document and its key describe the same backup, by comparing their facts and not their text.
///
/// People and other programs can copy, rename or change an object. Sluice reads, joins and deletes by the
/// document's contents. So it refuses a document about another backup than its key's, or about another backup's
/// objects.
///
/// @param name the whole key, for messages
/// @param keys the keys of the server in whose directory the document was found
record DocumentKeyCheck(String name, Keys keys) {

    /// SQL Server's clock counts in units of 100 ns, and so do keys.
    private static final int TICK = 100;

    BackupDocument entry(CatalogKey key, BackupDocument document) {
        backup(key.backupId(), document);
        if (!Keys.isDatabase(key.database(), document.database())) {
            throw refused("database", document.database(), "its directory belongs to another database");
        }
        same("type", document.type(), key.type());
        same("startedAt", ticks(document.startedAt()), key.startedAt());
        same("firstLsn", document.firstLsn(), key.firstLsn());
        same("lastLsn", document.lastLsn(), key.lastLsn());
        same("bytes", BigInteger.valueOf(document.bytes()), BigInteger.valueOf(key.bytes()));
        return document;
    }

    /// @param id the id in the key of a pending document or of a removal note
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

    /// Another program's objects may lie anywhere, since Sluice only reads them.
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

    HoldDocument hold(String id, HoldDocument document) {
        same("backupId", document.backupId(), id);
        server(document.server());
        return document;
    }

    PauseDocument pause(String id, PauseDocument document) {
        same("pauseId", document.pauseId(), id);
        server(document.server());
        return document;
    }

    OwnerDocument owner(OwnerDocument document) {
        server(document.server());
        return document;
    }

    private void server(String server) {
        if (!keys.isServer(server)) {
            throw refused("server", server, "its directory belongs to another server, " + keys.root());
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
        return CatalogException.ofDamage(
                "%s contradicts its key: %s is '%s', but %s. The document was copied to this key or changed, so Sluice does not touch its backup."
                        .formatted(name, member, PrintableText.text(said), key),
                null);
    }
}
