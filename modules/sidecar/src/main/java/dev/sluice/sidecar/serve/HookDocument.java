package dev.sluice.sidecar.serve;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import dev.sluice.engine.backup.BackupResult;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.sidecar.history.JobOrigin;
import dev.sluice.sidecar.log.Masking;
import dev.sluice.sidecar.schedule.JobOutcome;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/// What a program around a backup gets on its standard input. `docs/hooks.md` explains each member; members may
/// be added within a version.
///
/// @param version  of this document's form
/// @param hook     `before` or `after`
/// @param at       when the program was started, in UTC
/// @param server   its identity
/// @param database of the backup
/// @param type     as it is taken: `full`, `differential` or `log`
/// @param origin   who has asked for it: `schedule`, `request` or `chain`
/// @param copyOnly whether it is outside of the chain
/// @param job      the job's id in this process
/// @param outcome  `good`, `failed`, `unconfirmed`, `cancelled` or `left-out`; null before
/// @param backup   the id of the good backup; null when there is none
/// @param bytes    in the bucket; null when there is no good backup
/// @param failure  the failure's id; null without one
/// @param message  the failure in words; null without one
@JsonPropertyOrder({
    "version",
    "hook",
    "at",
    "server",
    "database",
    "type",
    "origin",
    "copyOnly",
    "job",
    "outcome",
    "backup",
    "bytes",
    "failure",
    "message"
})
record HookDocument(
        int version,
        String hook,
        String at,
        String server,
        String database,
        String type,
        String origin,
        boolean copyOnly,
        String job,
        @Nullable String outcome,
        @Nullable String backup,
        @Nullable Long bytes,
        @Nullable String failure,
        @Nullable String message) {

    static final int VERSION = 1;

    /// Keeps the whole document below the 64 KiB that a pipe takes without a reader.
    private static final int LONGEST = 4096;

    static HookDocument before(String server, TrackedBackup work, Instant now) {
        return of("before", server, work, now, null, null, null);
    }

    static HookDocument after(
            String server,
            TrackedBackup work,
            Instant now,
            JobOutcome outcome,
            @Nullable BackupResult result,
            @Nullable OperationFailed failure) {
        return of("after", server, work, now, outcome, result, failure);
    }

    private static HookDocument of(
            String hook,
            String server,
            TrackedBackup work,
            Instant now,
            @Nullable JobOutcome outcome,
            @Nullable BackupResult result,
            @Nullable OperationFailed failure) {
        JobOrigin origin = HistoryListener.origin(work.job());
        return new HookDocument(
                VERSION,
                hook,
                now.toString(),
                server,
                work.database(),
                work.takenOrPlanned().name().toLowerCase(Locale.ROOT),
                origin.text(),
                work.job().copyOnly(),
                work.id(),
                outcome == null ? null : outcome.name().toLowerCase(Locale.ROOT).replace('_', '-'),
                result == null ? null : result.document().backupId(),
                result == null ? null : result.document().bytes(),
                failure == null ? null : failure.id().text(),
                failure == null ? null : shown(failure.what()));
    }

    private static String shown(String text) {
        String masked = String.valueOf(Masking.mask(text));
        return masked.length() <= LONGEST ? masked : masked.substring(0, LONGEST - 1) + "…";
    }

    /// One line of JSON in UTF-8.
    byte[] json() {
        return JsonMapper.shared().writeValueAsString(this).getBytes(StandardCharsets.UTF_8);
    }
}
