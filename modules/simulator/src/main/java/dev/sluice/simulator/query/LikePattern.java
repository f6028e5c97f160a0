package dev.sluice.simulator.query;

import dev.sluice.simulator.regional.Collation;
import java.util.regex.Pattern;

/// Patterns of LIKE: `%`, `_`, `[abc]`, `[^abc]`, and an escape character.
final class LikePattern {

    private LikePattern() {}

    /// @param escape one character, or empty
    static boolean matches(String text, String pattern, String escape, Collation collation) {
        return matches(collation.folded(text), collation.folded(pattern), collation.folded(escape));
    }

    private static boolean matches(String text, String pattern, String escape) {
        StringBuilder regex = new StringBuilder();
        for (int i = 0; i < pattern.length(); i++) {
            char c = pattern.charAt(i);
            if (!escape.isEmpty() && c == escape.charAt(0) && i + 1 < pattern.length()) {
                i++;
                regex.append(Pattern.quote(pattern.substring(i, i + 1)));
            } else if (c == '%') {
                regex.append(".*");
            } else if (c == '_') {
                regex.append('.');
            } else if (c == '[' && pattern.indexOf(']', i) > i) {
                int end = pattern.indexOf(']', i);
                String set = pattern.substring(i + 1, end);
                String rest = set.startsWith("^") ? set.substring(1) : set;
                regex.append('[').append(set.startsWith("^") ? "^" : "");
                regex.append(rest.replace("\\", "\\\\").replace("[", "\\[").replace("&&", "&\\&"));
                regex.append(']');
                i = end;
            } else {
                regex.append(Pattern.quote(String.valueOf(c)));
            }
        }
        return Pattern.compile(regex.toString(), Pattern.DOTALL).matcher(text).matches();
    }
}
