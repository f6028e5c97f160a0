package dev.sluice.simulator.tsql;

import java.util.ArrayList;
import java.util.List;

/// Cuts a batch into tokens.
final class Lexer {

    private static final List<String> LONG_SYMBOLS = List.of("<=", ">=", "<>", "!=", "!<", "!>");

    private final String text;
    private final List<Token> tokens = new ArrayList<>();
    private int at;
    private int line = 1;

    private Lexer(String text) {
        this.text = text;
    }

    /// All tokens, and one of kind [Token.Kind#END] behind them.
    static List<Token> tokens(String text) {
        Lexer lexer = new Lexer(text);
        while (lexer.skipBlanks()) {
            lexer.next();
        }
        lexer.tokens.add(new Token(Token.Kind.END, "", lexer.line, text.length(), text.length()));
        return lexer.tokens;
    }

    /// @return whether anything follows
    private boolean skipBlanks() {
        while (at < text.length()) {
            char c = text.charAt(at);
            if (Character.isWhitespace(c) || c == '\uFEFF') {
                line += c == '\n' ? 1 : 0;
                at++;
            } else if (text.startsWith("--", at)) {
                int end = text.indexOf('\n', at);
                at = end < 0 ? text.length() : end;
            } else if (text.startsWith("/*", at)) {
                skipComment();
            } else {
                return true;
            }
        }
        return false;
    }

    /// Comments nest in T-SQL.
    private void skipComment() {
        int depth = 0;
        do {
            if (text.startsWith("/*", at)) {
                depth++;
                at += 2;
            } else if (text.startsWith("*/", at)) {
                depth--;
                at += 2;
            } else if (at >= text.length()) {
                throw SqlFailure.syntax(113, "Missing end comment mark '*/'.", line);
            } else {
                line += text.charAt(at) == '\n' ? 1 : 0;
                at++;
            }
        } while (depth > 0);
    }

    private void next() {
        char c = text.charAt(at);
        if (c == '\'') {
            quoted(Token.Kind.STRING, '\'', at);
        } else if ((c == 'N' || c == 'n') && at + 1 < text.length() && text.charAt(at + 1) == '\'') {
            int start = at;
            at++;
            quoted(Token.Kind.NATIONAL_STRING, '\'', start);
        } else if (c == '[') {
            quoted(Token.Kind.QUOTED_NAME, ']', at);
        } else if (c == '"') {
            quoted(Token.Kind.QUOTED_NAME, '"', at);
        } else if (c == '0' && at + 1 < text.length() && (text.charAt(at + 1) == 'x' || text.charAt(at + 1) == 'X')) {
            binary();
        } else if (Character.isDigit(c)
                || (c == '.' && at + 1 < text.length() && Character.isDigit(text.charAt(at + 1)))) {
            number();
        } else if (c == '@') {
            word(Token.Kind.VARIABLE);
        } else if (Character.isLetter(c) || c == '_' || c == '#') {
            word(Token.Kind.WORD);
        } else {
            symbol();
        }
    }

    private void quoted(Token.Kind kind, char quote, int start) {
        int firstLine = line;
        StringBuilder content = new StringBuilder();
        at++;
        while (true) {
            if (at >= text.length()) {
                throw SqlFailure.syntax(
                        105, "Unclosed quotation mark after the character string '%s'.".formatted(content), firstLine);
            }
            char c = text.charAt(at++);
            if (c != quote) {
                line += c == '\n' ? 1 : 0;
                content.append(c);
            } else if (at < text.length() && text.charAt(at) == quote) {
                content.append(quote);
                at++;
            } else {
                tokens.add(new Token(kind, content.toString(), firstLine, start, at));
                return;
            }
        }
    }

    private void binary() {
        int start = at;
        at += 2;
        while (at < text.length() && Character.digit(text.charAt(at), 16) >= 0) {
            at++;
        }
        add(Token.Kind.BINARY, start);
    }

    private void number() {
        int start = at;
        while (at < text.length() && (Character.isDigit(text.charAt(at)) || text.charAt(at) == '.')) {
            at++;
        }
        if (at < text.length() && (text.charAt(at) == 'e' || text.charAt(at) == 'E')) {
            at++;
            if (at < text.length() && (text.charAt(at) == '+' || text.charAt(at) == '-')) {
                at++;
            }
            while (at < text.length() && Character.isDigit(text.charAt(at))) {
                at++;
            }
        }
        add(Token.Kind.NUMBER, start);
    }

    private void word(Token.Kind kind) {
        int start = at;
        at++;
        while (at < text.length() && isPartOfWord(text.charAt(at))) {
            at++;
        }
        add(kind, start);
    }

    private static boolean isPartOfWord(char c) {
        return Character.isLetterOrDigit(c) || c == '_' || c == '@' || c == '$' || c == '#';
    }

    private void symbol() {
        int start = at;
        at += LONG_SYMBOLS.stream().anyMatch(symbol -> text.startsWith(symbol, start)) ? 2 : 1;
        add(Token.Kind.SYMBOL, start);
    }

    private void add(Token.Kind kind, int start) {
        tokens.add(new Token(kind, text.substring(start, at), line, start, at));
    }
}
