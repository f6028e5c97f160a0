package dev.sluice.sidecar.serve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.catalog.BackupType;
import dev.sluice.sidecar.config.VerifySection;
import dev.sluice.sidecar.schedule.Cron;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Which backup is verified next, and since when the oldest byte is unverified.
class VerificationViewTest {

    private static final Instant NOW = Instant.parse("2026-03-15T12:00:00Z");
    private static final Instant FIVE = Instant.parse("2026-03-15T05:00:00Z");

    private final List<PackedEntries.Entry> backups = new ArrayList<>();
    private final Map<String, VerifiedBackups.Known> known = new HashMap<>();
    private final Set<String> waits = new HashSet<>();

    private static String id(int number) {
        return String.format(Locale.ROOT, "01JD8Z7QK4V3M9T2X5R6W8Y%03d", number);
    }

    private static Instant daysAgo(int days) {
        return NOW.minus(Duration.ofDays(days));
    }

    /// @param sound when it was verified last; null for never
    private void backup(int number, Instant ended, @Nullable Instant sound) {
        backup(number, BackupType.LOG, ended, sound);
    }

    private void backup(int number, BackupType type, Instant ended, @Nullable Instant sound) {
        backups.add(new PackedEntries.Entry(
                "catalog/sales/20260101T000000.0000000Z_L_1_2_1_%s.json".formatted(id(number)),
                type,
                false,
                ended,
                ended,
                null));
        if (sound != null) {
            known.put(id(number), new VerifiedBackups.Known(sound, sound));
        }
    }

    private static VerifySection.Rule rule(boolean afterBackup, @Nullable String schedule) {
        return rule(afterBackup, schedule, Set.of(BackupType.values()));
    }

    private static VerifySection.Rule rule(boolean afterBackup, @Nullable String schedule, Set<BackupType> types) {
        return new VerifySection.Rule(
                afterBackup,
                schedule == null ? null : Cron.parse(schedule),
                Duration.ofDays(30),
                ZoneOffset.UTC,
                types);
    }

    private VerificationView view(VerifySection.Rule rule) {
        return view(rule, Instant.EPOCH);
    }

    private VerificationView view(VerifySection.Rule rule, Instant since) {
        return view(VerificationView.Since.change(rule, since));
    }

    private VerificationView view(VerificationView.Since since) {
        return VerificationView.of(backups, known::get, since, waits::contains, NOW);
    }

    private static @Nullable String next(VerificationView view) {
        VerificationView.Candidate next = view.next(NOW, false);
        return next == null ? null : next.key().backupId();
    }

    @Test
    void withoutABackupNothingIsUnverifiedAndNothingIsDue() {
        VerificationView view = view(rule(true, "0 5 * * *"));

        assertThat(view.unverifiedSince()).isNull();
        assertThat(view.dueSince()).isNull();
        assertThat(view.next(NOW, false)).isNull();
    }

    /// Damage that a person has found in another one is told all the same.
    @Test
    void backupsOfOtherTypesAreNotReadAndDoNotCount() {
        VerifySection.Rule fulls = rule(true, "0 5 * * *", Set.of(BackupType.FULL));
        backup(1, BackupType.FULL, daysAgo(50), daysAgo(10));
        backup(2, BackupType.LOG, daysAgo(60), null);
        backup(3, BackupType.DIFFERENTIAL, daysAgo(1), null);
        backup(4, BackupType.LOG, daysAgo(2), null);
        known.put(id(4), new VerifiedBackups.Known(null, daysAgo(1)));

        VerificationView view = view(fulls);
        assertThat(view.unverifiedSince()).isEqualTo(daysAgo(10));
        assertThat(next(view)).isNull();
        assertThat(view.damaged())
                .extracting(VerificationView.Damaged::backupId)
                .containsExactly(id(4));

        backup(5, BackupType.FULL, daysAgo(1), null);
        assertThat(next(view(fulls))).isEqualTo(id(5));
        assertThat(next(view(rule(true, "0 5 * * *")))).isNotEqualTo(id(5));
    }

