package dev.sluice.simulator.tds;

import java.util.Locale;

/// The version that the server claims to have, such as 16.0.4096 for SQL Server 2022.
public record ServerVersion(int major, int minor, int build) {

    public ServerVersion {
        if (major < 0 || major > 0xFF || minor < 0 || minor > 0xFF || build < 0 || build > 0xFFFF) {
            throw new IllegalArgumentException(
                    String.format(Locale.ROOT, "the wire has no room for version %d.%d.%d", major, minor, build));
        }
    }
}
