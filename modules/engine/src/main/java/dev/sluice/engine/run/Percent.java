package dev.sluice.engine.run;

import java.util.OptionalInt;

/// Reads the number in message 3211. The text around it comes in the login's language, the digits do not.
public final class Percent {

    private Percent() {}

    public static OptionalInt of(String text) {
        int value = 0;
        boolean seen = false;
        for (int i = 0; i < text.length() && value <= 100; i++) {
            char c = text.charAt(i);
            if (c >= '0' && c <= '9') {
                value = 10 * value + (c - '0');
                seen = true;
            } else if (seen) {
                break;
            }
        }
        return seen && value <= 100 ? OptionalInt.of(value) : OptionalInt.empty();
    }
}
