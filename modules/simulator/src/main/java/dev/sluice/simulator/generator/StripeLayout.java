package dev.sluice.simulator.generator;

import dev.sluice.mtf.BackupHeader;
import dev.sluice.mtf.BackupSetType;
import dev.sluice.mtf.FieldWriter;
import dev.sluice.mtf.HeaderRecords;
import dev.sluice.mtf.Tag;
import java.util.ArrayList;
import java.util.List;

/// One stripe from first to last byte: which bytes are fixed, and where pages, log and checksums go.
///
/// **Source:** layout, field values and padding as measured on real backups.
final class StripeLayout {
    private static final int LOGICAL_BLOCK = 1024;
    private static final long LOG_UNIT = 65_536;
    private static final int VENDOR = 0x1200;
    private static final int CHECKSUM_FOLLOWS = 0x0100;
    private static final int VARIABLE = 0x0002;
    private static final int LAST_PIECE = 0x0004;
    private static final int ALIGNS = 0x0080;
    private static final long ATTRIBUTES_OF_TAPE = 0x0003_0000;
    private static final long ATTRIBUTES_OF_FILEMARK = 0x8000_0000L;
    private static final int DIFFERENTIAL = 8;
    private static final int NORMAL = 4;

    private final BackupRecipe recipe;
    private final int stripe;
    private final TapeWriter tape;
    private final List<Long> filemarks = new ArrayList<>();
    private long finalHeader;

    /// @param size what the final header says; it depends on the layout of all stripes
    StripeLayout(BackupRecipe recipe, int stripe, long size) {
        this.recipe = recipe;
        this.stripe = stripe;
        this.tape = new TapeWriter();
        BackupHeader header = recipe.header();
        label();
        startOfSet();
        volume();
        configuration(Tag.MSCI, header.finished(null, estimate()));
        if (recipe.hasPages()) {
            pages(recipe.stripes().get(stripe));
        }
        log(stripe == 0 ? recipe.log().length() : 0);
        idleLog();
        finalHeader = tape.position();
        configuration(Tag.MSLS, header.finished(header.finished(), size));
        endOfSet();
    }

    long length() {
        return tape.position();
    }

    /// Where the final header begins.
    long finalHeader() {
        return finalHeader;
    }

    /// Where filemarks begin, in order.
    List<Long> filemarks() {
        return List.copyOf(filemarks);
    }

    List<Piece> pieces() {
        return tape.pieces();
    }

    /// Pages and log of all stripes.
    private long estimate() {
        long extents = recipe.stripes().stream().mapToLong(Extents::count).sum();
        return extents * Extents.BYTES + recipe.log().length();
    }

    private int deviceAlignment() {
        return Math.max(LOGICAL_BLOCK, recipe.blockSize());
    }

    private void label() {
        FieldWriter f = new FieldWriter(94);
        f.u32(52, Mixing.key(recipe.mediaSet().getLeastSignificantBits(), stripe))
                .u32(56, recipe.filemarks() ? 5 : 4)
                .u16(60, 1)
                .u16(64, recipe.filemarks() ? recipe.blockSize() / 512 : 0)
                .u16(66, 3)
                .u16(84, LOGICAL_BLOCK)
                .u16(86, VENDOR)
                .date(88, recipe.header().started())
                .u8(93, 1)
                .text(80, "Microsoft SQL Server\0\0");
        tape.block(Tag.TAPE, ATTRIBUTES_OF_TAPE, f, true);
        FieldWriter raid = new FieldWriter(32)
                .guid(0, recipe.mediaSet())
                .u32(16, 0xF000_00ADL)
                .u16(20, recipe.stripes().size())
                .u16(22, 1)
                .u16(24, stripe + 1)
                .u16(30, 1);
        tape.stream(Tag.RAID, 0, raid.toBytes());
        tape.padTo(deviceAlignment());
        filemark();
    }

