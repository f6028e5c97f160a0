package dev.sluice.sidecar.config;

import dev.sluice.catalog.BackupType;
import dev.sluice.sidecar.schedule.Cron;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// `policies[].verify:`
public record VerifySection(
        @Key(value = "Whether each backup is read again soon after it was taken.", initial = "true") @Nullable
        Boolean afterBackup,

        @Key(
                value =
                        "When backups are read again that nothing has verified for longer than `every`, the one that waits"
                                + " for longest first.",
                optional = true,
                bound = "five fields of cron",
                example = "0 5 * * *")
        @Nullable
        Cron schedule,

        @Key(
                value = "How old the last verification of a backup may become. Default: `30d`.",
                optional = true,
                min = "1h",
                max = "3650d",
                bound = "only beside `schedule`",
                example = "14d")
        @Nullable
        Duration every,

        @Key(
                value = "Backups of which types. Others are read when a person asks for it.",
                initial = "[full, differential, log]",
                some = true,
                example = "[full, differential]")
        @Nullable
        List<HookSection.Type> types) {

    private static final Duration EVERY = Duration.ofDays(30);

    /// What holds of one database.
    ///
    /// @param afterBackup whether each backup is read again soon after it was taken
    /// @param schedule    when old ones are read again; null for never
    /// @param every       how old the last verification of a backup may become
    /// @param zone        in which the time table is read
    /// @param types       of which types backups are read again
    public record Rule(
            boolean afterBackup, @Nullable Cron schedule, Duration every, ZoneId zone, Set<BackupType> types) {

        public Rule {
            types = Set.copyOf(types);
        }

        /// When the table names a time after this moment; empty when there is no table.
        public Optional<Instant> next(Instant after) {
            return schedule == null ? Optional.empty() : schedule.next(after, zone);
        }
    }

    public VerifySection {
        if (types != null) {
            types = types.isEmpty() ? List.of(HookSection.Type.values()) : List.copyOf(types);
        }
        if (every != null && schedule == null) {
            throw new Invalid("every", "holds for a schedule, and there is none", "add schedule, or remove every");
        }
        if (Boolean.FALSE.equals(afterBackup) && schedule == null) {
            throw new Invalid("", "verifies nothing", "add schedule, or say after-backup: true");
        }
    }

    /// Written as the single word `true`, it has no keys: then each backup is verified, once.
    Rule rule(ZoneId zone) {
        return new Rule(
                !Boolean.FALSE.equals(afterBackup),
                schedule,
                every == null ? EVERY : every,
                zone,
                Arrays.stream(BackupType.values())
                        .filter(type -> types == null || types.contains(HookSection.Type.of(type)))
                        .collect(Collectors.toSet()));
    }
}
