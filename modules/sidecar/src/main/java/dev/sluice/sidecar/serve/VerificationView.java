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
/// @param unverifiedSince of all backups of the policy's types, the earliest end of the last sound verification, or of
/// the backup
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

    /// From when on times of a rule's table count.
    ///
    /// A database of a new policy has all its old backups read from the next time of its table on, and not at
    /// once. But a restart must not put off what a time of the table has made due: where the bucket shows that old
    /// backups were being read again before, the times of some days before the start count as well.
    ///
    /// @param at       when this process first knew of the rule
    /// @param earliest the earliest time that may count
    record Since(VerifySection.Rule rule, Instant at, Instant earliest) {

        /// The service has started, or knows of the database anew.
        static Since start(VerifySection.Rule rule, Instant now) {
            return new Since(rule, now, now.minus(FRESH));
        }

        /// The rule has replaced another one.
        static Since change(VerifySection.Rule rule, Instant now) {
            return new Since(rule, now, now);
        }

        /// @param again when the earliest verification that is known of an old backup ended; null when there is none
        /// @return times of the table behind this moment count
        private Instant counting(@Nullable Instant again) {
            if (again == null || !again.isBefore(at)) {
                return at;
            }
            Instant counting = later(earliest, again);
            // The time of the table that the verification followed, and those behind it.
            Instant time = rule.next(earliest).orElse(at);
            while (!time.isAfter(again)) {
                counting = time.minusNanos(1);
                time = rule.next(time).orElse(at);
            }
            return earlier(at, counting);
        }

        /// When the verification ended, if the backup was old by then: a schedule has it read again.
        private @Nullable Instant again(Instant ended, VerifiedBackups.Known verified) {
            Instant old = ended.plus(rule.every());
            Instant sound = verified.sound();
            if (sound != null && sound.isBefore(verified.last()) && !sound.isBefore(old)) {
                return sound;
            }
            return verified.last().isBefore(old) ? null : verified.last();
        }
    }

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
    /// @param since  the rule of the database's policy, and from when on it holds
    /// @param waits  ids of backups that are not tried now; they count as due all the same
    static VerificationView of(
            List<PackedEntries.Entry> backups,
            Function<String, VerifiedBackups.@Nullable Known> known,
            Since since,
            Predicate<String> waits,
            Instant now) {
        VerifySection.Rule rule = since.rule();
        Instant began = since.at().minus(FRESH);
        Instant again = null;
        for (PackedEntries.Entry backup : backups) {
            VerifiedBackups.Known verified = known.apply(backup.backupId());
            if (verified != null && rule.types().contains(backup.type())) {
                began = earlier(began, verified.first());
                Instant readAgain = since.again(backup.ended(), verified);
                again = readAgain == null ? again : earlier(again, readAgain);
            }
        }
        Instant counting = since.counting(again);
        Instant unverified = null;
        List<Damaged> damaged = new ArrayList<>();
        Earliest fresh = new Earliest();
        Earliest aged = new Earliest();
        for (PackedEntries.Entry backup : backups) {
            String id = backup.backupId();
            VerifiedBackups.Known verified = known.apply(id);
            if (verified != null && verified.isDamaged()) {
                damaged.add(new Damaged(id, verified.last()));
            }
            if (!rule.types().contains(backup.type())) {
                continue; // damage that a person has found counts all the same
            }
            Instant ended = backup.ended();
            unverified = earlier(unverified, later(ended, verified == null ? null : verified.sound()));
            boolean mayBeTried = !waits.test(id);
            if (rule.afterBackup() && verified == null && !ended.isBefore(began)) {
                fresh.offer(backup, ended, mayBeTried);
            }
            aged.offer(backup, later(ended, verified == null ? null : verified.last()), mayBeTried);
        }
        Instant dueAgain = aged.all == null ? null : due(rule, aged.all, counting);
        return new VerificationView(
                unverified,
                damaged,
                dueAgain == null ? fresh.all : earlier(fresh.all, dueAgain),
                fresh.backup == null || fresh.at == null ? null : new Candidate(fresh.backup.parsed(), fresh.at),
                candidate(rule, aged, counting),
                rule.schedule() == null ? null : rule.every());
    }

    private static @Nullable Candidate candidate(VerifySection.Rule rule, Earliest aged, Instant since) {
        Instant due = aged.at == null ? null : due(rule, aged.at, since);
        return aged.backup == null || due == null ? null : new Candidate(aged.backup.parsed(), due);
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

        PackedEntries.@Nullable Entry backup;

        void offer(PackedEntries.Entry candidate, Instant time, boolean mayBeTried) {
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
