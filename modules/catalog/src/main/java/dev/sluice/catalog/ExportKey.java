package dev.sluice.catalog;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Optional;

/// The facts about an export of an instance in the key of its object, which say nothing of its contents.
///
/// @param exportedAt by SQL Server's clock, to the second
/// @param id         a ULID
public record ExportKey(Instant exportedAt, String id) {

    private static final DateTimeFormatter UTC = DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss'Z'", Locale.ROOT);
    private static final String SUFFIX = ".sluice-export";

    public ExportKey {
        if (!Ulid.isUlid(id)) {
            throw new IllegalArgumentException("'%s' is not the id of an export".formatted(id));
        }
    }

    String fileName() {
        return UTC.format(exportedAt.atOffset(ZoneOffset.UTC)) + "_" + id + SUFFIX;
    }

    /// Empty for a key of another form.
    static Optional<ExportKey> parse(String key) {
        String name = key.substring(key.lastIndexOf('/') + 1);
        int line = name.indexOf('_');
        if (line < 0 || !name.endsWith(SUFFIX)) {
            return Optional.empty();
        }
        String id = name.substring(line + 1, name.length() - SUFFIX.length());
        try {
            return Ulid.isUlid(id)
                    ? Optional.of(new ExportKey(
                            LocalDateTime.parse(name.substring(0, line), UTC).toInstant(ZoneOffset.UTC), id))
                    : Optional.empty();
        } catch (DateTimeException _) {
            return Optional.empty();
        }
    }
}
