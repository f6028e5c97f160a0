package dev.sluice.simulator.tds;

import dev.sluice.simulator.tds.Tokens.End;
import dev.sluice.simulator.tds.Tokens.TextChange;
import dev.sluice.simulator.tds.Tokens.TransactionChange;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One response message, written while the engine speaks.
///
/// The last DONE of a message must say that nothing follows, which is known only at the end; so each DONE of a
/// batch is held back until the next word. The DONEs of procedures need no such care, as DONEPROC always comes
/// last.
///
/// Every token is put together in a buffer of its own before the first byte leaves, so a value that cannot be
/// written does not tear the stream.
final class TdsResponse implements ResponseSink {

    private record HeldDone(int status, int command, long rowCount) {}

    /// Of a prepared statement.
    ///
    /// @param parameter the name that the client gave to the output parameter, which some drivers look for;
    ///                  empty for a positional one
    record Handle(String parameter, int number) {}

    private final PacketWriter out;
    private final String server;
    private final boolean ofBatch;
    private final WireBuffer token = new WireBuffer();
    private @Nullable HeldDone held;
    private @Nullable List<Column> columns;
    private long rows;
    private boolean failed;
    private boolean ended;
    private boolean fatal;

    private List<Parameter> parameters = List.of();
    private final Map<String, @Nullable Object> outputs = new HashMap<>();
    private int firstOrdinal;
    private int returnStatus;

    /// @param ofBatch whether statements end with DONE, as in a batch, or with DONEINPROC
    TdsResponse(PacketWriter out, String server, boolean ofBatch) {
        this.out = out;
        this.server = server;
        this.ofBatch = ofBatch;
    }

    @Override
    public void message(SqlMessage message) {
        begin();
        Tokens.message(message, server, token);
        send();
        failed |= message.isError();
        if (message.endsSession()) {
            endFatally();
        } else {
            push();
        }
    }

    @Override
    public void resultSet(List<Column> columns) {
        if (this.columns != null) {
            throw new IllegalStateException("a result set is open already; its statement ends with done()");
        }
        List<Column> own = List.copyOf(columns);
        begin();
        Tokens.columns(own, token);
        send();
        this.columns = own;
        rows = 0;
    }

    @Override
    public void row(@Nullable Object... values) {
        List<Column> open = columns;
        if (open == null) {
            throw new IllegalStateException("a row needs a result set");
        }
        if (values.length != open.size()) {
            throw new IllegalArgumentException(String.format(
                    Locale.ROOT, "the result set has %d columns, the row %d values", open.size(), values.length));
        }
        begin();
        Tokens.row(token);
        for (int i = 0; i < values.length; i++) {
            Column column = open.get(i);
            try {
                TypeCodec.write(column.type(), values[i], token);
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException("column %s: %s".formatted(column.name(), e.getMessage()), e);
            }
        }
        send();
        rows++;
    }

    @Override
    public void done() {
        if (columns == null) {
            endStatement(0, Tokens.COMMAND_NONE, 0);
        } else {
            endStatement(Tokens.DONE_COUNT, Tokens.COMMAND_SELECT, rows);
        }
    }

    @Override
    public void done(long rowCount) {
        endStatement(Tokens.DONE_COUNT, columns == null ? Tokens.COMMAND_INSERT : Tokens.COMMAND_SELECT, rowCount);
    }

    private void endStatement(int count, int command, long rowCount) {
        begin();
        int status = failed ? Tokens.DONE_ERROR : count;
        columns = null;
        failed = false;
        if (ofBatch) {
            held = new HeldDone(status, command, rowCount);
        } else {
            Tokens.done(End.DONEINPROC, status | Tokens.DONE_MORE, command, rowCount, token);
            send();
        }
    }

    @Override
    public void flush() {
        begin();
        push();
    }

    @Override
    public void databaseChanged(String from, String to) {
        begin();
        Tokens.change(TextChange.DATABASE, to, from, token);
        send();
    }

    @Override
    public void languageChanged(String from, String to) {
        begin();
        Tokens.change(TextChange.LANGUAGE, to, from, token);
        send();
    }

    @Override
    public void transactionBegun(long descriptor) {
        transaction(TransactionChange.BEGUN, descriptor);
    }

    @Override
    public void transactionCommitted(long descriptor) {
        transaction(TransactionChange.COMMITTED, descriptor);
    }

    @Override
    public void transactionRolledBack(long descriptor) {
        transaction(TransactionChange.ROLLED_BACK, descriptor);
    }

