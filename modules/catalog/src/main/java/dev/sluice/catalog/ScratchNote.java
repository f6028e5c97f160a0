package dev.sluice.catalog;

import org.jspecify.annotations.Nullable;

/// Says that a database is the scratch database of a restore drill or a self-test, so that it may be dropped.
/// It is in the bucket from before the database is created until it is dropped.
///
/// Times are SQL Server's local ones, as `CONVERT(nvarchar(30), …, 121)` writes a `datetime`: such texts sort
/// as time does, and two of them are equal exactly if the times are.
///
/// @param drillId  the drill's ULID, which is in the name too
/// @param database whose backups are tried; `scratch` itself for the database that a self-test makes, whose
///                 objects in the bucket go with it
/// @param scratch  the name of the scratch database
/// @param identity of the server that it is on
/// @param notedAt  that server's clock when the note was written: no database of the name was there then
/// @param created  the scratch database's `create_date`; null until it was seen
public record ScratchNote(
        String drillId,
        String database,
        String scratch,
        ServerIdentity identity,
        String notedAt,
        @Nullable String created) {

    /// With the time at which the scratch database was created.
    public ScratchNote created(String when) {
        return new ScratchNote(drillId, database, scratch, identity, notedAt, when);
    }
}
