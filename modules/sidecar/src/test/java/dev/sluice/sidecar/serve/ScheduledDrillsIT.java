package dev.sluice.sidecar.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.engine.run.FailureId;
import dev.sluice.sidecar.config.Configuration;
import dev.sluice.sidecar.config.ProveSection;
import dev.sluice.sidecar.schedule.Cron;
import dev.sluice.sidecar.schedule.DatabasePattern;
import dev.sluice.sidecar.schedule.JobOutcome;
import dev.sluice.simulator.server.Fault;
import dev.sluice.simulator.server.Faults;
import java.nio.file.Path;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// Restore drills as policies have them, on a clock that the test sets forward.
@Timeout(300)
class ScheduledDrillsIT {

    private static final Duration PATIENTLY = Duration.ofMinutes(2);
    private static final String SOUND =
            "mssql_backup_last_drill_timestamp_seconds{database=\"Sales\",outcome=\"sound\"}";
    private static final String UNSOUND =
            "mssql_backup_last_drill_timestamp_seconds{database=\"Sales\",outcome=\"unsound\"}";
    private static final String NEXT = "mssql_backup_next_drill_timestamp_seconds{database=\"Sales\"}";

    @TempDir
    Path directory;

    private ClockedService site;

    @BeforeEach
    void start() throws Exception {
        site = new ClockedService(
                directory,
                new Configuration.Policy(
                        List.of(DatabasePattern.parse("Sales")),
                        ClockedService.inHalfAYear(),
                        null,
                        null,
                        null,
                        null,
                        Cron.parse("0 * * * *"),
                        null),
                new DrillSettings(ProveSection.Point.RANDOM, null));
        await().atMost(PATIENTLY).until(() -> site.ended(TrackedBackup.class).size() == 1);
        await().atMost(PATIENTLY).until(() -> site.client().metric(NEXT) > 0);
    }

    @AfterEach
    void stop() {
        if (site != null) {
            site.close();
        }
    }

    private void anHourLater() {
        site.later(Duration.ofHours(1));
    }

    @Test
    void areHeldAtTheirTimesAndCountedByTheirOutcome() throws Exception {
        assertThat(site.began(TrackedDrill.class)).as("none is due yet").isZero();
        assertThat(site.client().metric(SOUND)).isZero();

        anHourLater();
        await().atMost(PATIENTLY).until(() -> site.ended(TrackedDrill.class).size() == 1);

        assertThat(site.ended(TrackedDrill.class).getFirst().outcome()).isEqualTo(JobOutcome.GOOD);
        await().atMost(PATIENTLY).until(() -> site.client().metric(SOUND) > 0);
        assertThat(site.client().metric(UNSOUND)).isZero();
        assertThat(site.client().metric("mssql_backup_drills_total{database=\"Sales\",outcome=\"good\"}"))
                .isEqualTo(1);
        assertThat(site.client().metric(NEXT)).isGreaterThan((double) site.now().getEpochSecond());
    }

    @Test
    void whatOneFindsIsAFailedJob() throws Exception {
        site.sql("EXEC sluice_damage_page @database = N'Sales', @page = 3");
        site.backUp();
        await().atMost(PATIENTLY).until(() -> site.ended(TrackedBackup.class).size() == 2);

        anHourLater();
        await().atMost(PATIENTLY).until(() -> site.ended(TrackedDrill.class).size() == 1);

        JobEvent.Ended drill = site.ended(TrackedDrill.class).getFirst();
        assertThat(drill.outcome()).isEqualTo(JobOutcome.FAILED);
        assertThat(drill.failure().id()).isEqualTo(FailureId.DATABASE_DAMAGED);
        await().atMost(PATIENTLY).until(() -> site.client().metric(UNSOUND) > 0);
        assertThat(site.client().metric(NEXT))
                .as("it is told once, and held again at its time")
                .isGreaterThan((double) site.now().getEpochSecond());
    }

    /// The backup stalls until the loop has come round many times with a drill that is due.
    @Test
    void noneBeginsWhileABackupRuns() throws Exception {
        site.installation().server().faults().next(Faults.Target.DATA, new Fault.StallsAfter(1 << 20));
        site.backUp();
        await().atMost(PATIENTLY)
                .until(() -> site.installation().server().faults().isStalling());

        anHourLater();
        int before = site.asked();
        await().atMost(PATIENTLY).until(() -> site.asked() > before + 20);
        assertThat(site.client().metric(NEXT)).isLessThan((double) site.now().getEpochSecond());
        assertThat(site.began(TrackedDrill.class)).isZero();

        site.installation().server().faults().release();
        await().atMost(PATIENTLY).until(() -> site.ended(TrackedDrill.class).size() == 1);
        assertThat(site.ended(TrackedBackup.class)).hasSize(2);
    }

    /// A backup that becomes due while a drill restores begins and ends before it.
    @Test
    void noBackupWaitsForADrill() throws Exception {
        site.installation().server().faults().next(Faults.Target.RESTORE, new Fault.StallsAfter(1 << 20));
        anHourLater();
        await().atMost(PATIENTLY)
                .until(() -> site.installation().server().faults().isStalling());

        site.backUp();
        await().atMost(PATIENTLY).until(() -> site.ended(TrackedBackup.class).size() == 2);
        assertThat(site.ended(TrackedDrill.class)).isEmpty();

        site.installation().server().faults().release();
        await().atMost(PATIENTLY).until(() -> site.ended(TrackedDrill.class).size() == 1);
    }

    @Test
    void oneIsCancelledAndHeldAgainAtItsNextTime() throws Exception {
        site.installation().server().faults().next(Faults.Target.RESTORE, new Fault.StallsAfter(1 << 20));
        // Five minutes after a full hour: the next time of the table is far away.
        site.later(Duration.between(
                site.now(), site.now().truncatedTo(ChronoUnit.HOURS).plus(Duration.ofMinutes(65))));
        await().atMost(PATIENTLY)
                .until(() -> site.installation().server().faults().isStalling());
        JsonNode drill = site.client().json("/api/v1/drills").at("/drills/0");
        String path = "/api/v1/drills/" + drill.get("id").asString();
        assertThat(drill.get("state").asString()).isEqualTo("running");
        assertThat(drill.get("database").asString()).isEqualTo("Sales");

        assertThat(site.client().send("DELETE", path, null).statusCode()).isEqualTo(202);
        await().atMost(PATIENTLY).until(() -> site.ended(TrackedDrill.class).size() == 1);

        assertThat(site.ended(TrackedDrill.class).getFirst().outcome()).isEqualTo(JobOutcome.CANCELLED);
        await().atMost(PATIENTLY)
                .until(() -> site.client().json(path).get("state").asString().equals("cancelled"));
        assertThat(site.client().json(path).has("outcome")).isFalse();
        assertThat(site.client().send("DELETE", path, null).statusCode()).isEqualTo(409);
        assertThat(site.client().send("DELETE", "/api/v1/drills/none", null).statusCode())
                .isEqualTo(404);
        site.later(Duration.ofMinutes(20));
        int before = site.asked();
        await().atMost(PATIENTLY).until(() -> site.asked() > before + 20);
        assertThat(site.began(TrackedDrill.class)).as("not again at once").isEqualTo(1);

        anHourLater();
        await().atMost(PATIENTLY).until(() -> site.ended(TrackedDrill.class).size() == 2);
        assertThat(site.ended(TrackedDrill.class).getLast().outcome()).isEqualTo(JobOutcome.GOOD);
    }
}
