package dev.sluice.engine.prove;

import dev.sluice.engine.sql.SqlServer;
import org.jspecify.annotations.Nullable;

/// Which backups a drill tries, and where.
///
/// @param database whose backups they are
/// @param point    where the restore ends
/// @param server   on which they are restored; null for the one that they are of. This process must share
///                 virtual devices with it
public record ProveOrder(
        String database, Point point, @Nullable SqlServer server) {

    /// Where the restore ends.
    public sealed interface Point {

        /// @param text as [dev.sluice.engine.restore.RestoreOrder.Point.At] takes it
        record At(String text) implements Point {}

        /// An instant of all that can be reached, drawn by chance.
        ///
        /// @param seed the same instant is drawn from the same seed and the same backups
        record Random(long seed) implements Point {}
    }

    /// To the end, on the server that the backups are of.
    public static ProveOrder of(String database) {
        return new ProveOrder(database, new Point.At("end"), null);
    }

    public ProveOrder to(Point other) {
        return new ProveOrder(database, other, server);
    }

    /// @param other null for the server that the backups are of
    public ProveOrder on(@Nullable SqlServer other) {
        return new ProveOrder(database, point, other);
    }
}
