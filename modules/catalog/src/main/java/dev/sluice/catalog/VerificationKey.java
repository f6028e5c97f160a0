package dev.sluice.catalog;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Optional;

/// The facts about a verification in the key of its document, which need no read of it. The backup's id comes
/// first, so that one listing finds what is known of one backup.
///
/// @param key        the key itself, below the store's prefix
/// @param database   the directory of the database, see [Keys#database(String)]
/// @param backupId   the backup that was read
/// @param finishedAt when its last byte had been read
public record VerificationKey(
        String key, String database, String backupId, Instant finishedAt, VerificationDocument.Outcome outcome) {

    private static final DateTimeFormatter UTC =
            DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss.SSSSSSS'Z'", Locale.ROOT);

    private static final String SUFFIX = ".json";

    private static final Duration CLOCKS_DIFFER = Duration.ofMinutes(5);

    static String fileName(VerificationDocument document) {
        return "%s_%s_%s%s"
                .formatted(
                        document.backupId(),
                        UTC.format(document.finishedAt().atOffset(ZoneOffset.UTC)),
                        document.outcome().text(),
                        SUFFIX);
    }

    public boolean isSound() {
        return outcome == VerificationDocument.Outcome.SOUND;
    }

    /// Whether its time lies in the future, further than clocks differ: a clock was wrong, or no verification has
    /// written it. What is sound only by such a key is not believed.
    public boolean isAhead(Instant now) {
        return finishedAt.isAfter(now.plus(CLOCKS_DIFFER));
    }

    /// Empty for a key of another form.
    static Optional<VerificationKey> parse(String key) {
        String[] path = key.split("/", -1);
        if (path.length < 2 || !path[path.length - 1].endsWith(SUFFIX)) {
            return Optional.empty();
        }
        String name = path[path.length - 1];
        String[] fields = name.substring(0, name.length() - SUFFIX.length()).split("_", -1);
        if (fields.length != 3 || !Ulid.isUlid(fields[0])) {
            return Optional.empty();
        }
        try {
            return Optional.of(new VerificationKey(
                    key,
                    path[path.length - 2],
                    fields[0],
                    LocalDateTime.parse(fields[1], UTC).toInstant(ZoneOffset.UTC),
                    VerificationDocument.Outcome.valueOf(fields[2].toUpperCase(Locale.ROOT))));
        } catch (DateTimeException | IllegalArgumentException _) {
            return Optional.empty();
        }
    }
}
