package dev.sluice.catalog;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The facts about a restore drill in the key of its document, which need no read of it.
///
/// @param key        the key itself, below the store's prefix
/// @param database   the directory of the database, see [Keys#database(String)]
/// @param finishedAt when the drill ended
/// @param base       id of the backup that the restore began with; null when there was no plan
public record DrillKey(
        String key,
        String database,
        Instant finishedAt,
        DrillDocument.Outcome outcome,
        String drillId,
        @Nullable String base) {

    private static final DateTimeFormatter UTC =
            DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss.SSSSSSS'Z'", Locale.ROOT);

    private static final String NO_BASE = "none";
    private static final String SUFFIX = ".json";

    static String fileName(DrillDocument document) {
        String base = document.base();
        return String.format(
                Locale.ROOT,
                "%s_%s_%s_%s%s",
                UTC.format(document.finishedAt().atOffset(ZoneOffset.UTC)),
                document.outcome().text(),
                document.drillId(),
                base == null ? NO_BASE : base,
                SUFFIX);
    }

    /// Empty for a key of another form.
    static Optional<DrillKey> parse(String key) {
        String[] path = key.split("/", -1);
        if (path.length < 2 || !path[path.length - 1].endsWith(SUFFIX)) {
            return Optional.empty();
        }
        String name = path[path.length - 1];
        String[] fields = name.substring(0, name.length() - SUFFIX.length()).split("_", -1);
        if (fields.length != 4 || !Ulid.isUlid(fields[2]) || !(fields[3].equals(NO_BASE) || Ulid.isUlid(fields[3]))) {
            return Optional.empty();
        }
        try {
            return Optional.of(new DrillKey(
                    key,
                    path[path.length - 2],
                    LocalDateTime.parse(fields[0], UTC).toInstant(ZoneOffset.UTC),
                    DrillDocument.Outcome.valueOf(fields[1].toUpperCase(Locale.ROOT)),
                    fields[2],
                    fields[3].equals(NO_BASE) ? null : fields[3]));
        } catch (DateTimeException | IllegalArgumentException _) {
            return Optional.empty();
        }
    }
}
