package dev.sluice.mtf;

import java.time.LocalDateTime;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// What the first 194 bytes of a stream tell: which stripe of which media set this is. The words of `RESTORE
/// LABELONLY`.
///
/// @param mediaSet          shared by all stripes of one backup; null where the stream has none
/// @param families          stripes of the backup
/// @param family            this stripe, from 1
/// @param mediaFamilyId     drawn by the server for each stripe
/// @param blockSize         the device's block size in bytes; 0 where the stream names none
/// @param filemarks         whether the stream says that it contains filemark blocks
/// @param passwordProtected whether the obsolete `MEDIAPASSWORD` was given
/// @param written           local time of the server
public record MediaLabel(
        @Nullable UUID mediaSet,
        int families,
        int family,
        long mediaFamilyId,
        int blockSize,
        boolean filemarks,
        boolean passwordProtected,
        String mediaName,
        String mediaDescription,
        String software,
        @Nullable LocalDateTime written) {}
