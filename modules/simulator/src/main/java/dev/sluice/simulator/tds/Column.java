package dev.sluice.simulator.tds;

import java.util.Locale;

/// A column of a result set. All columns are nullable.
public record Column(String name, SqlType type) {

    private static final int LONGEST_NAME = 128;

    public Column {
        if (name.length() > LONGEST_NAME) {
            throw new IllegalArgumentException(String.format(
                    Locale.ROOT,
                    "a column's name has at most %d characters, this one %d: %s",
                    LONGEST_NAME,
                    name.length(),
                    name));
        }
    }
}
