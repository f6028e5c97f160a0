package dev.sluice.engine.plan;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.temporal.ChronoField;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// SQL Server's local time: the one in its log, in msdb and in STOPAT.
///
/// It is either stated as a zone, or observed: whenever both the local and the universal time of a moment are
/// known (a backup's document has them), the offset of that moment is. Between two observations of one offset it
/// is taken to be that; between two different ones it is not known, and the error says so.
public sealed interface ServerTime {

    /// What [ZoneOffset] has at most, less the half of what [#offset] rounds to.
    Duration FARTHEST = Duration.ofHours(18).plusMinutes(7);

    /// What SQL Server's clock showed, or will show, at this instant.
    ///
    /// **Errors:** [UnclearTime] where the offset is not known.
    LocalDateTime local(Instant instant);

    /// The instants at which its clock shows this: none in the hour that is left out in spring, two in the one
    /// that comes twice in autumn.
    List<Instant> readings(LocalDateTime local);

    /// Whether people may leave the offset away, because a person has named the zone.
    boolean stated();

    static ServerTime stated(ZoneId zone) {
        return new Stated(zone);
    }

    /// @param offsets at least one
    static ServerTime observed(Map<Instant, ZoneOffset> offsets) {
        return new Observed(new TreeMap<>(offsets));
    }

    /// Whether two readings can be of one moment: no zone is further from UTC than 18 hours.
    static boolean isOffset(Instant utc, LocalDateTime local) {
        return Duration.between(utc, local.toInstant(ZoneOffset.UTC)).abs().compareTo(FARTHEST) <= 0;
    }

    /// The offset that lies between two readings of one moment, to the quarter of an hour: the readings were not
    /// taken in the same instant.
    static ZoneOffset offset(Instant utc, LocalDateTime local) {
        long seconds = Duration.between(utc, local.toInstant(ZoneOffset.UTC)).toSeconds();
        return ZoneOffset.ofTotalSeconds(Math.toIntExact(Math.round(seconds / 900.0) * 900));
    }

    /// The instant that a local time from msdb means. In the hour that comes twice it is the later one: a backup
    /// is then taken to have ended later than perhaps it did, which costs nothing.
    default Instant instant(LocalDateTime local) {
        List<Instant> readings = readings(local);
        return readings.isEmpty() ? local.toInstant(ZoneOffset.UTC) : readings.getLast();
    }

    /// The literal for STOPAT that means this instant.
    ///
    /// `datetime` counts in ticks of 1/300 s and rounds to the nearest one, which may be later; so the literal
    /// is a tick already, the last one that is not later.
    ///
    /// **Errors:** [UnclearTime] in the hour that comes twice, because the log holds local times only.
    default LocalDateTime stopAt(Instant instant) {
        LocalDateTime local = local(instant);
        List<Instant> readings = readings(local);
        if (readings.size() > 1) {
            throw new UnclearTime(
                    "%s is %s in SQL Server's local time, which comes twice that day: as %s. Its log holds local times only, so it cannot stop at one of them; give an LSN instead (lsn:N)"
                            .formatted(instant, local, told(local, readings)));
        }
        int millis = local.get(ChronoField.MILLI_OF_SECOND);
        int tick = millis / 10 * 10 + (millis % 10 >= 7 ? 7 : millis % 10 >= 3 ? 3 : 0);
        return local.truncatedTo(ChronoUnit.SECONDS).plusNanos(tick * 1_000_000L);
    }

    private static String told(LocalDateTime local, List<Instant> readings) {
        return readings.stream()
                .map(reading -> local + offset(reading, local).getId())
                .collect(Collectors.joining(" and as "));
    }

    /// Where the clock changes its offset, the local time before and after it; for telling people.
    private static String readingsAround(LocalDateTime local, ZoneId zone) {
        var change = zone.getRules().getTransition(local);
        return "%s%s or %s%s"
                .formatted(
                        local.plus(change.getDuration()),
                        change.getOffsetAfter().getId(),
                        local.minus(change.getDuration()),
                        change.getOffsetBefore().getId());
    }

    /// The one instant that a person means by a local time.
    ///
    /// **Errors:** [UnclearTime] when there is no such time, or two.
    default Instant meant(LocalDateTime local) {
        if (!stated()) {
            throw new UnclearTime(
                    "%s does not say in which offset: write %sZ, or %s+02:00, or state the server's zone with --zone"
                            .formatted(local, local, local));
        }
        List<Instant> readings = readings(local);
        return switch (readings.size()) {
            case 1 -> readings.getFirst();
            case 0 ->
                throw new UnclearTime("there is no %s in the server's zone: its clock went over that hour. Say %s"
                        .formatted(
                                local,
                                this instanceof Stated(ZoneId zone) ? readingsAround(local, zone) : "an offset"));
            default ->
                throw new UnclearTime(
                        "%s comes twice in the server's zone. Say %s".formatted(local, told(local, readings)));
        };
    }

    /// As a person has named it.
    record Stated(ZoneId zone) implements ServerTime {

        @Override
        public LocalDateTime local(Instant instant) {
            return LocalDateTime.ofInstant(instant, zone);
        }

        @Override
        public List<Instant> readings(LocalDateTime local) {
            return zone.getRules().getValidOffsets(local).stream()
                    .map(local::toInstant)
                    .sorted()
                    .toList();
        }

        @Override
        public boolean stated() {
            return true;
        }
    }

    /// As documents show.
    record Observed(NavigableMap<Instant, ZoneOffset> offsets) implements ServerTime {

        public Observed {
            if (offsets.isEmpty()) {
                throw new IllegalArgumentException("nothing was observed");
            }
        }

        @Override
        public LocalDateTime local(Instant instant) {
            Map.Entry<Instant, ZoneOffset> before = offsets.floorEntry(instant);
            Map.Entry<Instant, ZoneOffset> after = offsets.ceilingEntry(instant);
            if (before != null && after != null && !before.getValue().equals(after.getValue())) {
                throw new UnclearTime(
                        "SQL Server's clock was at %s at %s and at %s at %s; what it showed at %s is not known. State the server's zone with --zone"
                                .formatted(
                                        before.getValue(), before.getKey(), after.getValue(), after.getKey(), instant));
            }
            return LocalDateTime.ofInstant(instant, before == null ? after.getValue() : before.getValue());
        }

        @Override
        public List<Instant> readings(LocalDateTime local) {
            return offsets.values().stream()
                    .distinct()
                    .map(local::toInstant)
                    .filter(reading -> near(reading).contains(offset(reading, local)))
                    .distinct()
                    .sorted()
                    .toList();
        }

        /// The offsets that may have been in force then.
        private List<ZoneOffset> near(Instant instant) {
            Map.Entry<Instant, ZoneOffset> before = offsets.floorEntry(instant);
            Map.Entry<Instant, ZoneOffset> after = offsets.ceilingEntry(instant);
            return Stream.of(before, after)
                    .filter(Objects::nonNull)
                    .map(Map.Entry::getValue)
                    .toList();
        }

        @Override
        public boolean stated() {
            return false;
        }
    }
}
