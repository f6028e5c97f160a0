package dev.sluice.engine.retention;

import dev.sluice.engine.plan.Backup;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/// The full backups that stay for a week, a month or a year (grandfather, father, son).
///
/// A backup belongs to the period in which it began, by the clock on the wall of the rule's zone: people name a
/// backup by the time that its time table says, and `sluice list` shows that time. The last one of a period is the
/// one that ends at the highest LSN, so a clock that was set back changes nothing.
///
/// Periods without a full backup do not count. So a database that is not backed up any more loses none of them.
final class CalendarPoints {

    private static final Comparator<Backup> ORDINARY_BEFORE_COPY_ONLY =
            Comparator.comparing((Backup backup) -> !backup.copyOnly()).thenComparing(Backup::lastLsn);

    private CalendarPoints() {}

    /// @param fulls those that can be restored, of one family and fork
    /// @return why each of them stays that does
    static Map<Backup, String> of(List<Backup> fulls, KeepRule rule) {
        Map<Backup, List<String>> periods = new LinkedHashMap<>();
        for (CalendarPeriod period : CalendarPeriod.values()) {
            Integer number = rule.number(period);
            if (number != null) {
                newest(period, number, fulls, rule)
                        .forEach((name, last) -> periods.computeIfAbsent(last, _ -> new ArrayList<>())
                                .add("%s %s".formatted(period.word(), name)));
            }
        }
        return periods.entrySet().stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey,
                        entry -> "the last full backup of " + String.join(", ", entry.getValue()),
                        (one, _) -> one,
                        LinkedHashMap::new));
    }

    /// The last full backup of each of the newest periods, by their names.
    ///
    /// A replica of an availability group takes copy-only full backups alone, so they are as good as others here;
    /// where a period has both, the one of the ordinary series stays.
    private static Map<String, Backup> newest(CalendarPeriod period, int number, List<Backup> fulls, KeepRule rule) {
        TreeMap<String, Backup> last = new TreeMap<>(Comparator.reverseOrder());
        for (Backup full : fulls) {
            LocalDate day = full.started().atZone(rule.zone()).toLocalDate();
            last.merge(
                    period.of(day),
                    full,
                    (one, other) -> ORDINARY_BEFORE_COPY_ONLY.compare(one, other) >= 0 ? one : other);
        }
        return last.entrySet().stream()
                .limit(number)
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue, (one, _) -> one, LinkedHashMap::new));
    }
}
