package dev.sluice.engine.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.mtf.Lsn;
import dev.sluice.mtf.RecoveryModel;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/// What the table of puzzles does not show: times, reports, and size.
class PlannerTest {

    private static final ServerTime BERLIN = ServerTime.stated(ZoneId.of("Europe/Berlin"));

    // ---- times ----

    @Test
    void anInstantIsToldToSqlServerInItsOwnLocalTime() {
        assertThat(RestoreTarget.parse("2026-03-01T10:42:00Z", BERLIN))
                .isEqualTo(new RestoreTarget.At(
                        Instant.parse("2026-03-01T10:42:00Z"), LocalDateTime.parse("2026-03-01T11:42:00")));
        assertThat(RestoreTarget.parse("2026-03-01 10:42:00-05:00", BERLIN))
                .isEqualTo(new RestoreTarget.At(
                        Instant.parse("2026-03-01T15:42:00Z"), LocalDateTime.parse("2026-03-01T16:42:00")));
    }

    @Test
    void withoutAnOffsetTheServersZoneMustBeStated() {
        ServerTime observed = ServerTime.observed(Map.of(Instant.parse("2026-03-01T00:00:00Z"), ZoneOffset.ofHours(1)));

        assertThatThrownBy(() -> RestoreTarget.parse("2026-03-01T10:42", observed))
                .isInstanceOf(UnclearTime.class)
                .hasMessageContaining("2026-03-01T10:42Z")
                .hasMessageContaining("--zone");
        assertThat(RestoreTarget.parse("2026-03-01T10:42", BERLIN))
                .isEqualTo(new RestoreTarget.At(
                        Instant.parse("2026-03-01T09:42:00Z"), LocalDateTime.parse("2026-03-01T10:42")));
    }

    @Test
    void aLocalTimeThatComesTwiceIsRefusedWithItsTwoReadings() {
        assertThatThrownBy(() -> RestoreTarget.parse("2026-10-25T02:30", BERLIN))
                .isInstanceOf(UnclearTime.class)
                .hasMessageContaining("2026-10-25T02:30+02:00")
                .hasMessageContaining("2026-10-25T02:30+01:00");
    }

    @Test
    void aLocalTimeThatNeverCameIsRefusedWithItsTwoReadings() {
        assertThatThrownBy(() -> RestoreTarget.parse("2026-03-29T02:30", BERLIN))
                .isInstanceOf(UnclearTime.class)
                .hasMessageContaining("2026-03-29T03:30+02:00")
                .hasMessageContaining("2026-03-29T01:30+01:00");
    }

    @Test
    void anInstantInTheHourThatComesTwiceCannotBeToldToSqlServer() {
        assertThatThrownBy(() -> RestoreTarget.parse("2026-10-25T00:30:00Z", BERLIN))
                .isInstanceOf(UnclearTime.class)
                .hasMessageContaining("local times only")
                .hasMessageContaining("lsn:");
    }

    @Test
    void betweenTwoObservedOffsetsNobodyKnowsTheLocalTime() {
        ServerTime observed = ServerTime.observed(Map.of(
                Instant.parse("2026-03-28T12:00:00Z"), ZoneOffset.ofHours(1),
                Instant.parse("2026-03-29T12:00:00Z"), ZoneOffset.ofHours(2)));

        assertThatThrownBy(() -> RestoreTarget.parse("2026-03-29T00:30:00Z", observed))
                .isInstanceOf(UnclearTime.class)
                .hasMessageContaining("+01:00")
                .hasMessageContaining("+02:00");
        assertThat(((RestoreTarget.At) RestoreTarget.parse("2026-03-29T13:00:00Z", observed)).stopAt())
                .isEqualTo(LocalDateTime.parse("2026-03-29T15:00:00"));
    }

