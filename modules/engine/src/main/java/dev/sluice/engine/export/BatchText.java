package dev.sluice.engine.export;

import dev.sluice.engine.run.ControlCharacters;
import dev.sluice.engine.sql.Tsql;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// One batch of T-SQL, built from texts that come from a server.
///
/// Clients look at a script's text before SQL Server does: they end a batch at a line that says `GO`, wherever
/// it stands, and sqlcmd replaces `$(NAME)`, in literals too. The commands of jobs hold line breaks, and those
/// of SQL Server Agent `$(ESCAPE_SQUOTE(…))`. So such a text is put together from pieces, in a variable,
/// because procedures take no expressions.
final class BatchText {

    private static final String VARIABLE = "$(";
    private static final int LONGEST_PIECE = 2000;

    private final List<String> declarations = new ArrayList<>();
    private final List<String> lines = new ArrayList<>();

    BatchText line(String line) {
        lines.add(line);
        return this;
    }

    /// A text as an argument of a procedure, and wherever an expression may stand.
    String text(String text) {
        if (isPlain(text) && text.length() <= LONGEST_PIECE) {
            return Tsql.literal(text);
        }
        String name = String.format(Locale.ROOT, "@text%d", declarations.size() + 1);
        declarations.add("DECLARE %s nvarchar(max) = %s;".formatted(name, pieces(text)));
        return name;
    }

    /// Whether it can stand in a script as it is.
    static boolean isPlain(String text) {
        return ControlCharacters.first(text).isEmpty() && !text.contains(VARIABLE);
    }

    private static String pieces(String text) {
        StringBuilder all = new StringBuilder("CAST(N'' AS nvarchar(max))");
        StringBuilder piece = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean control = ControlCharacters.first(String.valueOf(c)).isPresent();
            boolean begins = c == '(' && !piece.isEmpty() && piece.charAt(piece.length() - 1) == '$';
            boolean full = piece.length() >= LONGEST_PIECE && !Character.isLowSurrogate(c);
            if (control || begins || full) {
                append(all, piece);
            }
            if (control) {
                all.append(String.format(Locale.ROOT, " + NCHAR(%d)", (int) c));
            } else {
                piece.append(c);
            }
        }
        append(all, piece);
        return all.toString();
    }

    private static void append(StringBuilder all, StringBuilder piece) {
        if (!piece.isEmpty()) {
            all.append(" + ").append(Tsql.literal(piece.toString()));
            piece.setLength(0);
        }
    }

    /// The batch, with what it declares in front.
    String build() {
        List<String> all = new ArrayList<>(declarations);
        all.addAll(lines);
        return String.join("\n", all);
    }
}
