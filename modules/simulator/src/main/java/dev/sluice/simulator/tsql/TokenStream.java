package dev.sluice.simulator.tsql;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// A place among the tokens of a batch, and the questions that parsers ask there.
final class TokenStream {

    private static final Set<String> RESERVED = Set.of(
            "ALTER",
            "AND",
            "AS",
            "ASC",
            "BACKUP",
            "BEGIN",
            "BETWEEN",
            "BY",
            "CASE",
            "COMMIT",
            "CREATE",
            "CROSS",
            "DECLARE",
            "DELETE",
            "DESC",
            "DISTINCT",
            "DROP",
            "ELSE",
            "END",
            "ESCAPE",
            "EXEC",
            "EXECUTE",
            "EXISTS",
            "FOR",
            "FROM",
            "FULL",
            "GROUP",
            "HAVING",
            "IF",
            "IN",
            "INNER",
            "INSERT",
            "INTO",
            "IS",
            "JOIN",
            "KILL",
            "LEFT",
            "LIKE",
            "NOT",
            "NULL",
            "ON",
            "OPTION",
            "OR",
            "ORDER",
            "OUTER",
            "PRINT",
            "RESTORE",
            "RETURN",
            "RIGHT",
            "ROLLBACK",
            "SELECT",
            "SET",
            "THEN",
            "TO",
            "TOP",
            "UNION",
            "UPDATE",
            "USE",
            "WAITFOR",
            "WHEN",
            "WHERE",
            "WHILE",
            "WITH");

    private final String text;
    private final List<Token> tokens;
    private int at;

    TokenStream(String text) {
        this.text = text;
        this.tokens = Lexer.tokens(text);
    }

    Token peek() {
        return tokens.get(at);
    }

    Token peek(int ahead) {
        return tokens.get(Math.min(at + ahead, tokens.size() - 1));
    }

    Token next() {
        Token token = tokens.get(at);
        if (token.kind() != Token.Kind.END) {
            at++;
        }
        return token;
    }

    boolean atEnd() {
        return peek().kind() == Token.Kind.END;
    }

    int mark() {
        return at;
    }

    void backTo(int mark) {
        at = mark;
    }

    boolean isWord(String word) {
        return peek().isWord(word);
    }

    boolean isSymbol(String symbol) {
        return peek().isSymbol(symbol);
    }

    boolean takeWord(String word) {
        return taken(isWord(word));
    }

    boolean takeSymbol(String symbol) {
        return taken(isSymbol(symbol));
    }

    /// Takes all the words, or none.
    boolean takeWords(String... words) {
        for (int i = 0; i < words.length; i++) {
            if (!peek(i).isWord(words[i])) {
                return false;
            }
        }
        at += words.length;
        return true;
    }

    private boolean taken(boolean matches) {
        if (matches) {
            at++;
        }
        return matches;
    }

    void expectWord(String word) {
        if (!takeWord(word)) {
            throw unexpected();
        }
    }

    void expectSymbol(String symbol) {
        if (!takeSymbol(symbol)) {
            throw unexpected();
        }
    }

    static boolean reserved(Token token) {
        return token.kind() == Token.Kind.WORD && RESERVED.contains(token.upper());
    }

    /// Whether a name can stand here.
    boolean isName() {
        Token token = peek();
        return token.kind() == Token.Kind.QUOTED_NAME || (token.kind() == Token.Kind.WORD && !reserved(token));
    }

    String name() {
        if (!isName()) {
            throw unexpected();
        }
        return next().text();
    }

    /// `a.b.c`; SQL Server allows a part in the middle to be missing, as in `msdb..backupset`.
    List<String> qualifiedName() {
        List<String> parts = new ArrayList<>();
        parts.add(name());
        while (takeSymbol(".")) {
            parts.add(isSymbol(".") ? "" : name());
        }
        return parts;
    }

    String variable() {
        if (peek().kind() != Token.Kind.VARIABLE) {
            throw unexpected();
        }
        return next().text();
    }

    /// Whether the batch or the statement ends here, as far as punctuation tells.
    boolean atSemicolonOrEnd() {
        return atEnd() || isSymbol(";");
    }

    String textBetween(Token first, Token last) {
        return text.substring(first.start(), last.end());
    }

    Token previous() {
        return tokens.get(Math.max(0, at - 1));
    }

    /// 102 or 156 for the token that stands here; the batch's end is blamed on the token before it, as SQL Server
    /// does.
    SqlFailure unexpected() {
        Token token = atEnd() ? previous() : peek();
        if (reserved(token)) {
            return SqlFailure.syntax(
                    156, "Incorrect syntax near the keyword '%s'.".formatted(token.text()), token.line());
        }
        return SqlFailure.syntaxNear(token);
    }
}
