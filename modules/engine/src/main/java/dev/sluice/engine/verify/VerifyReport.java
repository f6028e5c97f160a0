package dev.sluice.engine.verify;

import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.OperationFailed;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/// What was found when a backup was read again from the bucket, to its last byte.
///
/// @param backupId   which one
/// @param bytes      read, and found as they were stored
/// @param seconds    that it took
/// @param problems   what is wrong, worst first; nothing when the backup can be restored as far as can be told
///                   from here
/// @param checksums  checksums of SQL Server's in the stream that were computed again and hold
/// @param structure  how the stream's structure was judged
/// @param remarks    what could not be judged, and why
public record VerifyReport(
        String backupId,
        long bytes,
        double seconds,
        List<Problem> problems,
        long checksums,
        Structure structure,
        List<String> remarks) {

    public VerifyReport {
        problems = List.copyOf(problems);
        remarks = List.copyOf(remarks);
    }

    public boolean sound() {
        return problems.isEmpty();
    }

    /// **Errors:** [OperationFailed] `backup-damaged`, with every problem.
    ///
    /// @param database that the backup is of
    public void requireSound(String database) {
        if (!sound()) {
            throw new OperationFailed(
                    FailureId.BACKUP_DAMAGED,
                    problems.stream().map(Problem::line).collect(Collectors.joining("\n")),
                    "backup %s of %s".formatted(backupId, database),
                    null);
        }
    }

    /// How far SQL Server's format could be followed.
    public enum Structure {
        /// To the last byte.
        WHOLE,
        /// The front only: the rest is compressed by SQL Server.
        FRONT,
        /// Not at all: encrypted, or of a kind unknown here.
        UNKNOWN
    }

    /// @param stripe from 1
    /// @param key    of the object; empty when it is about the stripe
    /// @param block  index of the block in the object; -1 when it is about no block
    /// @param offset of the first byte concerned, in the object, or in the stripe when there is no key; -1
    ///               when unknown
    /// @param number SQL Server's error for the same thing; 0 when it is not about SQL Server's format
    public record Problem(int stripe, String key, int block, long offset, int number, String text) {

        String line() {
            return number == 0
                    ? String.format(Locale.ROOT, "stripe %d: %s", stripe, text)
                    : String.format(Locale.ROOT, "stripe %d: %s (SQL Server would say %d)", stripe, text, number);
        }
    }
}
