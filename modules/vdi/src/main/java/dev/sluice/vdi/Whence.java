package dev.sluice.vdi;

import org.jspecify.annotations.Nullable;

/// The point that a VDC_SetPosition counts from. It travels in the command's `size`.
public enum Whence {
    BEGINNING,
    CURRENT,
    END;

    /// The headers number them from 0. Null for a number that they do not have.
    static @Nullable Whence ofNumber(int number) {
        return switch (number) {
            case 0 -> BEGINNING;
            case 1 -> CURRENT;
            case 2 -> END;
            default -> null;
        };
    }
}
