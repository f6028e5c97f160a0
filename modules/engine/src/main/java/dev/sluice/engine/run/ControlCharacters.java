package dev.sluice.engine.run;

import java.util.Locale;
import java.util.OptionalInt;

/// Characters that do something instead of being seen: they move a terminal's cursor, begin a new line, or turn
/// the direction of what follows.
///
/// Names of databases and files come from SQL Server, from documents in the bucket and from headers of streams,
/// and may hold all of them. Shown as they are, one name could forge lines of a log, or hide what stands beside
/// it.
public final class ControlCharacters {

    private ControlCharacters() {}

    /// The text in one line, with each of these characters written as in Java: `\u001b`. JSON reads the same
    /// there, so text that is JSON stays what it was.
    public static String escaped(String text) {
        return escaped(text, false);
    }

    /// As above for text of several lines, whose line feeds stay.
    public static String escapedLines(String text) {
        return escaped(text, true);
    }

    /// The first of these characters in a text; empty when there is none.
    public static OptionalInt first(String text) {
        return text.chars().filter(ControlCharacters::is).findFirst();
    }

    private static String escaped(String text, boolean lines) {
        if (first(text).isEmpty()) {
            return text;
        }
        StringBuilder result = new StringBuilder(text.length() + 16);
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (is(c) && !(lines && c == '\n')) {
                result.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
            } else {
                result.append(c);
            }
        }
        return result.toString();
    }

    /// All of them are in the first plane, so that looking at UTF-16 units is enough.
    private static boolean is(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> true;
            // Of the format characters only those that turn the direction; joiners are letters' parts in some
            // scripts.
            case Character.FORMAT ->
                c == 0x061c
                        || c == 0x200e
                        || c == 0x200f
                        || (c >= 0x202a && c <= 0x202e)
                        || (c >= 0x2066 && c <= 0x2069);
            default -> false;
        };
    }
}
