package dev.sluice.simulator.tsql;

import dev.sluice.simulator.tds.SqlMessage;
import java.util.List;

/// A statement failed, and these messages say so, cause first.
public final class SqlFailure extends RuntimeException {

    private static final long serialVersionUID = 1L;

    @SuppressWarnings("serial") // never serialized; an exception only happens to be serializable
    private final List<SqlMessage> messages;

    public SqlFailure(List<SqlMessage> messages) {
        super(messages.getLast().text(), null, false, false);
        this.messages = List.copyOf(messages);
    }

    public SqlFailure(SqlMessage message) {
        this(List.of(message));
    }

    /// An error of class 16.
    public static SqlFailure error(int number, String text) {
        return new SqlFailure(SqlMessage.error(number, text));
    }

    /// 102: the parser stopped here.
    public static SqlFailure syntaxNear(Token token) {
        return syntax(102, "Incorrect syntax near '%s'.".formatted(token.text()), token.line());
    }

    /// An error that the parser finds, before anything of the batch has run.
    public static SqlFailure syntax(int number, String text, int line) {
        return new SqlFailure(new SqlMessage(number, 15, 1, text, "", line));
    }

    public List<SqlMessage> messages() {
        return messages;
    }
}
