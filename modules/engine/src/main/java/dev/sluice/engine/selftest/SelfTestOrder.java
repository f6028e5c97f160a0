package dev.sluice.engine.selftest;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// What a self-test shall do.
///
/// @param bytes       of rows in the scratch database
/// @param certificate a certificate of the server's `master` that encrypts one of the backups; null for none. A
///                    self-test makes none
/// @param keep        whether the backups stay in the bucket
public record SelfTestOrder(long bytes, @Nullable String certificate, boolean keep) {

    /// Of one row, which fills a page.
    static final int PAGE = 8192;

    private static final long LEAST = 1 << 20;
    private static final long MOST = 1L << 40;

    public SelfTestOrder {
        if (bytes < LEAST || bytes > MOST) {
            throw new IllegalArgumentException(
                    String.format(Locale.ROOT, "the rows of a self-test have 1 MiB to 1 TiB, not %d bytes", bytes));
        }
    }

    int rows() {
        return Math.toIntExact(bytes / PAGE);
    }
}
