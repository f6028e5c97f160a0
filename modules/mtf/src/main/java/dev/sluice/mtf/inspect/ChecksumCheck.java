package dev.sluice.mtf.inspect;

import dev.sluice.mtf.BackupChecksum;
import dev.sluice.mtf.Tag;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Recomputes the checksums of a backup taken `WITH CHECKSUM`.
final class ChecksumCheck implements StreamListener {
    private static final int SIZE = Integer.BYTES;

    private final Findings findings;
    private final BackupChecksum checksum = new BackupChecksum();
    private @Nullable DataStream covered; // waits for its CSUM
    private int stored;
    private long matched;
    private long mismatched;

    ChecksumCheck(Findings findings) {
        this.findings = findings;
    }

    @Override
    public void block(DescriptorBlock block) {
        noneCame();
    }

    @Override
    public void streamStarts(DataStream stream) {
        if (stream.id() == Tag.CSUM) {
            stored = 0;
            return;
        }
        noneCame();
        if (stream.checksumFollows()) {
            checksum.reset();
            covered = stream;
        }
    }

    @Override
    public void bytes(DataStream stream, long at, MemorySegment memory, long offset, long length) {
        if (stream.id() == Tag.CSUM) {
            for (long i = 0; i < length && at + i < SIZE; i++) {
                stored |= Byte.toUnsignedInt(memory.get(ValueLayout.JAVA_BYTE, offset + i)) << (8 * (at + i));
            }
        } else if (covered != null) {
            long skip = Math.clamp(DataStream.LEADING_ZEROS - at, 0, length);
            checksum.update(memory, offset + skip, length - skip);
        }
    }

    @Override
    public void streamEnds(DataStream stream) {
        DataStream data = covered;
        if (stream.id() != Tag.CSUM || data == null) {
            return;
        }
        covered = null;
        if (stream.length() == SIZE && stored == checksum.value()) {
            matched++;
            return;
        }
        mismatched++;
        findings.add(
                Finding.Kind.CHECKSUM_MISMATCH,
                stream.position(),
                stream.block().name(),
                String.format(
                        Locale.ROOT,
                        "the %d bytes of %s at %d have checksum %08x, the backup says %08x",
                        data.length(),
                        data.name(),
                        data.position(),
                        checksum.value(),
                        stored));
    }

    private void noneCame() {
        DataStream data = covered;
        if (data != null) {
            covered = null;
            findings.add(
                    Finding.Kind.CHECKSUM_MISSING,
                    data.position(),
                    data.block().name(),
                    "the checksum announced for %s did not come".formatted(data.name()));
        }
    }

    long matched() {
        return matched;
    }

    long mismatched() {
        return mismatched;
    }
}
