package dev.sluice.sidecar.config;

import dev.sluice.catalog.BackupType;
import dev.sluice.engine.chain.ChainPolicy;
import dev.sluice.engine.retention.KeepRule;
import dev.sluice.sidecar.schedule.Cron;
import dev.sluice.sidecar.schedule.DatabasePattern;
import dev.sluice.sidecar.schedule.DifferentialRule;
import dev.sluice.sidecar.schedule.Timetable;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// What the configuration says about databases, by their names. A database belongs to the first policy that
/// takes it.
public record Policies(List<Configuration.Policy> policies, Configuration.Schedule schedule) {

    /// None at all.
    public static final Policies NONE =
            new Policies(List.of(), new Configuration.Schedule(ZoneId.of("UTC"), Duration.ZERO, 2));

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

    /// The name of the policy that takes it; empty when none does, or that policy has no name.
    public Optional<String> name(String database) {
        return of(database).map(Configuration.Policy::name);
    }

    /// What runs before a backup of this type; empty for nothing.
    public Optional<HookSection.Before> before(String database, BackupType type) {
        return of(database)
                .map(Configuration.Policy::before)
                .filter(hook -> hook.types().contains(HookSection.Type.of(type)));
    }

    /// What runs after a backup of this type; empty for nothing.
    public Optional<HookSection.After> after(String database, BackupType type) {
        return of(database)
                .map(Configuration.Policy::after)
                .filter(hook -> hook.types().contains(HookSection.Type.of(type)));
    }

    /// When its backups are due; empty when no policy takes it.
    public Optional<Timetable> timetable(String database) {
        return of(database).map(policy -> {
            Map<BackupType, Cron> tables = new EnumMap<>(BackupType.class);
            put(tables, BackupType.FULL, policy.full());
            put(tables, BackupType.DIFFERENTIAL, policy.diff());
            put(tables, BackupType.LOG, policy.log());
            return new Timetable(database, tables, zone(policy), schedule.jitter(), copyOnly(database));
        });
    }

    /// How its backups of a type are taken where that differs from what holds for all.
    public PolicyBackup.OfType backup(String database, BackupType type) {
        return options(database).of(type);
    }

    /// What the policy says of its backups of this type, and of no other type.
    public PolicyBackup.OfType backupOfItsOwn(String database, BackupType type) {
        return options(database).ofItsOwn(type);
    }

    /// The types of which its policy takes copy-only backups.
    public Set<BackupType> copyOnly(String database) {
        PolicyBackup backup = options(database);
        return Arrays.stream(BackupType.values()).filter(backup::isCopyOnly).collect(Collectors.toUnmodifiableSet());
    }

    private PolicyBackup options(String database) {
        return of(database).map(Configuration.Policy::backup).orElse(PolicyBackup.NONE);
    }

    /// What decides about its differentials beside the table; empty for nothing.
    public Optional<DifferentialRule> differentials(String database) {
        return of(database)
                .map(Configuration.Policy::diffWhen)
                .map(when -> new DifferentialRule(
                        when.atLeast() == null ? 0 : when.atLeast().bytes(),
                        when.fullAbove() == null ? null : when.fullAbove().value()));
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

    /// Who alone is told about it; empty when the receivers' own patterns say so.
    public Optional<List<String>> receivers(String database) {
        return of(database).map(Configuration.Policy::receivers).filter(names -> !names.isEmpty());
    }

    /// When its backups are verified; empty when no policy asks for that.
    public Optional<VerifySection.Rule> verification(String database) {
        return of(database)
                .flatMap(policy -> Optional.ofNullable(policy.verify()).map(section -> section.rule(zone(policy))));
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