    @Test
    void aByteIsUnverifiedSinceItsLastVerificationOrSinceItsBackup() {
        backup(1, daysAgo(60), daysAgo(3));
        backup(2, daysAgo(10), null);
        backup(3, daysAgo(5), daysAgo(4));

        assertThat(view(rule(true, null)).unverifiedSince()).isEqualTo(daysAgo(10));

        known.put(id(2), new VerifiedBackups.Known(daysAgo(1), daysAgo(1)));
        assertThat(view(rule(true, null)).unverifiedSince()).isEqualTo(daysAgo(4));
    }

    /// What was found damaged was not verified.
    @Test
    void damageIsNoVerificationAndIsTold() {
        backup(1, daysAgo(60), null);
        backup(2, daysAgo(5), daysAgo(1));
        known.put(id(1), new VerifiedBackups.Known(daysAgo(40), daysAgo(2)));

        VerificationView view = view(rule(true, "0 5 * * *"));

        assertThat(view.unverifiedSince()).isEqualTo(daysAgo(40));
        assertThat(view.damaged()).containsExactly(new VerificationView.Damaged(id(1), daysAgo(2)));
        assertThat(next(view)).as("it is not read again and again").isNull();
    }

    @Test
    void whatWasJustTakenComesBeforeWhatIsOld() {
        backup(1, daysAgo(60), null);
        backup(2, NOW.minusSeconds(120), null);
        backup(3, NOW.minusSeconds(60), null);

        VerificationView view = view(rule(true, "0 5 * * *"), FIVE.minusSeconds(1));

        assertThat(next(view)).isEqualTo(id(2));
        assertThat(next(view(rule(false, "0 5 * * *")))).isEqualTo(id(1));
        assertThat(view.dueSince()).as("the old one").isBefore(NOW.minusSeconds(120));
        assertThat(view.next(NOW, true).key().backupId())
                .as("with every second job")
                .isEqualTo(id(1));
        assertThat(view(rule(true, null), NOW).next(NOW, true).key().backupId())
                .as("where no old one is due")
                .isEqualTo(id(2));
    }

    /// That it could not be read for days is what must be told.
    @Test
    void aBackupThatWasNeverReadStaysDue() {
        backup(1, daysAgo(30), daysAgo(29));
        backup(2, daysAgo(20), null);

        VerificationView view = view(rule(true, null), NOW);

        assertThat(next(view)).isEqualTo(id(2));
        assertThat(view.dueSince()).isEqualTo(daysAgo(20));
    }

    /// The service has known of the policy for longer, and no verification has come through yet.
    @Test
    void aBackupThatEndedSinceTheServiceStartedStaysDueWithoutAnyVerification() {
        backup(1, daysAgo(9), null);

        assertThat(next(view(rule(true, null), daysAgo(10)))).isEqualTo(id(1));
    }

    @Test
    void howOldAVerificationMayBecomeIsKnownWhereAScheduleReadsOldBackups() {
        assertThat(view(rule(true, null)).every()).isNull();
        assertThat(view(rule(true, "0 5 * * *")).every()).isEqualTo(Duration.ofDays(30));
    }

    /// A policy that is new must not have years of backups read at once.
    @Test
    void withoutAScheduleWhatIsOlderThanAFewDaysIsLeftAlone() {
        backup(1, daysAgo(4), null);

        VerificationView view = view(rule(true, null), NOW);

        assertThat(view.next(NOW, false)).isNull();
        assertThat(view.dueSince()).isNull();
        assertThat(view.unverifiedSince()).isEqualTo(daysAgo(4));
    }

    @Test
    void theScheduleReadsTheOldestFirstAndOnlyWhatIsOldEnough() {
        backup(1, daysAgo(90), daysAgo(29));
        backup(2, daysAgo(90), daysAgo(33));
        backup(3, daysAgo(32), null);

        assertThat(next(view(rule(false, "0 5 * * *")))).isEqualTo(id(2));
        known.put(id(2), new VerifiedBackups.Known(NOW, NOW));
        assertThat(next(view(rule(false, "0 5 * * *")))).isEqualTo(id(3));
        known.put(id(3), new VerifiedBackups.Known(NOW, NOW));
        VerificationView view = view(rule(false, "0 5 * * *"));
        assertThat(next(view)).isNull();
        assertThat(view.dueSince()).isEqualTo(Instant.parse("2026-03-17T05:00:00Z"));
    }

