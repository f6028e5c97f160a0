package dev.sluice.engine.run;

import java.util.Locale;

/// A number of things, as a sentence has it.
public final class Counted {

    private Counted() {}

    /// Such as `1 backup` and `2 backups`.
    ///
    /// @param thing in the singular; its plural ends in `s`
    public static String of(long count, String thing) {
        return String.format(Locale.ROOT, "%d %s%s", count, thing, count == 1 ? "" : "s");
    }
}
