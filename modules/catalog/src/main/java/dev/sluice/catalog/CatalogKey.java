package dev.sluice.catalog;

import java.math.BigInteger;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import java.util.Optional;

/// The facts about a backup in the key of its catalog entry, which need no read of the document.
///
/// @param key       the key itself, below the store's prefix
/// @param database  the directory of the database, see [Keys#database(String)]; the name itself is in the document
/// @param startedAt when the backup began, by SQL Server's clock
/// @param type      full, differential or log
/// @param firstLsn  first log sequence number, 0 when not known
/// @param lastLsn   last log sequence number, 0 when not known
/// @param bytes     bytes of all stripes
/// @param backupId  identifier
public record CatalogKey(
        String key,
        String database,
        Instant startedAt,
        BackupType type,
        BigInteger firstLsn,
        BigInteger lastLsn,
        long bytes,
        String backupId) {

    /// Text in this form sorts as time does. SQL Server's `SYSUTCDATETIME` counts in units of 100 ns.
    private static final DateTimeFormatter UTC =
            DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss.SSSSSSS'Z'", Locale.ROOT);

    private static final String SUFFIX = ".json";

    private static final int LONGEST_LSN = 25; // numeric(25,0)

    static String fileName(BackupDocument document) {
        return String.format(
                Locale.ROOT,
                "%s_%c_%s_%s_%d_%s%s",
                UTC.format(document.startedAt().atOffset(ZoneOffset.UTC)),
                document.type().letter(),
                document.firstLsn(),
                document.lastLsn(),
                document.bytes(),
                document.backupId(),
                SUFFIX);
    }

    /// Reads a key below the catalog; empty when it does not have an entry's form. Early versions of Sluice wrote
    /// the number of bytes in the digits of the machine's language, so this accepts digits of any script.
    public static Optional<CatalogKey> parse(String key) {
        String[] path = key.split("/", -1);
        if (path.length < 2 || !path[path.length - 1].endsWith(SUFFIX)) {
            return Optional.empty();
        }
        String name = path[path.length - 1];
        String[] fields = name.substring(0, name.length() - SUFFIX.length()).split("_", -1);
        if (fields.length != 6 || !Ulid.isUlid(fields[5])) {
            return Optional.empty();
        }
        try {
            Instant startedAt = LocalDateTime.parse(fields[0], UTC).toInstant(ZoneOffset.UTC);
            long bytes = Long.parseLong(fields[4]);
            if (startedAt.isBefore(StrictJson.EARLIEST) || startedAt.isAfter(StrictJson.LATEST) || bytes < 0) {
                return Optional.empty();
            }
            return Optional.of(new CatalogKey(
                    key,
                    path[path.length - 2],
                    startedAt,
                    BackupType.ofLetter(fields[1]),
                    lsn(fields[2]),
                    lsn(fields[3]),
                    bytes,
                    fields[5]));
        } catch (DateTimeParseException | IllegalArgumentException _) {
            return Optional.empty();
        }
    }

    private static BigInteger lsn(String digits) {
        BigInteger lsn = new BigInteger(digits);
        if (lsn.signum() < 0 || digits.length() > LONGEST_LSN) {
            throw new NumberFormatException("'%s' is not a log sequence number".formatted(digits));
        }
        return lsn;
    }
}
