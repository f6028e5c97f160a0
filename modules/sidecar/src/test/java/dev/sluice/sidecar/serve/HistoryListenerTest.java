package dev.sluice.sidecar.serve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.catalog.BackupType;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.RunProgress;
import dev.sluice.sidecar.history.HistoryEntry;
import dev.sluice.sidecar.history.JobOrigin;
import dev.sluice.sidecar.history.JobType;
import dev.sluice.sidecar.history.WaitedFor;
import dev.sluice.sidecar.log.Masking;
import dev.sluice.sidecar.schedule.BackupJob;
import dev.sluice.sidecar.schedule.JobOutcome;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// What the history gets to know of a job.
class HistoryListenerTest {

    private static final Instant NOON = Instant.parse("2026-03-10T12:00:00Z");

    @AfterEach
    void forgetSecrets() {
        Masking.hide(List.of());
    }

    private static TrackedBackup job(boolean asked, String reason) {
        return new TrackedBackup(
                new BackupJob("1", "Sales", BackupType.DIFFERENTIAL, false, NOON.minusSeconds(90), asked, reason));
    }

    private static JobEvent.Ended ended(TrackedJob job, JobOutcome outcome) {
        return new JobEvent.Ended(job, outcome, Duration.ofSeconds(30), null, null, NOON);
    }

    @Test
    void aBackupIsToldWithItsTurnItsBytesAndWhatItWaitedFor() {
        TrackedBackup job = job(false, "");
        RunProgress progress = new RunProgress(2);
        progress.moved(77);
        progress.waiting(0, RunProgress.Waiting.NOTHING);
        progress.waiting(1, RunProgress.Waiting.NOTHING);
        job.take(BackupType.FULL, "there is no base");
        job.streaming("01J00000000000000000000001", progress);

        HistoryEntry entry = HistoryListener.entry(ended(job, JobOutcome.GOOD));

        assertThat(entry.type()).as("what was taken, not what was planned").isEqualTo(JobType.FULL);
        assertThat(entry.due()).isEqualTo(NOON.minusSeconds(90));
        assertThat(entry.began()).isEqualTo(NOON.minusSeconds(30));
        assertThat(entry.ended()).isEqualTo(NOON);
        assertThat(entry.took()).isEqualTo(Duration.ofSeconds(30));
        assertThat(entry.bytes()).isEqualTo(77);
        assertThat(entry.waitedFor()).isNotNull().extracting(WaitedFor::side).isEqualTo(WaitedFor.Side.SQL);
        assertThat(entry.backup()).isEqualTo("01J00000000000000000000001");
        assertThat(entry.text()).isEqualTo("there is no base");
    }

    @Test
    void theOriginIsTheTableThePersonOrTheChain() {
        assertThat(HistoryListener.entry(ended(job(false, ""), JobOutcome.GOOD)).origin())
                .isEqualTo(JobOrigin.SCHEDULE);
        assertThat(HistoryListener.entry(ended(job(true, ""), JobOutcome.GOOD)).origin())
                .isEqualTo(JobOrigin.REQUEST);
        assertThat(HistoryListener.entry(ended(job(false, "the chain is broken"), JobOutcome.GOOD))
                        .origin())
                .isEqualTo(JobOrigin.CHAIN);
    }

    @Test
    void aFailureIsToldWithoutSecretsAndWithBothEndsOfALongMessage() {
        Masking.hide(List.of("hunter2-is-secret"));
        String what = "Msg 3013 hunter2-is-secret " + "x".repeat(2_000) + " HTTP 403 hunter2-is-secret";

        HistoryEntry entry =
                HistoryListener.entry(EndedJobs.failed("Sales", BackupType.LOG, FailureId.STORE_FAILED, what, NOON));

        assertThat(entry.isFailed()).isTrue();
        assertThat(entry.failure()).isEqualTo("store-failed");
        assertThat(entry.text())
                .startsWith("Msg 3013 *** xx")
                .endsWith("HTTP 403 ***")
                .hasSize(600);
    }

    @Test
    void aClockThatWasSetBackMakesNoNegativeDuration() {
        HistoryEntry entry = HistoryListener.entry(
                new JobEvent.Ended(job(false, ""), JobOutcome.GOOD, Duration.ofHours(-1), null, null, NOON));

        assertThat(entry.took()).isZero();
        assertThat(entry.began()).isEqualTo(NOON);
    }
}
