package dev.sluice.sidecar.notify;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import dev.sluice.sidecar.log.Masking;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/// The document that a receiver gets. `docs/notify.md` explains each member; members may be added within a
/// version.
///
/// @param version  of this document's form
/// @param id       the same in every attempt to deliver it
/// @param at       when the event happened, in UTC
/// @param event    what happened
/// @param server   its identity
/// @param database the database of the job or log; null for a test
/// @param type     of the job: `full`, `differential`, `log`, `restore`, `verification` or `drill`; null for a
///                 test, and for what is said of a log's room
/// @param failure  the failure's id; null unless it is one
/// @param message  what happened, in a sentence or more
/// @param remedy   what to try; null when there is nothing to do
/// @param backup   the backup's id; null when there is no backup
@JsonPropertyOrder({
    "version",
    "id",
    "at",
    "event",
    "server",
    "database",
    "type",
    "failure",
    "message",
    "remedy",
    "backup"
})
record Notification(
        int version,
        String id,
        String at,
        NotificationEvent event,
        String server,
        @Nullable String database,
        @Nullable String type,
        @Nullable String failure,
        String message,
        @Nullable String remedy,
        @Nullable String backup) {

    static final int VERSION = 1;

    /// Keeps the whole document below the 64 KiB that a pipe takes without a reader.
    private static final int LONGEST = 4096;

    private static final JsonMapper JSON = JsonMapper.shared();

    Notification {
        message = shown(message);
        remedy = remedy == null ? null : shown(remedy);
    }

    static Notification test(String id, Instant at, String server) {
        return new Notification(
                VERSION,
                id,
                at.toString(),
                NotificationEvent.TEST,
                server,
                null,
                null,
                null,
                "This is a test: sluice notify test.",
                null,
                null);
    }

    /// Drivers and servers word their errors as they like, so secrets are masked here as they are in the log.
    private static String shown(String text) {
        String masked = Masking.mask(text);
        return masked.length() <= LONGEST ? masked : masked.substring(0, LONGEST - 1) + "…";
    }

    /// As it is sent: one line of JSON in UTF-8.
    byte[] json() {
        return JSON.writeValueAsString(this).getBytes(StandardCharsets.UTF_8);
    }
}
