package dev.sluice.sidecar.config;

import dev.sluice.catalog.BackupType;
import dev.sluice.engine.chain.ChainPolicy;
import dev.sluice.engine.retention.KeepRule;
import dev.sluice.sidecar.schedule.Cron;
import dev.sluice.sidecar.schedule.DatabasePattern;
import dev.sluice.sidecar.schedule.Timetable;
import java.time.Instant;
import java.time.ZoneId;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What the configuration says about databases, by their names. A database belongs to the first policy that
/// takes it.
public record Policies(List<Configuration.Policy> policies, Configuration.Schedule schedule) {

    public Policies {
        policies = List.copyOf(policies);
    }

    public static Policies of(Configuration configuration) {
        return new Policies(configuration.policies(), configuration.schedule());
    }

    private Optional<Configuration.Policy> of(String database) {
        return policies.stream()
                .filter(policy -> DatabasePattern.matches(policy.databases(), database))
                .findFirst();
    }

    /// When its backups are due; empty when no policy takes it.
    public Optional<Timetable> timetable(String database) {
        return of(database).map(policy -> {
            Map<BackupType, Cron> tables = new EnumMap<>(BackupType.class);
            put(tables, BackupType.FULL, policy.full());
            put(tables, BackupType.DIFFERENTIAL, policy.diff());
            put(tables, BackupType.LOG, policy.log());
            return new Timetable(database, tables, zone(policy), schedule.jitter());
        });
    }

    private ZoneId zone(Configuration.Policy policy) {
        return policy.timeZone() == null ? schedule.timeZone() : policy.timeZone();
    }

    /// In which zone its time tables are read, and its weeks, months and years begin.
    public ZoneId zone(String database) {
        return of(database).map(this::zone).orElse(schedule.timeZone());
    }

    /// When its next restore drill is due after this moment; empty when no policy holds any.
    public Optional<Instant> nextDrill(String database, Instant after) {
        return of(database)
                .flatMap(policy -> policy.prove() == null
                        ? Optional.empty()
                        : policy.prove().next(after, zone(policy)));
    }

    /// When its backups are verified; empty when no policy asks for that.
    public Optional<VerifySection.Rule> verification(String database) {
        return of(database)
                .flatMap(policy -> Optional.ofNullable(policy.verify()).map(section -> section.rule(zone(policy))));
    }

    /// Whether any policy asks for verifications.
    public boolean verify() {
        return policies.stream().anyMatch(policy -> policy.verify() != null);
    }

    private static void put(Map<BackupType, Cron> tables, BackupType type, @Nullable Cron table) {
        if (table != null) {
            tables.put(type, table);
        }
    }

    /// What follows when its chain is broken; empty when no policy says so itself.
    public Optional<ChainPolicy> onBrokenChain(String database) {
        return of(database).map(Configuration.Policy::onBrokenChain).map(Policies::chain);
    }

    /// In the engine's words.
    public static ChainPolicy chain(BackupSection.BrokenChain answer) {
        return switch (answer) {
            case REPORT -> ChainPolicy.REPORT;
            case DIFFERENTIAL -> ChainPolicy.DIFFERENTIAL;
            case FULL -> ChainPolicy.FULL;
        };
    }

    /// What is kept of it; empty when nothing is ever removed.
    public Optional<KeepRule> keep(String database) {
        return of(database)
                .flatMap(policy -> Optional.ofNullable(policy.keep()))
                .map(keep -> new KeepRule(
                        keep.full(), keep.days(), keep.weeks(), keep.months(), keep.years(), zone(database)));
    }
}
