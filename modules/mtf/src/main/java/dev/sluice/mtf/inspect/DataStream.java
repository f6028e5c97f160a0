package dev.sluice.mtf.inspect;

import dev.sluice.mtf.HeaderChecksum;
import dev.sluice.mtf.Tag;

/// A data stream behind a block.
///
/// @param position of its header
/// @param length   of its data
record DataStream(DescriptorBlock block, long position, int id, int attributes, long length) {
    private static final int CHECKSUM_FOLLOWS = 0x0100;

    /// Page and log streams begin with two zero bytes that bring the data behind them onto a sector boundary.
    static final int LEADING_ZEROS = 2;

    long dataPosition() {
        return position + HeaderChecksum.STREAM_HEADER;
    }

    boolean carriesPages() {
        return id == Tag.MQDA;
    }

    boolean carriesLog() {
        return id == Tag.MQTL;
    }

    boolean isPadding() {
        return id == Tag.SPAD || id == Tag.APAD || id == Tag.OTCP;
    }

    /// SQL Server's own use of this bit; the MTF specification has another one for the purpose.
    boolean checksumFollows() {
        return (attributes & CHECKSUM_FOLLOWS) != 0;
    }

    String name() {
        return Tag.name(id);
    }
}
