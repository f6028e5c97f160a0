package dev.sluice.vdi.jna;

import com.sun.jna.Memory;
import dev.sluice.vdi.Features;
import dev.sluice.vdi.VDConfig;
import java.time.Duration;

/// The offsets of the fields of `VDConfig` and `VDC_Command`, in bytes. They are the same on Linux and on 64-bit
/// Windows.
///
/// The structures are read by offset and never as a JNA `Structure`: JNA would write a `Structure` back before a
/// call, and the memory of a command is read-only.
///
/// **Source:** `vdi.h` of sql-server-samples (`sqlvdi-linux`, and `sqlvdi/include` for Windows), pack(8); sizes
/// and offsets as computed by g++ and mingw-w64.
final class Layout {

    /// `VDConfig`: eleven 32-bit fields.
    static final int CONFIG_BYTES = 44;

    static final int DEVICE_COUNT = 0;
    static final int FEATURES = 4;
    static final int PREFIX_ZONE_SIZE = 8;
    static final int ALIGNMENT = 12;
    static final int SOFT_FILE_MARK_BLOCK_SIZE = 16;
    static final int EOM_WARNING_SIZE = 20;
    static final int SERVER_TIME_OUT = 24;
    static final int BLOCK_SIZE = 28;
    static final int MAX_IO_DEPTH = 32;
    static final int MAX_TRANSFER_SIZE = 36;
    static final int BUFFER_AREA_SIZE = 40;

    /// `VDC_Command`.
    static final int COMMAND_BYTES = 24;

    static final int COMMAND_CODE = 0;
    static final int COMMAND_SIZE = 4;
    static final int COMMAND_POSITION = 8;
    static final int COMMAND_BUFFER = 16;

    private Layout() {}

    /// Writes the client's request; the fields that the server fills in stay 0.
    static Memory write(VDConfig config) {
        Memory memory = new Memory(CONFIG_BYTES);
        memory.clear();
        memory.setInt(DEVICE_COUNT, config.deviceCount());
        memory.setInt(FEATURES, config.features().bits());
        memory.setInt(PREFIX_ZONE_SIZE, config.prefixZoneSize());
        memory.setInt(ALIGNMENT, config.alignment());
        memory.setInt(SOFT_FILE_MARK_BLOCK_SIZE, config.softFileMarkBlockSize());
        memory.setInt(EOM_WARNING_SIZE, config.eomWarningSize());
        memory.setInt(SERVER_TIME_OUT, unsignedMillis(config.serverTimeout()));
        return memory;
    }

    static VDConfig read(Memory memory) {
        return new VDConfig(
                memory.getInt(DEVICE_COUNT),
                new Features(memory.getInt(FEATURES)),
                memory.getInt(PREFIX_ZONE_SIZE),
                memory.getInt(ALIGNMENT),
                memory.getInt(SOFT_FILE_MARK_BLOCK_SIZE),
                memory.getInt(EOM_WARNING_SIZE),
                Duration.ofMillis(Integer.toUnsignedLong(memory.getInt(SERVER_TIME_OUT))),
                memory.getInt(BLOCK_SIZE),
                memory.getInt(MAX_IO_DEPTH),
                memory.getInt(MAX_TRANSFER_SIZE),
                Integer.toUnsignedLong(memory.getInt(BUFFER_AREA_SIZE)));
    }

    /// Milliseconds as an unsigned 32-bit number, without ever becoming 0 ("for ever") or 0xFFFFFFFF by accident.
    static int unsignedMillis(Duration timeout) {
        if (timeout.isZero()) {
            return 0;
        }
        long most = 0xFFFF_FFFEL;
        boolean tooLong = timeout.compareTo(Duration.ofMillis(most)) > 0;
        return (int) (tooLong ? most : Math.max(1, timeout.toMillis()));
    }
}
