package dev.sluice.sidecar.notify;

import com.fasterxml.jackson.annotation.JsonValue;
import dev.sluice.sidecar.config.NotifySection;
import java.util.Locale;

/// What a notification is about.
enum NotificationEvent {
    /// A backup, restore, verification or restore drill has failed.
    FAILURE,
    /// It has succeeded, for the first time after a failure; or a log has room again.
    RESOLVED,
    /// SQL Server and the bucket were compared, and do not go together.
    CHAIN_BROKEN,
    /// A log is nearly full.
    LOG_FULL,
    /// A backup is good. Only heartbeats hear of it.
    GOOD_BACKUP,
    /// A person has asked for it.
    TEST;

    static NotificationEvent of(NotifySection.Event configured) {
        return switch (configured) {
            case FAILURE -> FAILURE;
            case RESOLVED -> RESOLVED;
            case CHAIN_BROKEN -> CHAIN_BROKEN;
            case LOG_FULL -> LOG_FULL;
        };
    }

    /// As the document has it: `chain-broken`.
    @JsonValue
    String text() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
