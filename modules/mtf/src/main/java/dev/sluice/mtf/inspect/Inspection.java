package dev.sluice.mtf.inspect;

import dev.sluice.mtf.BackupHeader;
import dev.sluice.mtf.BackupSet;
import dev.sluice.mtf.MediaLabel;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What is known about a stream after the bytes seen so far.
public sealed interface Inspection {

    /// Bytes seen.
    long bytes();

    /// The stream is a backup, and this is what it says.
    ///
    /// Anything can still be missing, because the stream has not come that far, or ended early, or is damaged:
    /// `ending` and `findings` tell.
    ///
    /// @param media       which stripe of what; known after 194 bytes
    /// @param set         known after a few KiB; of media with several sets, the first
    /// @param provisional the header in front, known after about 10 KiB
    /// @param last        the header at the end, which is final; null until it has passed, and in compressed
    /// containers
    /// @param sets        backup sets begun; SQL Server starts a virtual device with an empty medium, so more
    /// than one is odd
    /// @param blocks      where blocks begin, up to a bound
    /// @param blockCount  how many there were
    /// @param walked      how far the blocks could be followed; less than `bytes` after damage or inside a
    /// container
    /// @param checksums   what became of the checksums
    /// @param findings    the first of them
    /// @param findingCount how many there were
    /// @param uncovered   where a changed byte would go unnoticed
    record Inspected(
            long bytes,
            Container container,
            @Nullable MediaLabel media,
            @Nullable BackupSet set,
            @Nullable BackupHeader provisional,
            @Nullable BackupHeader last,
            int sets,
            List<BlockPosition> blocks,
            long blockCount,
            long walked,
            Ending ending,
            Checksums checksums,
            List<Finding> findings,
            long findingCount,
            Coverage uncovered)
            implements Inspection {
        public Inspected {
            blocks = List.copyOf(blocks);
            findings = List.copyOf(findings);
        }

        /// The best header there is: the final one if it has passed, otherwise the provisional one.
        public Optional<BackupHeader> header() {
            return Optional.ofNullable(last == null ? provisional : last);
        }

        /// The same, as what was found in a container of so many bytes.
        public Inspected in(Container packed, long size) {
            return new Inspected(
                    size,
                    packed,
                    media,
                    set,
                    provisional,
                    last,
                    sets,
                    blocks,
                    blockCount,
                    walked,
                    ending,
                    checksums,
                    findings,
                    findingCount,
                    uncovered);
        }

        /// The same, with the final header, which was read by itself ([StreamTail]).
        public Inspected concluded(BackupHeader header) {
            return new Inspected(
                    bytes,
                    container,
                    media,
                    set,
                    provisional,
                    header,
                    sets,
                    blocks,
                    blockCount,
                    walked,
                    ending,
                    checksums,
                    findings,
                    findingCount,
                    uncovered);
        }

        /// Whether the stream ended as it must and nothing is wrong with it, as far as can be told.
        public boolean sound() {
            return ending instanceof Ending.Complete && findingCount == 0;
        }
    }

    /// The stream is not understood. That is no error: its bytes may be a perfectly good backup of a kind
    /// unknown here.
    ///
    /// @param position where understanding ended
    record NotInspected(long bytes, long position, String reason) implements Inspection {}

    /// How the bytes of a backup are packed.
    enum Container {
        PLAIN,
        /// Compressed by SQL Server (`MSSQLBAK`): only the leading labels and header are unpacked.
        COMPRESSED
    }

    /// Where a block begins.
    record BlockPosition(String block, long position) {}

    /// @param matched    checksums that hold
    /// @param mismatched checksums that do not
    /// @param recomputed whether the inspector was asked to recompute them at all
    record Checksums(long matched, long mismatched, boolean recomputed) {}

    /// How the stream ended, if what was seen so far is all.
    sealed interface Ending {
        /// With the end of the backup set, at the last byte.
        record Complete() implements Ending {}

        /// Too early, or with something that does not belong there.
        record Incomplete(String why, long position) implements Ending {}

        /// Not known: the end is inside a compressed container.
        record Unknown() implements Ending {}
    }
}
