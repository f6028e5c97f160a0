package dev.sluice.engine.restore;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.SumsObject;
import dev.sluice.engine.run.Blocking;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.s3.ObjectAccess;
import dev.sluice.s3.ObjectInfo;
import dev.sluice.s3.S3Failure;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// Whether all objects that a restore reads are there, as they were stored, and can be read now.
///
/// One listing of each database's directory tells size, ETag and storage class of all of them, and one byte of
/// each object whether it can be read: a week of log backups every five minutes is 2,000 objects, so three
/// pages and 2,000 bytes. The restore itself asks for each of them again.
///
/// **Errors:** [S3Failure] when the bucket does not answer; a refusal of one object is a finding.
final class RestoreObjects {

    static final String PRESENT = "objects-present";
    static final String THAWED = "objects-thawed";
    static final String READABLE = "objects-readable";
    static final String UNCHANGED = "objects-unchanged";

    private static final int AT_ONCE = 16;

    private final Environment env;
    private final boolean acceptRewritten;
    private final List<Seen> seen;
    private final @Nullable S3Failure unlisted;
    private final List<BackupDocument> withoutSums;

    /// One object, with what was found out.
    ///
    /// @param listed null when no listing has it
    record Seen(
            BackupDocument backup,
            BackupDocument.Stripe stripe,
            BackupDocument.Segment segment,
            @Nullable ObjectInfo listed,
            ObjectAccess access) {

        String key() {
            return segment.key();
        }

        /// Its size in the bucket; null when it is not there, or nothing tells.
        @Nullable
        Long bytes() {
            if (access instanceof ObjectAccess.Available available) {
                return available.object().bytes();
            }
            return listed == null ? null : listed.bytes();
        }

        boolean isAbsent() {
            return access instanceof ObjectAccess.Absent;
        }

        boolean isWhole() {
            Long bytes = bytes();
            return !isAbsent() && (bytes == null || bytes == segment.bytes());
        }

        /// Some servers name a content in one way in a listing and in another one elsewhere: one of them must be
        /// what the upload was told.
        boolean isRewritten() {
            String stored = bare(segment.eTag());
            String read = access instanceof ObjectAccess.Available available
                    ? bare(available.object().eTag())
                    : "";
            String shown = listed == null ? "" : bare(listed.eTag());
            boolean told = !read.isEmpty() || !shown.isEmpty();
            return isWhole() && !stored.isEmpty() && told && !stored.equals(read) && !stored.equals(shown);
        }

        private static String bare(@Nullable String eTag) {
            return eTag == null ? "" : eTag.replace("\"", "");
        }
    }

    private RestoreObjects(
            Environment env,
            boolean acceptRewritten,
            List<Seen> seen,
            @Nullable S3Failure unlisted,
            List<BackupDocument> withoutSums) {
        this.env = env;
        this.acceptRewritten = acceptRewritten;
        this.seen = seen;
        this.unlisted = unlisted;
        this.withoutSums = withoutSums;
    }

    /// @param acceptRewritten whether another ETag is as good
    static RestoreObjects look(
            Environment env, Blocking blocking, List<BackupDocument> backups, boolean acceptRewritten) {
        Map<String, ObjectInfo> listed = new HashMap<>();
        S3Failure unlisted = null;
        for (String database :
                backups.stream().map(BackupDocument::database).distinct().toList()) {
            try {
                blocking.readEach(
                        env.store().list(env.catalog().keys().data(database)),
                        object -> listed.put(object.key(), object));
            } catch (S3Failure e) {
                // Rights to list are not needed to read: then each object tells for itself.
                if (!e.kind().isOfObject()) {
                    throw e;
                }
                unlisted = e;
            }
        }
        List<Seen> seen = blocking.readAll(Flux.fromIterable(backups)
                .flatMapIterable(RestoreObjects::segments)
                .flatMapSequential(one -> one.look(env, listed.get(one.segment.key())), AT_ONCE));
        List<BackupDocument> withoutSums = backups.stream()
                .filter(backup -> !hasSums(env, blocking, backup, listed))
                .toList();
        return new RestoreObjects(env, acceptRewritten, seen, unlisted, withoutSums);
    }

    /// Whether the object that holds the sums is there, if there is one.
    private static boolean hasSums(
            Environment env, Blocking blocking, BackupDocument backup, Map<String, ObjectInfo> listed) {
        SumsObject sums = backup.sums();
        if (sums == null || backup.hasSums()) {
            return true;
        }
        ObjectInfo there = listed.get(sums.key());
        return there != null
                ? there.bytes() == sums.bytes()
                : blocking.read(env.store().access(sums.key(), false))
                        .map(access -> !(access instanceof ObjectAccess.Absent))
                        .orElse(true);
    }