    @Test
    void theLiteralIsATickOfDatetimeThatIsNotLater() {
        ServerTime utc = ServerTime.stated(ZoneOffset.UTC);

        assertThat(utc.stopAt(Instant.parse("2026-03-01T10:42:00.999Z")))
                .isEqualTo(LocalDateTime.parse("2026-03-01T10:42:00.997"));
        assertThat(utc.stopAt(Instant.parse("2026-03-01T10:42:00.006999Z")))
                .isEqualTo(LocalDateTime.parse("2026-03-01T10:42:00.003"));
        assertThat(utc.stopAt(Instant.parse("2026-03-01T10:42:00.002Z")))
                .isEqualTo(LocalDateTime.parse("2026-03-01T10:42:00"));
    }

    @Test
    void anLsnIsReadInBothItsForms() {
        RestoreTarget expected = new RestoreTarget.Before(new Lsn(39, 488, 71));

        assertThat(RestoreTarget.parse("lsn:39000000048800071", BERLIN)).isEqualTo(expected);
        assertThat(RestoreTarget.parse("LSN:39:488:71", BERLIN)).isEqualTo(expected);
        assertThatThrownBy(() -> RestoreTarget.parse("lsn:x", BERLIN)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> RestoreTarget.parse("yesterday", BERLIN))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("yesterday");
    }

    // ---- reports ----

    private static ChainReport report(String history) {
        List<Backup> backups = new ArrayList<>(Histories.read(history));
        Collections.shuffle(backups, new Random(1));
        return new Planner(backups).report();
    }

    private static List<String> windows(ChainReport report) {
        return report.windows().stream()
                .map(window -> "%s..%s"
                        .formatted(
                                window.earliest().toString().substring(11, 16),
                                window.latest().toString().substring(11, 16)))
                .toList();
    }

    @Test
    void aChainWithoutGapsIsOneWindow() {
        ChainReport report =
                report("F1@9:00[100-110] L1@9:30[90-200] D1@9:40[210-220] of=F1 F2@9:50[230-240] L2@10:00[200-300]");

        assertThat(windows(report)).containsExactly("09:00..10:00");
        assertThat(report.findings()).isEmpty();
    }

    @Test
    void aGapSeparatesTwoWindowsAndIsNamedWithBothLsns() {
        ChainReport report =
                report("F1@9:00[100-110] L1@9:30[90-200] F2@10:10[310-320] L3@10:30[300-400] L4@11:00[400-500]");

        assertThat(windows(report)).containsExactly("09:00..09:30", "10:10..11:00");
        assertThat(report.findings()).singleElement().satisfies(finding -> {
            PlanFinding.Gap gap = (PlanFinding.Gap) finding;
            assertThat(gap.from()).isEqualTo(Histories.lsn("200"));
            assertThat(gap.to()).isEqualTo(Histories.lsn("300"));
            assertThat(gap.restarted()).isFalse();
        });
    }

    @Test
    void whoeverTookTheMissingLogIsNamed() {
        ChainReport report = report("F1@9:00[100-110] L1@9:30[90-200] L2@10:00[200-300] elsewhere L3@10:30[300-400]");

        assertThat(report.findings())
                .singleElement()
                .satisfies(finding -> assertThat(finding.text()).contains("dba took it to D:\\dba.bak"));
    }

    @Test
    void somebodyElsesFullIsReportedWithWhatDependsOnIt() {
        ChainReport report = report(
                "F1@9:00[100-110] F2@9:15[120-130] elsewhere D1@9:20[150-160] of=F2 D2@9:25[170-180] of=F2 L1@9:30[90-200]");

        assertThat(report.findings())
                .filteredOn(PlanFinding.ForeignBase.class::isInstance)
                .singleElement()
                .satisfies(finding -> {
                    PlanFinding.ForeignBase base = (PlanFinding.ForeignBase) finding;
                    assertThat(base.differentials()).hasSize(2);
                    assertThat(base.text()).contains("2 of them cannot be used").contains("D:\\dba.bak");
                });
    }

    @Test
    void aDifferentialWithoutItsBaseAnUnconfirmedAndADamagedBackupAreReported() {
        ChainReport report = report(
                "F1@9:00[100-110] D1@9:20[150-160] of=F9 F2@9:25[170-180] damaged L1@9:30[90-200] L2@10:00[200-300] unconfirmed");

        assertThat(report.findings())
                .extracting(finding -> finding.getClass().getSimpleName())
                .containsExactlyInAnyOrder("NoBase", "Unusable", "Unconfirmed");
    }

