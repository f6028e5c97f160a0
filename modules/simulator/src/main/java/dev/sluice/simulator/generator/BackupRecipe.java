package dev.sluice.simulator.generator;

import dev.sluice.mtf.BackupHeader;
import dev.sluice.mtf.BackupSetType;
import java.util.List;
import java.util.Locale;
import java.util.UUID;

/// Everything there is to know about a backup. The same recipe gives the same bytes.
///
/// @param header      final facts; its flags decide about checksums, its type about pages. Its size is
/// computed, and
///                    the provisional copy in front goes without the finish date
/// @param mediaSet    shared by the stripes
/// @param set         GUID of the backup set, which a later differential names as its base
/// @param name        `NAME = ...`
/// @param blockSize   of the device: a power of two from 512 to 32768. 65536 has no place in a filemark's
/// header
/// @param filemarks   whether to write filemark blocks, as SQL Server does on disk
/// @param stripes     the extents of each stripe; a log backup has none in any
/// @param log         goes into the first stripe
public record BackupRecipe(
        BackupHeader header,
        UUID mediaSet,
        UUID set,
        String name,
        String description,
        String user,
        String machine,
        int blockSize,
        boolean filemarks,
        List<Extents> stripes,
        PageSource pages,
        LogSource log) {
    private static final int MIN_BLOCK = 512;
    private static final int MAX_BLOCK = 32_768;
    private static final int MAX_STRIPES = 64;

    public BackupRecipe {
        stripes = List.copyOf(stripes);
        if (blockSize < MIN_BLOCK || blockSize > MAX_BLOCK || Integer.bitCount(blockSize) != 1) {
            throw new IllegalArgumentException(String.format(
                    Locale.ROOT,
                    "block size is a power of two from %d to %d, got %d",
                    MIN_BLOCK,
                    MAX_BLOCK,
                    blockSize));
        }
        if (stripes.isEmpty() || stripes.size() > MAX_STRIPES) {
            throw new IllegalArgumentException("a backup has 1 to 64 stripes, got " + stripes.size());
        }
        if (header.typeLetter() == BackupSetType.LOG.letter()
                && stripes.stream().anyMatch(extents -> extents.count() > 0)) {
            throw new IllegalArgumentException("a log backup has no pages");
        }
    }

    /// The same backup with content from somewhere else.
    public BackupRecipe with(PageSource otherPages, LogSource otherLog) {
        return new BackupRecipe(
                header,
                mediaSet,
                set,
                name,
                description,
                user,
                machine,
                blockSize,
                filemarks,
                stripes,
                otherPages,
                otherLog);
    }

    boolean checksums() {
        return header.hasChecksums();
    }

    boolean hasPages() {
        return header.typeLetter() != BackupSetType.LOG.letter();
    }

    /// Stripe `index`, counted from 0.
    public StripeStream stripe(int index) {
        return new StripeStream(this, layout(index));
    }

    /// Stripe `index`, counted from 0, as it looks after `WITH COMPRESSION`.
    public CompressedStream compressedStripe(int index) {
        StripeLayout layout = layout(index);
        return new CompressedStream(new StripeStream(this, layout), layout, blockSize);
    }

    /// Bytes of stripe `index`, counted from 0.
    public long length(int index) {
        return layout(index).length();
    }

    private StripeLayout layout(int index) {
        long size = 0;
        for (int i = 0; i < stripes.size(); i++) {
            size += new StripeLayout(this, i, 0).finalHeader() - blockSize;
        }
        return new StripeLayout(this, index, size);
    }
}