    private record Wanted(BackupDocument backup, BackupDocument.Stripe stripe, BackupDocument.Segment segment) {

        private Mono<Seen> look(Environment env, @Nullable ObjectInfo listed) {
            if (listed != null && listed.bytes() != segment.bytes()) {
                return Mono.just(new Seen(backup, stripe, segment, listed, new ObjectAccess.Available(listed, null)));
            }
            return env.store()
                    .access(segment.key(), listed != null && listed.mayBeArchived())
                    .map(access -> new Seen(backup, stripe, segment, listed, access));
        }
    }

    private static List<Wanted> segments(BackupDocument backup) {
        return backup.stripes().stream()
                .flatMap(stripe -> stripe.segments().stream().map(segment -> new Wanted(backup, stripe, segment)))
                .toList();
    }

    boolean areReadable() {
        return conditions().stream().noneMatch(Precondition::isUnmet);
    }

    List<Precondition> conditions() {
        return List.of(present(), thawed(), readable(), unchanged());
    }

    private Precondition present() {
        List<Seen> lost = seen.stream().filter(each -> !each.isWhole()).toList();
        if (!lost.isEmpty()) {
            Seen first = lost.getFirst();
            OperationFailed failure = RestoreFailures.objectMissing(
                    first.backup, first.stripe, first.segment, first.isAbsent() ? null : first.bytes(), lost.size());
            return unmet(PRESENT, failure, lost);
        }
        if (!withoutSums.isEmpty()) {
            return RestorePreflight.unmet(
                    PRESENT,
                    RestoreFailures.sumsMissing(withoutSums.getFirst(), withoutSums.size()),
                    withoutSums.stream()
                            .map(backup -> Objects.requireNonNull(backup.sums()).key())
                            .toList());
        }
        String all = String.format(
                Locale.ROOT,
                "%d objects, %,d bytes, in the sizes in which they were stored",
                seen.size(),
                seen.stream().mapToLong(each -> each.segment.bytes()).sum());
        return Precondition.met(
                PRESENT,
                unlisted == null ? all : all + "; each was asked for itself, because: " + unlisted.getMessage());
    }

    private Precondition thawed() {
        List<Seen> frozen = seen.stream()
                .filter(each -> each.access instanceof ObjectAccess.Archived)
                .toList();
        if (!frozen.isEmpty()) {
            return unmet(
                    THAWED,
                    RestoreFailures.objectArchived(
                            frozen.stream()
                                    .map(each -> (ObjectAccess.Archived) each.access)
                                    .toList(),
                            env.store().config()),
                    frozen);
        }
        Optional<Instant> until = seen.stream()
                .flatMap(each -> each.access instanceof ObjectAccess.Available available
                        ? Stream.ofNullable(available.thawedUntil())
                        : Stream.empty())
                .min(Comparator.naturalOrder());
        return Precondition.met(
                THAWED,
                until.map(instant -> "thawed; the first of the copies is frozen again at " + instant)
                        .orElse("none of them is in an archive"));
    }

    private Precondition readable() {
        List<Seen> refused = seen.stream()
                .filter(each -> each.access instanceof ObjectAccess.Refused)
                .toList();
        if (!refused.isEmpty()) {
            List<S3Failure> why = new ArrayList<>();
            refused.forEach(each -> why.add(((ObjectAccess.Refused) each.access).why()));
            return unmet(READABLE, RestoreFailures.objectRefused(why), refused);
        }
        boolean unread =
                seen.stream().anyMatch(each -> !each.isWhole() || !(each.access instanceof ObjectAccess.Available));
        return unread
                ? Precondition.unknown(READABLE, "not asked of the objects that are missing or frozen", "")
                : Precondition.met(READABLE, "one byte of each was read");
    }

    private Precondition unchanged() {
        List<Seen> other = seen.stream().filter(Seen::isRewritten).toList();
        if (other.isEmpty()) {
            return Precondition.met(UNCHANGED, "their ETags are those that the uploads were told");
        }
        if (acceptRewritten) {
            return Precondition.met(
                    UNCHANGED,
                    String.format(
                            Locale.ROOT,
                            "%d of them have another ETag than when they were stored, which was accepted; every block is"
                                    + " checked against the catalog's sums before SQL Server gets it",
                            other.size()));
        }
        Seen first = other.getFirst();
        String now = first.access instanceof ObjectAccess.Available available
                ? available.object().eTag()
                : Objects.requireNonNull(first.listed).eTag();
        return unmet(UNCHANGED, RestoreFailures.objectChanged(first.backup, first.segment, now, other.size()), other);
    }

    private static Precondition unmet(String id, OperationFailed failure, List<Seen> subjects) {
        return RestorePreflight.unmet(
                id, failure, subjects.stream().map(Seen::key).toList());
    }
}