    @Test
    void everyRecoveryForkHasWindowsOfItsOwn() {
        ChainReport report = report("F1@9:00[100-110] L1@9:30[90-200] L2@10:00[90-250] into=B:150");

        assertThat(report.windows())
                .extracting(Window::fork)
                .containsExactlyInAnyOrder(Histories.guid("fork A"), Histories.guid("fork B"));
    }

    // ---- size ----

    @Test
    void tenThousandBackupsArePlannedAndReportedInUnderASecondEach() {
        List<Backup> backups = new ArrayList<>();
        Instant start = Instant.parse("2026-01-01T00:00:00Z");
        UUID base = Histories.guid("full 0");
        for (int i = 0; i < 10_000; i++) {
            Backup.Kind kind =
                    i % 700 == 0 ? Backup.Kind.FULL : i % 100 == 0 ? Backup.Kind.DIFFERENTIAL : Backup.Kind.LOG;
            UUID set = Histories.guid("full " + i);
            base = kind == Backup.Kind.FULL ? set : base;
            long lsn = 100L + i * 10L;
            boolean log = kind == Backup.Kind.LOG;
            backups.add(new Backup(
                    "B" + i,
                    "Sales",
                    kind,
                    false,
                    new Backup.Place.Stored(),
                    set,
                    Histories.guid("family"),
                    RecoveryPath.on(Histories.guid("fork")),
                    // Logs reach back over the data backups between them.
                    new Lsn(log && (i - 1) % 100 == 0 ? lsn - 10 : lsn, 1, 1),
                    new Lsn(log ? lsn + 10 : lsn + 5, 1, 1),
                    new Lsn(lsn, 1, 1),
                    kind == Backup.Kind.DIFFERENTIAL ? base : null,
                    RecoveryModel.FULL,
                    start.plus(Duration.ofMinutes(5L * i)),
                    start.plus(Duration.ofMinutes(5L * i + 1)),
                    null,
                    Set.of(),
                    1_000,
                    1,
                    Set.of()));
        }
        Collections.shuffle(backups, new Random(5));
        Instant instant = start.plus(Duration.ofMinutes(5L * 9_850 + 3));
        RestoreTarget.At target = new RestoreTarget.At(instant, LocalDateTime.ofInstant(instant, ZoneOffset.UTC));

        RestorePlan plan = (RestorePlan) new Planner(backups).plan(PlanRequest.to(target));
        assertThat(plan.backups().stream().map(Backup::id).collect(Collectors.joining(" ")))
                .startsWith("B9800 B9801 B9802")
                .endsWith("B9851");
        assertThat(new Planner(backups).report().windows()).hasSize(1);
        assertThat(new Planner(backups).report().findings()).isEmpty();
        // The worst question: nothing reaches it, so every way is tried.
        RestoreTarget.At never = new RestoreTarget.At(start.plus(Duration.ofDays(90)), LocalDateTime.MAX);
        assertThat(new Planner(backups).plan(PlanRequest.to(never))).isInstanceOf(Planning.Unreachable.class);

        assertThat(fastest(() -> new Planner(backups).plan(PlanRequest.to(target)), "planned"))
                .isLessThan(Duration.ofSeconds(1));
        assertThat(fastest(() -> new Planner(backups).plan(PlanRequest.to(never)), "refused"))
                .isLessThan(Duration.ofSeconds(1));
        assertThat(fastest(() -> new Planner(backups).report(), "reported")).isLessThan(Duration.ofSeconds(1));
    }

    /// Of five: other processes have the machine too.
    private static Duration fastest(Runnable work, String what) {
        Duration fastest = Duration.ofDays(1);
        for (int i = 0; i < 5; i++) {
            long began = System.nanoTime();
            work.run();
            Duration taken = Duration.ofNanos(System.nanoTime() - began);
            fastest = taken.compareTo(fastest) < 0 ? taken : fastest;
        }
        System.getLogger(PlannerTest.class.getName())
                .log(System.Logger.Level.INFO, "10,000 backups {0} in {1} ms", what, fastest.toMillis());
        return fastest;
    }
}
