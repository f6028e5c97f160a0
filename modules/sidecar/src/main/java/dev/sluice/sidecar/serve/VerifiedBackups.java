package dev.sluice.sidecar.serve;

import dev.sluice.catalog.Keys;
import dev.sluice.catalog.VerificationDocument;
import dev.sluice.catalog.VerificationKey;
import dev.sluice.catalog.Verifications;
import dev.sluice.engine.run.Blocking;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What is known of the verifications of backups: what the bucket had at the last look, and what this process
/// has found since. Documents are never read: their keys say it. Of databases that no policy has verified,
/// nothing is kept.
///
/// A listing costs a request for each thousand verifications, of all databases together. So it is made with
/// every look at the bucket, and once an hour when there are many: what other processes have found may be that
/// late.
///
/// **Threading:** any thread; one look at a time.
final class VerifiedBackups {

    private static final Logger log = LoggerFactory.getLogger(VerifiedBackups.class);

    /// Ten requests.
    private static final int MANY = 10_000;

    private static final Duration LISTED_AGAIN = Duration.ofHours(1);

    /// Keys know no shorter time.
    private static final Duration UNIT = Duration.ofNanos(100);

    private final Verifications verifications;

    // All of these are guarded by this.
    private Map<String, VerifiedTable> known = Map.of(); // by the directory of the database
    private Set<String> looked = Set.of();
    private final Map<Backup, Heard> heard = new HashMap<>();
    private final Map<String, Integer> changes = new HashMap<>();
    private int looks;
    private Instant nextLook = Instant.MIN;
    private int ahead;

    VerifiedBackups(Verifications verifications) {
        this.verifications = verifications;
    }

    /// What is known of one backup.
    ///
    /// @param sound when the last verification ended that found nothing wrong; null when there was none
    /// @param last  when the last verification ended
    record Known(@Nullable Instant sound, Instant last) {

        boolean isDamaged() {
            return sound == null || sound.isBefore(last);
        }

        /// The earliest verification that is still known.
        Instant first() {
            return sound == null || last.isBefore(sound) ? last : sound;
        }

        private static Known of(Instant at, boolean isSound) {
            return new Known(isSound ? at : null, at);
        }

        private static Known of(Known other, Instant at, boolean isSound) {
            return new Known(isSound ? later(at, other.sound) : other.sound, later(at, other.last));
        }
    }

    private static Instant later(Instant one, @Nullable Instant other) {
        return other == null || one.isAfter(other) ? one : other;
    }

    private record Backup(String database, String backupId) {}

    /// What this process has found itself.
    ///
    /// @param overrules the latest sound verification that was known when this one found damage; null for none.
    ///                  Whatever its clock said, this one came after it
    private record Heard(
            Instant at, boolean isSound, @Nullable Instant overrules) {

        /// What is known by both.
        Known and(@Nullable Known seen) {
            if (seen == null) {
                return Known.of(at, isSound);
            }
            Instant sound = seen.sound();
            boolean wasBefore =
                    !isSound && sound != null && !sound.isBefore(at) && overrules != null && !sound.isAfter(overrules);
            return wasBefore ? new Known(at.minus(UNIT), at) : Known.of(seen, at, isSound);
        }
    }

    /// Lists what the bucket has, unless there is much of it and that was done not long ago.
    ///
    /// A sound verification of the future is not believed: until then it would hide damage, and no other
    /// verification would be due. Damage is believed, as of now.
    ///
    /// @param databases those that policies have verified
    /// **Errors:** [dev.sluice.catalog.CatalogException], [dev.sluice.s3.S3Failure]; then the last look stands.
    void look(Instant now, Set<String> databases) {
        synchronized (this) {
            if (now.isBefore(nextLook) && looked.containsAll(databases)) {
                return;
            }
        }
        Listing listing = new Listing(now, databases);
        Blocking.untilTheEnd().readEach(verifications.list(), listing::add);
        synchronized (this) {
            heard.keySet().removeIf(backup -> !databases.contains(backup.database()));
            heard.entrySet().removeIf(entry -> {
                // What the bucket does not show yet, or could not keep, is known here alone.
                VerifiedTable seen = listing.of(entry.getKey().database());
                Known there = seen.get(entry.getKey().backupId());
                Known both = entry.getValue().and(there);
                seen.put(entry.getKey().backupId(), both);
                return both.equals(there);
            });
            known = listing.seen;
            looked = Set.copyOf(databases);
            looks++;
            nextLook = listing.count > MANY ? now.plus(LISTED_AGAIN) : Instant.MIN;
            tell(listing);
        }
    }

