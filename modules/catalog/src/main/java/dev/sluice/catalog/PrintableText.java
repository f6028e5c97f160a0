package dev.sluice.catalog;

import org.jspecify.annotations.Nullable;

/// Makes text from the bucket safe for a message: short, and without characters that control a terminal.
final class PrintableText {
    private static final int LONGEST = 60;

    private PrintableText() {}

    /// The first line of a parser's message.
    static String line(@Nullable String message) {
        return text(message == null ? "" : message.lines().findFirst().orElse(""), 300);
    }

    static String text(String text) {
        return text(text, LONGEST);
    }

    private static String text(String text, int longest) {
        StringBuilder shown = new StringBuilder();
        text.codePoints()
                .limit(longest)
                .map(point -> Character.isISOControl(point)
                                || Character.getType(point) == Character.FORMAT
                                || Character.getType(point) == Character.SURROGATE
                                || Character.getType(point) == Character.LINE_SEPARATOR
                        ? '?'
                        : point)
                .forEach(shown::appendCodePoint);
        return text.length() > longest ? shown + "…" : shown.toString();
    }
}