    private void transaction(TransactionChange change, long descriptor) {
        begin();
        Tokens.change(change, descriptor, token);
        send();
    }

    /// The client's RESETCONNECTION was done.
    void resetDone() {
        begin();
        Tokens.resetDone(token);
        send();
    }

    @Override
    public void output(String name, @Nullable Object value) {
        Parameter parameter = parameters.stream()
                .filter(candidate -> candidate.output() && candidate.name().equalsIgnoreCase(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("the batch has no output parameter " + name));
        TypeCodec.write(parameter.type(), value, new WireBuffer()); // refuses here what could not be sent later
        outputs.put(parameter.name(), value);
    }

    @Override
    public void returnStatus(int status) {
        returnStatus = status;
    }

    /// A procedure call begins.
    ///
    /// @param firstOrdinal which argument of the call is the first of these parameters; drivers find their
    ///     output parameters by that
    void beginCall(List<Parameter> parameters, int firstOrdinal) {
        this.parameters = parameters;
        this.firstOrdinal = firstOrdinal;
        outputs.clear();
        returnStatus = 0;
    }

    /// A procedure call has ended: its status, its output parameters, DONEPROC.
    ///
    /// @param handle of the statement that it prepared, or null
    /// @param more whether the client's message has a further call
    void endCall(@Nullable Handle handle, boolean more) {
        if (ended) {
            return;
        }
        if (columns != null) {
            done();
        }
        begin();
        Tokens.returnStatus(returnStatus, token);
        if (handle != null) {
            Tokens.returnValue(0, handle.parameter(), SqlType.INT, token);
            TypeCodec.write(SqlType.INT, handle.number(), token);
        }
        for (int i = 0; i < parameters.size(); i++) {
            Parameter parameter = parameters.get(i);
            if (outputs.containsKey(parameter.name())) {
                Tokens.returnValue(firstOrdinal + i, parameter.name(), parameter.type(), token);
                TypeCodec.write(parameter.type(), outputs.get(parameter.name()), token);
            }
        }
        int status = (failed ? Tokens.DONE_ERROR : 0) | (more ? Tokens.DONE_MORE : 0);
        Tokens.done(End.DONEPROC, status, Tokens.COMMAND_NONE, 0, token);
        send();
        failed = false;
    }

    /// Ends the message of a request that ran to its end.
    void end() throws IOException {
        if (ended) {
            return;
        }
        if (ofBatch) {
            if (held == null && (columns != null || failed)) {
                done();
            }
            HeldDone last = held == null ? new HeldDone(0, Tokens.COMMAND_NONE, 0) : held;
            held = null;
            Tokens.done(End.DONE, last.status(), last.command(), last.rowCount(), cleared());
            out.write(token);
        }
        close();
    }

    /// Ends the message of a request that the client cancelled. The acknowledgement is a message of its own.
    void endCancelled() throws IOException {
        if (ended) {
            return;
        }
        begin();
        Tokens.done(ofBatch ? End.DONE : End.DONEPROC, Tokens.DONE_ERROR, Tokens.COMMAND_NONE, 0, token);
        out.write(token);
        close();
    }

    /// A message of class 20 or more has ended the session.
    boolean endedFatally() {
        return fatal;
    }

    private void endFatally() {
        Tokens.done(End.DONE, Tokens.DONE_ERROR | Tokens.DONE_FATAL, Tokens.COMMAND_NONE, 0, cleared());
        send();
        fatal = true;
        try {
            close();
        } catch (IOException e) {
            throw lost(e);
        }
    }

    private void close() throws IOException {
        ended = true;
        out.endMessage();
    }

    /// Before every token: what was held back goes first, now that it is known that more follows.
    private void begin() {
        if (ended) {
            throw new SessionEnded("the response has ended", null);
        }
        HeldDone before = held;
        if (before != null) {
            Tokens.done(End.DONE, before.status() | Tokens.DONE_MORE, before.command(), before.rowCount(), cleared());
            held = null;
            send();
        }
        cleared();
    }

    private WireBuffer cleared() {
        token.clear();
        return token;
    }

    private void send() {
        try {
            out.write(token);
        } catch (IOException e) {
            throw lost(e);
        }
    }

    private void push() {
        try {
            out.flush();
        } catch (IOException e) {
            throw lost(e);
        }
    }

    private static SessionEnded lost(IOException e) {
        return new SessionEnded("the client cannot be reached any more: " + e.getMessage(), e);
    }
}
