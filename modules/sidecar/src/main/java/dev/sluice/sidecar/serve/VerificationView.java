package dev.sluice.sidecar.serve;

import dev.sluice.catalog.CatalogKey;
import dev.sluice.sidecar.config.VerifySection;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// The verifications of a database's backups at one moment.
///
/// @param unverifiedSince of all backups, the earliest end of the last sound verification, or of the backup
///                        itself where there was none: since when the oldest unverified byte is unverified.
///                        Null without a backup
/// @param damaged         backups whose last verification found damage
/// @param dueSince        when the next verification is due, or has been since; null when none is
/// @param fresh           the oldest backup that was never verified, of those that ended since the policy has
///                        backups verified; null for none
/// @param aged            the backup that was verified longest ago, and when it is due to be verified again;
///                        null for none
/// @param every           how old the last verification of a backup may become; null where no schedule reads old
///                        ones again
record VerificationView(
        @Nullable Instant unverifiedSince,
        List<Damaged> damaged,
        @Nullable Instant dueSince,
        @Nullable Candidate fresh,
        @Nullable Candidate aged,
        @Nullable Duration every) {

    /// Before anything is known.
    static final VerificationView NONE = new VerificationView(null, List.of(), null, null, null, null);

    /// Backups that ended longer before the policy began are left to the schedule: otherwise a policy that is new
    /// would have all backups of years read at once.
    static final Duration FRESH = Duration.ofDays(3);

    /// @param at when the verification ended
    record Damaged(String backupId, Instant at) {}

    /// A backup that may be verified.
    record Candidate(CatalogKey key, Instant due) {}

    VerificationView {
        damaged = List.copyOf(damaged);
    }

    /// The backup whose turn it is; null when none is due.
    ///
    /// @param agedFirst whether old ones come before those that were just taken
    @Nullable
    Candidate next(Instant now, boolean agedFirst) {
        Candidate old = aged != null && !aged.due().isAfter(now) ? aged : null;
        return old == null || (fresh != null && !agedFirst) ? fresh : old;
    }

    /// Looks at each backup twice, and so costs the same however many are due.
    ///
    /// A backup that was never verified stays due however long that lasts. Since when backups are verified, the
    /// earliest verification says that is still known of any, so that a restart forgets nothing; before there is
    /// one, the start of this process does.
    ///
    /// @param known  the verifications of the backups, by their ids
    /// @param rule   of the database's policy
    /// @param since  from when on the rule holds: times that its table has named before do not count
    /// @param waits  ids of backups that are not tried now; they count as due all the same
    static VerificationView of(
            List<InventoryCache.Stored> backups,
            Function<String, VerifiedBackups.@Nullable Known> known,
            VerifySection.Rule rule,
            Instant since,
            Predicate<String> waits,
            Instant now) {
        Instant began = since.minus(FRESH);
        for (InventoryCache.Stored backup : backups) {
            VerifiedBackups.Known verified = known.apply(backup.backupId());
            began = verified == null ? began : earlier(began, verified.first());
        }
        Instant unverified = null;
        List<Damaged> damaged = new ArrayList<>();
        Earliest fresh = new Earliest();
        Earliest aged = new Earliest();
        for (InventoryCache.Stored backup : backups) {
            String id = backup.backupId();
            VerifiedBackups.Known verified = known.apply(id);
            Instant ended = backup.ended();
            unverified = earlier(unverified, later(ended, verified == null ? null : verified.sound()));
            if (verified != null && verified.isDamaged()) {
                damaged.add(new Damaged(id, verified.last()));
            }
            boolean mayBeTried = !waits.test(id);
            if (rule.afterBackup() && verified == null && !ended.isBefore(began)) {
                fresh.offer(backup, ended, mayBeTried);
            }
            aged.offer(backup, later(ended, verified == null ? null : verified.last()), mayBeTried);
        }
        Instant dueAgain = aged.all == null ? null : due(rule, aged.all, since);
        return new VerificationView(
                unverified,
                damaged,
                dueAgain == null ? fresh.all : earlier(fresh.all, dueAgain),
                fresh.backup == null || fresh.at == null ? null : new Candidate(fresh.backup.entry(), fresh.at),
                candidate(rule, aged, since),
                rule.schedule() == null ? null : rule.every());
    }

    private static @Nullable Candidate candidate(VerifySection.Rule rule, Earliest aged, Instant since) {
        Instant due = aged.at == null ? null : due(rule, aged.at, since);
        return aged.backup == null || due == null ? null : new Candidate(aged.backup.entry(), due);
    }

    private static @Nullable Instant due(VerifySection.Rule rule, Instant verified, Instant since) {
        return rule.next(later(verified.plus(rule.every()), since)).orElse(null);
    }

    /// The one with the earliest time, of all, and of those that may be tried now.
    private static final class Earliest {
        @Nullable
        Instant all;

        @Nullable
        Instant at;

        InventoryCache.@Nullable Stored backup;

        void offer(InventoryCache.Stored candidate, Instant time, boolean mayBeTried) {
            all = earlier(all, time);
            if (mayBeTried && (at == null || time.isBefore(at))) {
                at = time;
                backup = candidate;
            }
        }
    }

    private static Instant earlier(@Nullable Instant one, Instant other) {
        return one == null || other.isBefore(one) ? other : one;
    }

    private static Instant later(Instant one, @Nullable Instant other) {
        return other == null || one.isAfter(other) ? one : other;
    }
}
