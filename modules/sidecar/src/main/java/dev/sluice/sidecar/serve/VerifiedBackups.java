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
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// What is known of the verifications of all backups: what the bucket had at the last look, and what this
/// process has found since. Documents are never read: their keys say it.
///
/// A listing costs a request for each thousand verifications, of all databases together. So it is made with
/// every look at the bucket, and once an hour when there are many: what other processes have found may be that
/// late.
///
/// **Threading:** any thread.
final class VerifiedBackups {

    /// Ten requests.
    private static final int MANY = 10_000;

    private static final Duration LISTED_AGAIN = Duration.ofHours(1);

    private final Verifications verifications;

    // All of these are guarded by this.
    private Map<String, Map<String, Known>> known = new HashMap<>();
    private final Map<Heard, Known> heard = new HashMap<>();
    private final Map<String, Integer> changes = new HashMap<>();
    private int looks;
    private Instant nextLook = Instant.MIN;

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

        private static Known of(Instant at, boolean isSound) {
            return new Known(isSound ? at : null, at);
        }

        private Known and(Known other) {
            return new Known(later(sound, other.sound), last.isAfter(other.last) ? last : other.last);
        }

        private static @Nullable Instant later(@Nullable Instant one, @Nullable Instant other) {
            if (one == null || other == null) {
                return one == null ? other : one;
            }
            return one.isAfter(other) ? one : other;
        }
    }

    /// @param directory of the database
    private record Heard(String directory, String backupId) {}

    /// Lists what the bucket has, unless there is much of it and that was done not long ago.
    ///
    /// **Errors:** [dev.sluice.catalog.CatalogException], [dev.sluice.s3.S3Failure]; then the last look stands.
    void look(Instant now) {
        synchronized (this) {
            if (now.isBefore(nextLook)) {
                return;
            }
        }
        Map<String, Map<String, Known>> seen = new HashMap<>();
        int count = 0;
        for (VerificationKey key : Blocking.uncancellably(verifications.list())) {
            merge(seen, key.database(), key.backupId(), Known.of(key.finishedAt(), key.isSound()));
            count++;
        }
        synchronized (this) {
            // What the bucket does not show yet, or could not keep, is known here alone.
            heard.entrySet().removeIf(entry -> isIn(seen, entry.getKey(), entry.getValue()));
            heard.forEach((what, one) -> merge(seen, what.directory(), what.backupId(), one));
            known = seen;
            looks++;
            nextLook = count > MANY ? now.plus(LISTED_AGAIN) : Instant.MIN;
        }
    }

    private static boolean isIn(Map<String, Map<String, Known>> seen, Heard what, Known one) {
        Known other = seen.getOrDefault(what.directory(), Map.of()).get(what.backupId());
        return other != null && !other.last().isBefore(one.last());
    }

    /// Whether the bucket was looked at; before, nothing is known to be unverified.
    synchronized boolean looked() {
        return looks > 0;
    }

    /// Another number whenever something has changed that is known of the database's backups.
    synchronized int version(String database) {
        return looks + changes.getOrDefault(Keys.database(database), 0);
    }

    /// Lets the question look at what is known of the database's backups, by their ids, while nothing changes
    /// it.
    synchronized <T> T ask(String database, Function<Map<String, Known>, T> question) {
        return question.apply(known.getOrDefault(Keys.database(database), Map.of()));
    }

    /// This process has verified a backup.
    synchronized void heard(String database, String backupId, Instant at, boolean sound) {
        String directory = Keys.database(database);
        Known one = Known.of(VerificationDocument.counted(at), sound);
        merge(known, directory, backupId, one);
        heard.merge(new Heard(directory, backupId), one, Known::and);
        changes.merge(directory, 1, Integer::sum);
    }

    private static void merge(Map<String, Map<String, Known>> into, String directory, String backupId, Known one) {
        into.computeIfAbsent(directory, _ -> new HashMap<>()).merge(backupId, one, Known::and);
    }
}
