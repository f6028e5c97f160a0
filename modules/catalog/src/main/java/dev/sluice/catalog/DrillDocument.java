package dev.sluice.catalog;

import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// What a restore drill found out about backups of a database.
///
/// @param drillId    the drill's ULID
/// @param database   whose backups were tried
/// @param backups    ids of the backups that were restored, or were to be, in that order; none when there was no plan
/// @param point      where the restore ended: `end`, or an instant
/// @param seed       from which a random instant was drawn; null when it was not random
/// @param server     the address of the server that restored them
/// @param startedAt  by that server's clock
/// @param finishedAt by that server's clock
/// @param outcome    what is known now
/// @param step       the step that found what is wrong, such as `restore`; null when nothing is
/// @param failure    the failure id of it; null when nothing is
/// @param what       the finding in words; null when nothing is
/// @param checks     what was checked and compared, a sentence each
public record DrillDocument(
        String drillId,
        String database,
        List<String> backups,
        String point,
        @Nullable Long seed,
        String server,
        Instant startedAt,
        Instant finishedAt,
        Outcome outcome,
        @Nullable String step,
        @Nullable String failure,
        @Nullable String what,
        List<String> checks) {

    /// What is known after a drill.
    public enum Outcome {
        /// The backups were restored, and everything that was checked is right.
        SOUND,
        /// They cannot be restored there, or what came of it is damaged.
        UNSOUND,
        /// The drill could not tell: its server had no room, for instance.
        UNPROVEN;

        /// As keys and people have it.
        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public DrillDocument {
        backups = List.copyOf(backups);
        checks = List.copyOf(checks);
    }

    /// The backup that the restore begins with; null when there was no plan.
    public @Nullable String base() {
        return backups.isEmpty() ? null : backups.getFirst();
    }
}
