package dev.sluice.sidecar.serve;

import dev.sluice.catalog.BackupType;
import dev.sluice.engine.chain.ChainFinding;
import dev.sluice.engine.chain.ChainPolicy;
import dev.sluice.sidecar.schedule.BackupSchedule;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Knows which chains in the bucket are broken, by the backups of a person or of another program or by a switch
/// of the recovery model, and what Sluice does about it.
///
/// The answer is a backup that the schedule takes like any other: it waits for its place, excludes others of its
/// kind, and is tried again. If Sluice and another program backed up one database's log in turns, Sluice would
/// answer each log backup of the other program with a data backup. So a database gets an answer once an hour at
/// most; until the hour is over, Sluice only reports what is broken.
///
/// **Threading:** any thread.
final class ChainRepairs {

    private static final Logger log = LoggerFactory.getLogger(ChainRepairs.class);
    private static final Duration ONCE_IN = Duration.ofHours(1);

    private final BackupSchedule schedule;
    private final InstantSource clock;
    private final Supplier<ServiceSettings> settings;
    private final Map<String, Set<ChainFinding.Kind>> broken = new HashMap<>(); // guarded by itself
    private final Map<String, Instant> answered = new HashMap<>(); // guarded by `broken`

    ChainRepairs(BackupSchedule schedule, InstantSource clock, Supplier<ServiceSettings> settings) {
        this.schedule = schedule;
        this.clock = clock;
        this.settings = settings;
    }

    /// The chain was compared: what is known now, and what follows.
    ///
    /// @return what was found and what follows, in sentences; empty when all is well
    String heard(String database, List<ChainFinding> findings) {
        synchronized (broken) {
            Set<ChainFinding.Kind> kinds = EnumSet.noneOf(ChainFinding.Kind.class);
            findings.forEach(finding -> kinds.add(finding.kind()));
            broken.put(database, kinds);
            if (findings.isEmpty()) {
                return "";
            }
            List<String> told = findings.stream()
                    .map(finding -> "%s. %s".formatted(finding.what(), finding.consequence()))
                    .collect(Collectors.toCollection(ArrayList::new));
            answer(database, findings).ifPresent(told::add);
            return String.join(" ", told);
        }
    }

    private Optional<String> answer(String database, List<ChainFinding> findings) {
        Optional<BackupType> type = policy(database).answer(findings);
        if (type.isEmpty()) {
            return Optional.empty();
        }
        String word = type.get() == BackupType.FULL ? "full" : "differential";
        Instant now = clock.instant();
        Instant last = answered.get(database);
        if (last != null && now.isBefore(last.plus(ONCE_IN))) {
            return Optional.of("No %s backup follows: there was one less than an hour ago.".formatted(word));
        }
        if (!schedule.want(
                database,
                type.get(),
                "the chain is broken: " + findings.getFirst().what())) {
            return Optional.of("A %s backup is due already.".formatted(word));
        }
        answered.put(database, now);
        log.atInfo()
                .addKeyValue("database", database)
                .addKeyValue("type", type.get())
                .addKeyValue("why", findings.getFirst().what())
                .log("a backup follows that heals the chain");
        return Optional.of("A %s backup follows.".formatted(word));
    }

    /// What is compared, and what follows.
    ChainPolicy policy(String database) {
        ServiceSettings now = settings.get();
        ChainPolicy said = now.policies()
                .onBrokenChain(database)
                .orElseGet(() -> now.requests()
                        .of(database, BackupType.LOG, false)
                        .options()
                        .chain());
        return takesCopyOnly(database, BackupType.FULL) ? said.besideOtherFulls() : said;
    }

    private boolean takesCopyOnly(String database, BackupType type) {
        return settings.get().policies().copyOnly(database).contains(type);
    }

    /// What is broken as far as is known. Of a database whose policy takes copy-only log backups nothing is: the chain
    /// is another program's, and what was known of it before the policy said so is forgotten.
    Set<ChainFinding.Kind> broken(String database) {
        synchronized (broken) {
            if (takesCopyOnly(database, BackupType.LOG)) {
                broken.remove(database);
            }
            return Set.copyOf(broken.getOrDefault(database, Set.of()));
        }
    }
}
