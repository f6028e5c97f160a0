package dev.sluice.sidecar.report;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/// Instants as tables show them: all of one width, which those of `Instant#toString` are not.
public final class Moments {

    private static final DateTimeFormatter MILLISECONDS = DateTimeFormatter.ofPattern(
                    "uuuu-MM-dd'T'HH:mm:ss.SSS'Z'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);

    private Moments() {}

    /// In UTC, with three decimals; later ones are cut off.
    public static String text(Instant instant) {
        return MILLISECONDS.format(instant);
    }
}
