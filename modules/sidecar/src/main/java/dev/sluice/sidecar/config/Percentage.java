package dev.sluice.sidecar.config;

/// A part of a whole, written like `60%`.
///
/// @param value in percent
public record Percentage(int value) implements Comparable<Percentage> {

    static final String FORM = "\\d{1,3} ?%";

    static Percentage parse(String text) {
        if (!text.matches(FORM)) {
            throw new IllegalArgumentException("'%s' is no percentage: write it like 60%%".formatted(text));
        }
        return new Percentage(
                Integer.parseInt(text.substring(0, text.length() - 1).strip()));
    }

    @Override
    public int compareTo(Percentage other) {
        return Integer.compare(value, other.value);
    }

    @Override
    public String toString() {
        return value + "%";
    }
}
