package dev.sluice.sidecar.history;

import dev.sluice.catalog.Keys;
import dev.sluice.catalog.Ulid;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The name of an object of history: a UTC day, and an id that no other process gives to an object.
///
/// @param key below the store's prefix
record HistoryKey(LocalDate day, String id, String key) {

    private static final Pattern NAME = Pattern.compile("(\\d{4}-\\d{2}-\\d{2})_([0-9A-Z]{26})\\.jsonl\\.gz");

    static HistoryKey of(Keys keys, LocalDate day, String id) {
        return new HistoryKey(day, id, "%s%s_%s.jsonl.gz".formatted(keys.history(), day, id));
    }

    /// Empty for every other key.
    static Optional<HistoryKey> parse(Keys keys, String key) {
        if (!key.startsWith(keys.history())) {
            return Optional.empty();
        }
        Matcher name = NAME.matcher(key.substring(keys.history().length()));
        if (!name.matches() || !Ulid.isUlid(name.group(2))) {
            return Optional.empty();
        }
        try {
            return Optional.of(new HistoryKey(LocalDate.parse(name.group(1)), name.group(2), key));
        } catch (DateTimeException e) {
            return Optional.empty(); // no such day
        }
    }
}
