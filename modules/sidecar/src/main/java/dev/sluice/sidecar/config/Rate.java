package dev.sluice.sidecar.config;

/// Bytes in a second, written like `200MiB/s`.
public record Rate(long bytesPerSecond) implements Comparable<Rate> {

    static final String FORM = Units.SIZE_FORM + "/s";

    static Rate parse(String text) {
        String stripped = text.strip();
        if (!stripped.endsWith("/s")) {
            throw new IllegalArgumentException("'%s' is no rate: write it like 200MiB/s".formatted(text));
        }
        return new Rate(Units.bytesWithUnit(stripped.substring(0, stripped.length() - 2)));
    }

    @Override
    public int compareTo(Rate other) {
        return Long.compare(bytesPerSecond, other.bytesPerSecond);
    }

    @Override
    public String toString() {
        return Units.size(bytesPerSecond) + "/s";
    }
}
