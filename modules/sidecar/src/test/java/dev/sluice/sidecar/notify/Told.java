package dev.sluice.sidecar.notify;

import org.jspecify.annotations.Nullable;

/// Notifications for tests of channels.
final class Told {

    static final String ID = "01JQ0000000000000000000000";

    private Told() {}

    static Notification failure(String database, String message) {
        return of(NotificationEvent.FAILURE, database, "log", message, "Look at the bucket.");
    }

    static Notification of(
            NotificationEvent event,
            @Nullable String database,
            @Nullable String type,
            String message,
            @Nullable String remedy) {
        return new Notification(
                Notification.VERSION,
                ID,
                "2026-03-01T12:00:00Z",
                event,
                "sql-prod-1",
                database,
                type,
                event == NotificationEvent.FAILURE ? "store-failed" : null,
                message,
                remedy,
                null);
    }
}
