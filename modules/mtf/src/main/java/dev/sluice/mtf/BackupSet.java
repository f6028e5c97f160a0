package dev.sluice.mtf;

import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// What the start of a backup set tells: who took it, when, under which name.
///
/// @param guid        the backup set's GUID, equal in all stripes; a later differential names it as its base
/// @param position    of the set on its media, from 1
/// @param attributes  as stored: 4 for full and log backups, 8 for differentials; what else may be set was not
/// sampled
/// @param name        `NAME = ...` of the BACKUP statement
/// @param user        the login that ran it
/// @param machine     the computer's name, empty until its block has passed
/// @param softwareMajor major version of the server
/// @param started     local time of the server
/// @param offset      of that clock from UTC; null where the stream does not say, as synthetic ones do not
public record BackupSet(
        @Nullable UUID guid,
        int position,
        long attributes,
        String name,
        String description,
        String user,
        String machine,
        int softwareMajor,
        int softwareMinor,
        @Nullable LocalDateTime started,
        @Nullable ZoneOffset offset) {

    /// The same, with the computer's name filled in.
    public BackupSet on(String computer) {
        return new BackupSet(
                guid,
                position,
                attributes,
                name,
                description,
                user,
                computer,
                softwareMajor,
                softwareMinor,
                started,
                offset);
    }
}
