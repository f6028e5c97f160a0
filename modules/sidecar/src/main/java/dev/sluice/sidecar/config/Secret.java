package dev.sluice.sidecar.config;

import org.jspecify.annotations.Nullable;

/// Text that no output may show. Only [#reveal()] returns it, for the code that sends it where it belongs.
public final class Secret {

    static final String MASK = "***";

    private final String text;

    public Secret(String text) {
        this.text = text;
    }

    public String reveal() {
        return text;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Secret secret && secret.text.equals(text);
    }

    @Override
    public int hashCode() {
        return text.hashCode();
    }

    @Override
    public String toString() {
        return MASK;
    }
}
