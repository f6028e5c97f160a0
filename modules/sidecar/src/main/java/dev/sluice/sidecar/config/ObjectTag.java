package dev.sluice.sidecar.config;

import java.util.Locale;

/// A tag of an object, written like `team=dba`.
public record ObjectTag(String key, String value) {

    private static final int MAX_KEY = 128;
    private static final int MAX_VALUE = 256;

    static ObjectTag parse(String text) {
        int equals = text.indexOf('=');
        if (equals < 1) {
            throw new IllegalArgumentException("'%s' is no tag: write it like team=dba".formatted(text));
        }
        ObjectTag tag = new ObjectTag(text.substring(0, equals), text.substring(equals + 1));
        if (tag.key.length() > MAX_KEY || tag.value.length() > MAX_VALUE) {
            throw new IllegalArgumentException(String.format(
                    Locale.ROOT,
                    "'%s' is too long: S3 takes %d characters of a key, and %d of a value",
                    text,
                    MAX_KEY,
                    MAX_VALUE));
        }
        if (tag.key.startsWith("aws:")) {
            throw new IllegalArgumentException("'%s' is not yours to set: keys with aws: are Amazon's".formatted(text));
        }
        return tag;
    }

    @Override
    public String toString() {
        return key + "=" + value;
    }
}