    /// What became old after the table's time waits for the next one.
    @Test
    void aBackupIsDueAtTheFirstTimeOfTheTableAtWhichItIsOldEnough() {
        backup(1, daysAgo(90), FIVE.minus(Duration.ofDays(30)).plusSeconds(1));
        assertThat(next(view(rule(false, "0 5 * * *")))).isNull();

        known.put(
                id(1), new VerifiedBackups.Known(FIVE.minus(Duration.ofDays(30)).minusSeconds(1), daysAgo(31)));
        assertThat(next(view(rule(false, "0 5 * * *")))).isEqualTo(id(1));
    }

    @Test
    void timesOfTheTableFromBeforeTheRuleDoNotCount() {
        backup(1, daysAgo(90), null);

        VerificationView view = view(rule(false, "0 5 * * *"), FIVE.plusSeconds(1));

        assertThat(next(view)).isNull();
        assertThat(view.dueSince()).isEqualTo(FIVE.plus(Duration.ofDays(1)));
    }

    /// The table's time was five o'clock, and the service has started again at six.
    @Test
    void aRestartPutsNothingOffThatATimeOfTheTableHasMadeDue() {
        backup(1, daysAgo(90), FIVE.plusSeconds(60));
        backup(2, daysAgo(89), daysAgo(31));
        backup(3, daysAgo(88), null);
        VerifySection.Rule rule = rule(true, "0 5 * * *");

        VerificationView view = view(VerificationView.Since.start(rule, FIVE.plus(Duration.ofHours(1))));

        assertThat(next(view)).as("the first was read just before").isEqualTo(id(3));
        known.put(id(3), new VerifiedBackups.Known(NOW, NOW));
        view = view(VerificationView.Since.start(rule, FIVE.plus(Duration.ofHours(1))));
        assertThat(next(view)).isEqualTo(id(2));
        assertThat(view.dueSince()).isEqualTo(FIVE);
    }

    /// The sound verification of an old backup lies before the one that found damage.
    @Test
    void aRestartPutsNothingOffAfterDamageEither() {
        backup(1, daysAgo(90), null);
        known.put(id(1), new VerifiedBackups.Known(daysAgo(2), FIVE.plusSeconds(60)));
        backup(2, daysAgo(89), null);

        VerificationView view =
                view(VerificationView.Since.start(rule(false, "0 5 * * *"), FIVE.plus(Duration.ofHours(1))));

        assertThat(next(view)).isEqualTo(id(2));
    }

    /// Nothing in the bucket says that old backups were read before: the policy is new.
    @Test
    void aNewScheduleBeginsWithItsNextTimeAlsoAfterARestart() {
        backup(1, daysAgo(900), null);
        backup(2, daysAgo(2), daysAgo(2).plusSeconds(60));

        VerificationView view =
                view(VerificationView.Since.start(rule(true, "0 5 * * *"), FIVE.plus(Duration.ofHours(1))));

        assertThat(next(view)).isNull();
        assertThat(view.dueSince()).isEqualTo(FIVE.plus(Duration.ofDays(1)));
    }

    @Test
    void timesOfMoreThanAFewDaysBeforeTheStartDoNotCount() {
        backup(1, daysAgo(90), daysAgo(40));
        backup(2, daysAgo(89), null);
        VerifySection.Rule monthly = rule(false, "0 5 1 * *");

        VerificationView view = view(VerificationView.Since.start(monthly, NOW));

        assertThat(next(view)).isNull();
        assertThat(view.dueSince()).isEqualTo(Instant.parse("2026-04-01T05:00:00Z"));
    }

    @Test
    void oneThatIsNotTriedNowLetsOthersGoFirstAndIsDueAllTheSame() {
        backup(1, NOW.minusSeconds(120), null);
        backup(2, NOW.minusSeconds(60), null);
        waits.add(id(1));

        VerificationView view = view(rule(true, null));

        assertThat(next(view)).isEqualTo(id(2));
        assertThat(view.dueSince()).isEqualTo(NOW.minusSeconds(120));
    }
}
