package dev.sluice.engine.sql;

import dev.sluice.catalog.Ulid;
import java.util.Locale;

/// The names of databases that restore drills create: this word, and the drill's ULID.
///
/// Such a name alone keeps policies and `backup --all` from taking the database, whether there is a note about
/// it or not: one that is overlooked grows no backups. To be dropped it takes more.
public final class ScratchName {

    private static final String PREFIX = "sluice-prove-";

    private ScratchName() {}

    public static String of(String drillId) {
        return PREFIX + drillId;
    }

    /// Whether a database has a name of this form, in any case: some servers keep what they were given, others
    /// do not.
    public static boolean is(String database) {
        return database.regionMatches(true, 0, PREFIX, 0, PREFIX.length())
                && Ulid.isUlid(database.substring(PREFIX.length()).toUpperCase(Locale.ROOT));
    }
}
