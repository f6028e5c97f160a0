package dev.sluice.simulator.server;

import dev.sluice.mtf.Lsn;
import dev.sluice.simulator.database.LogPosition;
import dev.sluice.simulator.database.StopPoint;
import dev.sluice.simulator.query.Values;
import dev.sluice.simulator.tds.SqlType;
import dev.sluice.simulator.tsql.SqlFailure;
import java.math.BigInteger;
import java.time.LocalDateTime;
import java.util.Locale;
import java.util.Objects;

/// STOPAT, STOPATMARK and STOPBEFOREMARK. Of marks, only `lsn:` with a decimal number is known.
final class StopPoints {

    private static final String PREFIX = "lsn:";

    private StopPoints() {}

    static StopPoint of(StatementOptions options, Values values) {
        if (options.has("STOPAT")) {
            Object when = values.convert(options.text("STOPAT", ""), SqlType.DATETIME, 0);
            return new StopPoint.At((LocalDateTime) Objects.requireNonNull(when));
        }
        if (options.has("STOPATMARK")) {
            return new StopPoint.Before(record(options.text("STOPATMARK", "")) + 1);
        }
        return options.has("STOPBEFOREMARK")
                ? new StopPoint.Before(record(options.text("STOPBEFOREMARK", "")))
                : new StopPoint.None();
    }

    private static long record(String mark) {
        if (!mark.toLowerCase(Locale.ROOT).startsWith(PREFIX)) {
            throw SqlFailure.error(
                    3179,
                    "The system cannot find the mark '%s' in the log; only marks of the form lsn:number are known."
                            .formatted(mark));
        }
        try {
            return LogPosition.record(
                    Lsn.ofDecimal(new BigInteger(mark.substring(PREFIX.length()).strip())));
        } catch (IllegalArgumentException e) {
            throw SqlFailure.error(3237, "Option not supported: '%s' is no log sequence number.".formatted(mark));
        }
    }
}
