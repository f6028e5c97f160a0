package dev.sluice.mtf;

import java.util.Locale;

/// The version of the server that wrote the backup, as in `13.0.5081`.
public record ServerVersion(int major, int minor, int build) {
    public ServerVersion {
        if (major < 0 || major > 0xFF || minor < 0 || minor > 0xFF || build < 0 || build > 0xFFFF) {
            throw new IllegalArgumentException(
                    String.format(Locale.ROOT, "no such server version: %d.%d.%d", major, minor, build));
        }
    }

    @Override
    public String toString() {
        return major + "." + minor + "." + build;
    }
}