    private void tell(Listing listing) {
        if (listing.ahead > ahead) {
            log.atWarn()
                    .addKeyValue("count", listing.ahead)
                    .addKeyValue("key", listing.firstAhead)
                    .log(
                            "verifications in the bucket say that they ended in the future; those that say that a backup is"
                                    + " sound are not believed. Compare the clocks of the machines that verify");
        }
        ahead = listing.ahead;
    }

    /// What one listing shows. **Threading:** one key at a time.
    private static final class Listing {
        final Map<String, VerifiedTable> seen = new HashMap<>();
        private final Instant now;
        private int count;
        private int ahead;
        private @Nullable String firstAhead;

        Listing(Instant now, Set<String> databases) {
            this.now = VerificationDocument.counted(now);
            databases.forEach(database -> seen.put(Keys.database(database), new VerifiedTable()));
        }

        VerifiedTable of(String database) {
            return seen.computeIfAbsent(Keys.database(database), _ -> new VerifiedTable());
        }

        void add(VerificationKey key) {
            count++;
            VerifiedTable table = seen.get(key.database());
            if (table == null) {
                return;
            }
            boolean isAhead = key.isAhead(now);
            if (isAhead) {
                ahead++;
                firstAhead = firstAhead == null ? key.key() : firstAhead;
            }
            if (!isAhead || !key.isSound()) {
                Instant at = isAhead ? now : key.finishedAt();
                Known other = table.get(key.backupId());
                table.put(
                        key.backupId(),
                        other == null ? Known.of(at, key.isSound()) : Known.of(other, at, key.isSound()));
            }
        }
    }

    /// Whether the bucket was looked at for the database; before, nothing is known to be unverified.
    synchronized boolean looked(String database) {
        return looked.contains(database);
    }

    /// Another number whenever something has changed that is known of the database's backups.
    synchronized int version(String database) {
        return looks + changes.getOrDefault(database, 0);
    }

    /// Lets the question look at what is known of the database's backups, by their ids, while nothing changes
    /// it.
    synchronized <T> T ask(String database, Function<Function<String, @Nullable Known>, T> question) {
        VerifiedTable table = known.get(Keys.database(database));
        return question.apply(id -> table == null ? null : table.get(id));
    }

    /// This process has verified a backup.
    synchronized void heard(String database, String backupId, Instant at, boolean sound) {
        VerifiedTable table = known.get(Keys.database(database));
        Known seen = table == null ? null : table.get(backupId);
        Backup backup = new Backup(database, backupId);
        Heard before = heard.get(backup);
        Instant overrules = seen == null ? null : seen.sound();
        if (before != null && before.overrules() != null) {
            overrules = later(before.overrules(), overrules);
        }
        Heard one = new Heard(VerificationDocument.counted(at), sound, sound ? null : overrules);
        heard.put(backup, one);
        if (table != null) {
            table.put(backupId, one.and(seen));
        }
        changes.merge(database, 1, Integer::sum);
    }

    /// Forgets what this process has found of backups that are not there any more.
    ///
    /// @param isThere whether a database has a backup of this id
    synchronized void retain(BiPredicate<String, String> isThere) {
        heard.keySet().removeIf(backup -> !isThere.test(backup.database(), backup.backupId()));
    }
}
