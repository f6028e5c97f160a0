package dev.sluice.simulator.server;

import dev.sluice.mtf.Lsn;
import dev.sluice.simulator.database.LogPosition;
import dev.sluice.simulator.database.StopPoint;
import dev.sluice.simulator.query.Values;
import dev.sluice.simulator.tds.SqlType;
import dev.sluice.simulator.tsql.SqlFailure;
import dev.sluice.simulator.tsql.Statement.Restore;
import java.math.BigInteger;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// STOPAT, STOPATMARK and STOPBEFOREMARK, whose marks are names or `lsn:` with a decimal number.
final class StopPoints {

    private static final String PREFIX = "lsn:";
    private static final List<String> MARKS = List.of("STOPATMARK", "STOPBEFOREMARK");

    private StopPoints() {}

    /// @param kind names are for RESTORE LOG alone
    static StopPoint of(StatementOptions options, Restore.Kind kind, Values values) {
        if (options.has("STOPAT")) {
            return new StopPoint.At(time(options.text("STOPAT", ""), values));
        }
        for (String option : MARKS) {
            if (!options.has(option)) {
                continue;
            }
            boolean within = option.equals("STOPATMARK");
            String mark = options.text(option, "");
            if (mark.toLowerCase(Locale.ROOT).startsWith(PREFIX)) {
                return new StopPoint.Before(record(mark) + (within ? 1 : 0));
            }
            if (kind != Restore.Kind.LOG) {
                options.refuse(List.of(option));
            }
            String after = options.textAfter(option);
            return new StopPoint.Marked(mark, after == null ? null : time(after, values), within);
        }
        return new StopPoint.None();
    }

    /// Of STOPATMARK or STOPBEFOREMARK, as it was written; null without either.
    static @Nullable String mark(StatementOptions options) {
        return MARKS.stream()
                .filter(options::has)
                .map(option -> options.text(option, ""))
                .findFirst()
                .orElse(null);
    }

    private static LocalDateTime time(String text, Values values) {
        return (LocalDateTime) Objects.requireNonNull(values.convert(text, SqlType.DATETIME, 0));
    }

    private static long record(String mark) {
        try {
            return LogPosition.record(
                    Lsn.ofDecimal(new BigInteger(mark.substring(PREFIX.length()).strip())));
        } catch (IllegalArgumentException e) {
            throw SqlFailure.error(3237, "Option not supported: '%s' is no log sequence number.".formatted(mark));
        }
    }
}
