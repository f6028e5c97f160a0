package dev.sluice.vdi;

import org.jspecify.annotations.Nullable;

/// The numbers of the commands, VDC_* in Microsoft's headers.
///
/// 18 and 19 are missing from the Windows header that is published today; they are in its 2016 edition and in the
/// Linux header.
public enum CommandCode {
    READ(1),
    WRITE(2),
    CLEAR_ERROR(3),
    REWIND(4),
    WRITE_MARK(5),
    SKIP_MARKS(6),
    SKIP_BLOCKS(7),
    LOAD(8),
    GET_POSITION(9),
    SET_POSITION(10),
    DISCARD(11),
    FLUSH(12),
    SNAPSHOT(13),
    MOUNT_SNAPSHOT(14),
    PREPARE_TO_FREEZE(15),
    FILE_INFO_BEGIN(16),
    FILE_INFO_END(17),
    GET_ERROR(18),
    COMPLETE(19);

    private static final CommandCode[] VALUES = values();

    private final int number;

    CommandCode(int number) {
        this.number = number;
    }

    public int number() {
        return number;
    }

    /// Whether the command moves data through a buffer.
    public boolean transfers() {
        return this == READ || this == WRITE;
    }

    /// The command with this number, or null for one that no header names.
    public static @Nullable CommandCode ofNumber(int number) {
        return number >= 1 && number <= VALUES.length ? VALUES[number - 1] : null;
    }
}
