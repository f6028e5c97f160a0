package dev.sluice.engine.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.catalog.BackupDetails;
import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.BackupDocument.Outcome;
import dev.sluice.catalog.BackupType;
import dev.sluice.catalog.SetFacts;
import java.math.BigInteger;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// When a backup was done, by whoever knows it best. SQL Server's clock is two hours before UTC.
class BackupFactsTest {

    private static final Instant BEGAN = Instant.parse("2026-07-01T01:00:00Z");

    private static Instant finished(
            @Nullable Instant heard, Map<String, Object> stream, @Nullable Map<String, Object> msdb) {
        return BackupFacts.of(document(heard, stream, msdb)).orElseThrow().finished();
    }

    private static Map<String, Object> row(String finished, boolean isFinal) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("backup_set_uuid", "00000000-0000-0000-0000-000000000001");
        row.put("family_guid", "00000000-0000-0000-0000-000000000002");
        row.put("last_recovery_fork_guid", "00000000-0000-0000-0000-000000000003");
        row.put("first_lsn", "39000000048800071");
        row.put("last_lsn", "39000000051800001");
        row.put("backup_start_date", "2026-07-01T03:00:00");
        row.put("backup_finish_date", finished);
        row.put("final", isFinal);
        return row;
    }

    private static BackupDocument document(
            @Nullable Instant heard, Map<String, Object> stream, @Nullable Map<String, Object> msdb) {
        return new BackupDocument(
                BackupDocument.SCHEMA_VERSION,
                "01ARZ3NDEKTSV4RRFFQ69G5FAV",
                "test",
                "test",
                "Sales",
                BackupType.FULL,
                false,
                "sluice-01ARZ3NDEKTSV4RRFFQ69G5FAV",
                BEGAN,
                heard,
                new BackupDocument.Verdict(heard == null ? Outcome.UNCONFIRMED : Outcome.GOOD, ""),
                new BackupDocument.Options(1 << 20, 0, 4, false, true),
                BigInteger.valueOf(39000000048800071L),
                BigInteger.valueOf(39000000051800001L),
                List.of(new BackupDocument.Stripe(1, List.of())),
                BackupDetails.NONE
                        .withStreams(List.of(), SetFacts.of(stream), List.of())
                        .withHistory(msdb == null ? null : SetFacts.of(msdb)));
    }

    @Test
    void anUnconfirmedBackupEndedWhenItsStreamSays() {
        assertThat(finished(null, row("2026-07-01T05:00:00", true), null))
                .isEqualTo(Instant.parse("2026-07-01T03:00:01Z"));
    }

    @Test
    void aRecoveredBackupEndedWhenMsdbSaysAndNotWhenItWasFound() {
        Instant found = Instant.parse("2026-07-01T08:00:00Z");

        assertThat(finished(found, Map.of(), row("2026-07-01T05:00:00", false)))
                .isEqualTo(Instant.parse("2026-07-01T03:00:01Z"));
    }

    @Test
    void noBackupEndedAfterSomebodyHeardOfIt() {
        Instant heard = Instant.parse("2026-07-01T03:00:00.400Z");

        assertThat(finished(heard, row("2026-07-01T05:00:00", true), null)).isEqualTo(heard);
    }

    @Test
    void aStreamThatWasNotSeenToItsEndSaysNothingOfIt() {
        Instant heard = Instant.parse("2026-07-01T03:00:00Z");

        assertThat(finished(heard, row("2026-07-01T03:00:00", false), null)).isEqualTo(heard);
    }
}
