package dev.sluice.engine.sql;

/// Quoting, the T-SQL way. Names come from people and databases; nothing else ever becomes part of a statement
/// unquoted.
public final class Tsql {

    private Tsql() {}

    /// An identifier: `[name]` with every `]` doubled.
    public static String identifier(String name) {
        return "[" + name.replace("]", "]]") + "]";
    }

    /// A Unicode string literal: `N'text'` with every `'` doubled.
    public static String literal(String text) {
        return "N'" + text.replace("'", "''") + "'";
    }
}
