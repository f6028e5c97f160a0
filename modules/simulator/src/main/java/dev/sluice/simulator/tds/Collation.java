package dev.sluice.simulator.tds;

import java.nio.charset.Charset;

/// SQL_Latin1_General_CP1_CI_AS, the only collation here.
final class Collation {

    /// As they stand in type information and in the change of collation after login.
    static final int LENGTH = 5;

    /// What `varchar` text is encoded in.
    static final Charset CODE_PAGE = Charset.forName("windows-1252");

    private static final byte[] BYTES = {0x09, 0x04, (byte) 0xD0, 0x00, 0x34};

    private Collation() {}

    static void write(WireBuffer out) {
        out.bytes(BYTES);
    }
}
