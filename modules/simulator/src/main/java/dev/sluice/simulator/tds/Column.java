package dev.sluice.simulator.tds;

/// A column of a result set. All columns are nullable.
public record Column(String name, SqlType type) {

    private static final int LONGEST_NAME = 128;

    public Column {
        if (name.length() > LONGEST_NAME) {
            throw new IllegalArgumentException("a column's name has at most %d characters, this one %d: %s"
                    .formatted(LONGEST_NAME, name.length(), name));
        }
    }
}
