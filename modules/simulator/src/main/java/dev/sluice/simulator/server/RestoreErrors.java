package dev.sluice.simulator.server;

import dev.sluice.mtf.BackupHeader;
import dev.sluice.simulator.tds.SqlMessage;
import dev.sluice.simulator.tsql.SqlFailure;
import java.util.List;
import java.util.Locale;

/// What RESTORE says about backups and databases that do not fit.
///
/// **Source:** as [Errors].
final class RestoreErrors {

    private RestoreErrors() {}

    static SqlFailure newer(BackupHeader header, Product product) {
        return SqlFailure.error(
                3169,
                "The database was backed up on a server running version %s. That version is incompatible with this server, which is running version %s."
                        .formatted(header.version(), product.release().version()));
    }

    static SqlFailure malformed(String device) {
        return SqlFailure.error(
                3241,
                "The media family on device '%s' is incorrectly formed. SQL Server cannot process this media family."
                        .formatted(device));
    }

    static SqlFailure damaged() {
        return SqlFailure.error(3189, "Damage to the backup set was detected.");
    }

    static SqlFailure damagedPage(int file, long page, String database) {
        return SqlFailure.error(
                3183,
                String.format(
                        Locale.ROOT,
                        "RESTORE detected an error on page (%d:%d) in database \"%s\" as read from the backup set.",
                        file,
                        page,
                        database));
    }

    static SqlFailure incomplete() {
        return SqlFailure.error(
                3256,
                "The backup set on file 1 was terminated while it was being created and is incomplete. RESTORE sequence is terminated abnormally.");
    }

    static SqlFailure noChecksums() {
        return SqlFailure.error(
                3187,
                "RESTORE WITH CHECKSUM cannot be specified because the backup set does not contain checksum information.");
    }

    static SqlFailure missingFamilies(int families, int given) {
        return SqlFailure.error(
                3132,
                String.format(
                        Locale.ROOT,
                        "The media set has %d media families but only %d are provided. All members must be provided.",
                        families,
                        given));
    }

    static SqlFailure otherFamilyCount(String device, int families, int expected) {
        return SqlFailure.error(
                3231,
                String.format(
                        Locale.ROOT,
                        "The media loaded on \"%s\" is formatted to support %d media families, but %d media families are expected according to the backup device specification.",
                        device,
                        families,
                        expected));
    }

    static SqlFailure sameFamily(String device, int family, String other) {
        return SqlFailure.error(
                3227,
                String.format(
                        Locale.ROOT,
                        "The backup media on \"%s\" is part of media family %d which has already been processed on \"%s\". Ensure that backup devices are correctly specified. For tape devices, ensure that the correct volumes are loaded.",
                        device,
                        family,
                        other));
    }

    static SqlFailure otherMediaSet(String device) {
        return SqlFailure.error(
                3258,
                "The volume on the device \"%s\" is not part of the media set that is currently being processed. Ensure that the backup devices are loaded with the correct media."
                        .formatted(device));
    }

    static SqlFailure noSpace(long needed, long free) {
        return new SqlFailure(
                List.of(
                        SqlMessage.error(
                                3257,
                                String.format(
                                        Locale.ROOT,
                                        "There is insufficient free space on disk volume '/' to create the database. The database requires %d additional free bytes, while only %d bytes are available.",
                                        needed,
                                        free)),
                        SqlMessage.error(
                                3119,
                                "Problems were identified while planning for the RESTORE statement. Previous messages provide details.")));
    }

    static SqlFailure inUse() {
        return SqlFailure.error(3101, "Exclusive access could not be obtained because the database is in use.");
    }

    static SqlFailure otherDatabase(String name) {
        return SqlFailure.error(
                3154,
                "The backup set holds a backup of a database other than the existing '%s' database.".formatted(name));
    }

    static SqlFailure tailNotBackedUp(String name) {
        return SqlFailure.error(
                3159,
                "The tail of the log for the database \"%s\" has not been backed up. Use BACKUP LOG WITH NORECOVERY to backup the log if it contains work you do not want to lose. Use the WITH REPLACE or WITH STOPAT clause of the RESTORE statement to just overwrite the contents of the log."
                        .formatted(name));
    }

    static SqlFailure notReady() {
        return SqlFailure.error(
                3117, "The log or differential backup cannot be restored because no files are ready to rollforward.");
    }

    static SqlFailure wrongBase() {
        return SqlFailure.error(
                3136,
                "This differential backup cannot be restored because the database has not been restored to the correct earlier state.");
    }

    static SqlFailure cannotCreateFromThis(String name) {
        return SqlFailure.error(
                3118,
                "The database \"%s\" does not exist. RESTORE can only create a database when restoring either a full backup or a file backup of the primary file."
                        .formatted(name));
    }
}