    private void filemark() {
        if (!recipe.filemarks()) {
            return;
        }
        int capacity = (recipe.blockSize() - 72) / Long.BYTES;
        FieldWriter f = new FieldWriter(recipe.blockSize())
                .u32(52, capacity)
                .u32(56, filemarks.size())
                .u32(60, 72);
        for (int i = 0; i < filemarks.size(); i++) {
            f.i64(72 + i * Long.BYTES, filemarks.get(filemarks.size() - 1 - i));
        }
        filemarks.add(tape.position());
        tape.block(Tag.SFMB, ATTRIBUTES_OF_FILEMARK, f, false);
    }

    private void startOfSet() {
        FieldWriter f = new FieldWriter(122);
        f.u32(52, attributes())
                .u16(60, VENDOR)
                .u16(62, 1)
                .i64(80, tape.position())
                .date(88, recipe.header().started())
                .u8(93, recipe.header().version().major())
                .u8(94, recipe.header().version().minor())
                .u8(95, 127) // the clock's zone is no part of the recipe
                .u8(97, 2)
                .guid(100, recipe.set())
                .u16(44, 21)
                .u16(46, 100)
                .text(64, recipe.name())
                .text(68, recipe.description())
                .text(76, recipe.user());
        tape.startSet();
        tape.block(Tag.SSET, 0, f, true);
        tape.padTo(LOGICAL_BLOCK);
    }

    private int attributes() {
        return recipe.header().typeLetter() == BackupSetType.DIFFERENTIAL.letter() ? DIFFERENTIAL : NORMAL;
    }

    private void volume() {
        FieldWriter f = new FieldWriter(73);
        f.u32(52, 2).date(68, recipe.header().started()).text(56, "C:").text(64, recipe.machine() + "\0");
        tape.block(Tag.VOLB, 0, f, true);
        tape.padTo(LOGICAL_BLOCK);
    }

    private void configuration(int tag, BackupHeader header) {
        tape.block(tag, 0, new FieldWriter(56), true);
        tape.stream(Tag.MQCI, 0, HeaderRecords.write(header));
        tape.padTo(tag == Tag.MSLS ? deviceAlignment() : LOGICAL_BLOCK);
    }

    private void pages(Extents extents) {
        tape.block(Tag.MSDA, 0, new FieldWriter(60).u16(58, 1), false);
        if (extents.count() > 0) {
            long bytes = extents.count() * Extents.BYTES;
            covered(Tag.MQDA, VARIABLE, new Piece.Pages(tape.position(), bytes, extents));
        }
        tape.stream(Tag.MQDA, VARIABLE | LAST_PIECE, new byte[0]);
        tape.padTo(LOGICAL_BLOCK);
    }

    private void log(long length) {
        LogSource log = recipe.log();
        FieldWriter f = new FieldWriter(596)
                .u16(58, 1)
                .i64(60, log.start())
                .i64(68, log.start() + log.length())
                .u32(76, log.fileId());
        tape.block(Tag.MSTL, 0, f, false);
        if (length > 0) {
            long padded = (length + LOG_UNIT - 1) / LOG_UNIT * LOG_UNIT;
            covered(Tag.MQTL, 0, new Piece.Log(tape.position(), padded, length));
        }
        tape.padTo(LOGICAL_BLOCK);
    }

    /// A virtual log file that is not in use has a block too.
    private void idleLog() {
        tape.block(
                Tag.MSTL,
                0,
                new FieldWriter(596).u16(58, 1).u32(76, recipe.log().fileId()),
                false);
        tape.padTo(LOGICAL_BLOCK);
    }

    private void covered(int tag, int attributes, Piece piece) {
        tape.align(ALIGNS, deviceAlignment());
        tape.covered(tag, attributes | (recipe.checksums() ? CHECKSUM_FOLLOWS : 0), piece);
        if (recipe.checksums()) {
            tape.checksum();
        }
    }

    private void endOfSet() {
        tape.leaveSet();
        filemark();
        tape.alignFromHere();
        long first = tape.position();
        endBlock(0);
        tape.padTo(LOGICAL_BLOCK);
        endBlock(first);
        tape.padTo(deviceAlignment());
        filemark();
    }

    private void endBlock(long first) {
        FieldWriter f = new FieldWriter(88)
                .u32(52, attributes())
                .i64(60, first)
                .u16(78, 1)
                .date(80, recipe.header().started());
        tape.block(Tag.ESET, 0, f, false);
    }
}
