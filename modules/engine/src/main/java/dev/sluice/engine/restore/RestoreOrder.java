package dev.sluice.engine.restore;

import dev.sluice.engine.plan.RestorePlan.Recovery;
import dev.sluice.engine.restore.RestoreRequest.Choices;
import dev.sluice.engine.restore.RestoreRequest.Existing;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a person wants restored, before it is known which backups that takes.
///
/// @param database    whose backups they are
/// @param point       where the restore ends
/// @param as          name of the database to restore into; null for the name that it had
/// @param moves       logical name to path, for files that shall not go where they would
/// @param existing    what may happen to a database of that name
/// @param savesTail   whether the tail of its log is backed up first
/// @param choices     what else was decided
/// @param recovery    the state in which the database is left
/// @param unconfirmed whether backups may be used whose verdict was lost
/// @param without     ids of backups that must not be used, or how they begin
/// @param zone        of SQL Server's clock; null when it is only observed
public record RestoreOrder(
        String database,
        Point point,
        @Nullable String as,
        Map<String, String> moves,
        Existing existing,
        boolean savesTail,
        Choices choices,
        Recovery recovery,
        boolean unconfirmed,
        List<String> without,
        @Nullable ZoneId zone) {

    /// Where a restore ends, as a person writes it.
    public sealed interface Point {

        /// @param text `end`, an LSN, or an instant, as [dev.sluice.engine.plan.RestoreTarget#parse] takes them
        record At(String text) implements Point {
            @Override
            public String toString() {
                return text;
            }
        }

        /// At a marked transaction.
        ///
        /// @param name   of the mark
        /// @param within whether the transaction is wanted, too
        /// @param after  marks count from this instant on, as [At] takes it; null for the only one of the name
        record Mark(String name, boolean within, @Nullable String after) implements Point {
            @Override
            public String toString() {
                return (within ? "mark '%s'" : "before mark '%s'").formatted(name)
                        + (after == null ? "" : " after " + after);
            }
        }

        /// @param id of the backup to whose end it goes, or how it begins
        record EndOf(String id) implements Point {
            @Override
            public String toString() {
                return "backup " + id;
            }
        }
    }

    public RestoreOrder {
        if (savesTail && existing != Existing.REPLACE) {
            throw new IllegalArgumentException("a tail is saved of a database that is replaced");
        }
        moves = Map.copyOf(moves);
        without = List.copyOf(without);
    }

    /// To a point, under the name that the database had, if there is no database of this name.
    public static RestoreOrder of(String database, Point point) {
        return new RestoreOrder(
                database,
                point,
                null,
                Map.of(),
                Existing.KEEP,
                false,
                Choices.NONE,
                new Recovery.Recover(),
                false,
                List.of(),
                null);
    }

    /// Whether a database that is there already is overwritten.
    public boolean replaces() {
        return existing.replaces();
    }

    /// The same of another database.
    public RestoreOrder of(String other) {
        return new RestoreOrder(
                other, point, as, moves, existing, savesTail, choices, recovery, unconfirmed, without, zone);
    }

    /// Under another name.
    public RestoreOrder as(@Nullable String name) {
        return new RestoreOrder(
                database, point, name, moves, existing, savesTail, choices, recovery, unconfirmed, without, zone);
    }

    /// @param other what else is decided
    public RestoreOrder choosing(Choices other) {
        return new RestoreOrder(
                database, point, as, moves, existing, savesTail, other, recovery, unconfirmed, without, zone);
    }

    /// @param other what may happen to a database that is there already
    public RestoreOrder over(Existing other) {
        return new RestoreOrder(
                database, point, as, moves, other, false, choices, recovery, unconfirmed, without, zone);
    }

    /// Over a database that is there already, the tail of whose log is backed up first.
    public RestoreOrder savingTail() {
        return new RestoreOrder(
                database, point, as, moves, Existing.REPLACE, true, choices, recovery, unconfirmed, without, zone);
    }

    /// The same, with the tail saved.
    public RestoreOrder withTailSaved() {
        return over(existing);
    }
}
