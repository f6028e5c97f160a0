package dev.sluice.sidecar.schedule;

import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Names of databases as a policy writes them: `Sales*` takes, `!SalesStaging` takes away. `*` stands for anything,
/// `?` for one character. Upper and lower case are the same, as they are to most servers.
///
/// @param text   as it was written
/// @param negated whether it takes away
/// @param regex  the name's form
public record DatabasePattern(String text, boolean negated, Pattern regex) {

    /// **Errors:** [IllegalArgumentException].
    public static DatabasePattern parse(String text) {
        boolean negated = text.startsWith("!");
        String glob = negated ? text.substring(1) : text;
        if (glob.isBlank() || glob.length() > 128) {
            throw new IllegalArgumentException("'%s' is no pattern: names have 1 to 128 characters".formatted(text));
        }
        StringBuilder regex = new StringBuilder();
        for (int i = 0; i < glob.length(); i++) {
            char c = glob.charAt(i);
            regex.append(
                    switch (c) {
                        case '*' -> ".*";
                        case '?' -> ".";
                        default -> Pattern.quote(String.valueOf(c));
                    });
        }
        return new DatabasePattern(
                text,
                negated,
                Pattern.compile(regex.toString(), Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE | Pattern.DOTALL));
    }

    /// Whether the patterns together take this database: the last one that matches decides.
    public static boolean matches(List<DatabasePattern> patterns, String database) {
        boolean taken = false;
        for (DatabasePattern pattern : patterns) {
            if (pattern.regex.matcher(database).matches()) {
                taken = !pattern.negated;
            }
        }
        return taken;
    }

    /// Whether the name is written out, so that its absence from the server is worth a word.
    public boolean literal() {
        return !negated && text.indexOf('*') < 0 && text.indexOf('?') < 0;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof DatabasePattern pattern
                && pattern.text.toLowerCase(Locale.ROOT).equals(text.toLowerCase(Locale.ROOT));
    }

    @Override
    public int hashCode() {
        return text.toLowerCase(Locale.ROOT).hashCode();
    }

    @Override
    public String toString() {
        return text;
    }
}
