package dev.sluice.sidecar.config;

/// A number of bytes, written like `16MiB`.
public record Size(long bytes) implements Comparable<Size> {

    static Size parse(String text) {
        return new Size(Units.bytesWithUnit(text));
    }

    @Override
    public int compareTo(Size other) {
        return Long.compare(bytes, other.bytes);
    }

    @Override
    public String toString() {
        return Units.size(bytes);
    }
}
