package dev.sluice.simulator.tsql;

import java.util.Locale;

/// A word of T-SQL.
///
/// @param text the word as written; for quoted names and strings what is between the quotes, with doubled quotes
///             halved
/// @param line from 1 on
/// @param start offset of its first character in the batch
/// @param end offset behind its last character
public record Token(Kind kind, String text, int line, int start, int end) {

    /// What a token is.
    public enum Kind {
        WORD,
        /// `[name]` or `"name"`.
        QUOTED_NAME,
        /// `'text'`.
        STRING,
        /// `N'text'`.
        NATIONAL_STRING,
        NUMBER,
        /// `0x2A`.
        BINARY,
        /// `@name` or `@@name`.
        VARIABLE,
        SYMBOL,
        END
    }

    boolean isWord(String word) {
        return kind == Kind.WORD && text.equalsIgnoreCase(word);
    }

    boolean isSymbol(String symbol) {
        return kind == Kind.SYMBOL && text.equals(symbol);
    }

    boolean isString() {
        return kind == Kind.STRING || kind == Kind.NATIONAL_STRING;
    }

    String upper() {
        return text.toUpperCase(Locale.ROOT);
    }
}
