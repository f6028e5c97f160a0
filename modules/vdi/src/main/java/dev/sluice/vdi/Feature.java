package dev.sluice.vdi;

/// One bit of the feature mask, VDF_* in Microsoft's headers.
public enum Feature {
    REMOVABLE(0x1),
    REWIND(0x2),
    POSITION(0x10),
    SKIP_BLOCKS(0x20),
    REVERSE_POSITION(0x40),
    DISCARD(0x80),
    FILE_MARKS(0x100),
    RANDOM_ACCESS(0x200),
    SNAPSHOT_PREPARE(0x400),
    ENUM_FROZEN_FILES(0x800),
    VSS_WRITER(0x1000),
    /// The client asks for VDC_Complete. Only [#COMPLETE_ENABLED] says whether the server will send it.
    REQUEST_COMPLETE(0x2000),
    /// Set by the server: data flows to the client (BACKUP).
    WRITE_MEDIA(0x10000),
    /// Set by the server: data flows from the client (RESTORE).
    READ_MEDIA(0x20000),
    /// Set by the server: the server will send VDC_Complete.
    COMPLETE_ENABLED(0x40000),
    LATCH_STATS(0x80000000);

    private final int bit;

    Feature(int bit) {
        this.bit = bit;
    }

    public int bit() {
        return bit;
    }
}
