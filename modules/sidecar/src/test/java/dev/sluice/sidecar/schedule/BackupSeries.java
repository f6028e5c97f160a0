package dev.sluice.sidecar.schedule;

import dev.sluice.engine.plan.Backup;
import dev.sluice.engine.plan.RecoveryPath;
import dev.sluice.mtf.Lsn;
import dev.sluice.mtf.RecoveryModel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// The backups of one database that takes them as it should, a second of log each second: so LSNs can be read as
/// times.
final class BackupSeries {

    private static final UUID FAMILY = guid("family");
    private static final UUID FORK = guid("fork");

    final List<Backup> all = new ArrayList<>();
    private @Nullable UUID base;
    private long truncated;
    private int number;

    /// What a backup is like beside its kind.
    record Traits(boolean copyOnly, Backup.Place place, Set<Backup.Trait> traits, Set<Integer> missing) {
        static final Traits NONE = new Traits(false, new Backup.Place.Stored(), Set.of(), Set.of());
    }

    Backup take(Backup.Kind kind, Instant began, Duration lasts) {
        return take(kind, began, lasts, Traits.NONE);
    }

    /// @param began behind the beginning of the one before
    Backup take(Backup.Kind kind, Instant began, Duration lasts, Traits traits) {
        Instant ended = began.plus(lasts);
        long from = second(began);
        long to = second(ended);
        boolean log = kind == Backup.Kind.LOG;
        if (log && truncated == 0) {
            truncated = from - 60;
        }
        String id = String.format(Locale.ROOT, "%c%04d", kind.name().charAt(0), number++);
        Backup backup = new Backup(
                id,
                "Sales",
                kind,
                traits.copyOnly(),
                traits.place(),
                guid(id),
                FAMILY,
                RecoveryPath.on(FORK),
                new Lsn(log ? truncated : from, 1, 1),
                new Lsn(to, 1, 1),
                new Lsn(from, 1, 1),
                kind == Backup.Kind.DIFFERENTIAL ? base : null,
                RecoveryModel.FULL,
                began,
                ended,
                ended,
                traits.traits(),
                1,
                1,
                traits.missing());
        if (kind == Backup.Kind.FULL && !traits.copyOnly()) {
            base = backup.set();
        }
        if (truncated == 0 || (log && !traits.copyOnly())) {
            truncated = log ? to : from;
        }
        all.add(backup);
        return backup;
    }

    boolean hasBase() {
        return base != null;
    }

    private static long second(Instant instant) {
        return Duration.between(Instant.parse("2020-01-01T00:00:00Z"), instant).toSeconds();
    }

    private static UUID guid(String name) {
        return UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8));
    }
}
