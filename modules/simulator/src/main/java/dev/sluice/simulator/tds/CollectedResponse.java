package dev.sluice.simulator.tds;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// Keeps a response in memory, for driving a session without a network.
///
/// **Threading:** written by the batch's thread; [#messages] may be read meanwhile from any thread, the rest
/// afterwards.
public final class CollectedResponse implements ResponseSink {

    /// What one statement answered.
    ///
    /// @param columns empty without a result set
    /// @param rowCount the number of rows returned or changed, if it said so
    public record Statement(List<Column> columns, List<List<@Nullable Object>> rows, OptionalLong rowCount) {}

    private final List<SqlMessage> messages = Collections.synchronizedList(new ArrayList<>());
    private final List<Statement> statements = new ArrayList<>();
    private final Map<String, @Nullable Object> outputs = new HashMap<>();
    private @Nullable List<Column> columns;
    private List<List<@Nullable Object>> rows = new ArrayList<>();
    private @Nullable String database;
    private int returnStatus;
    private boolean ended;

    /// Everything said so far, information and errors.
    public List<SqlMessage> messages() {
        synchronized (messages) {
            return List.copyOf(messages);
        }
    }

    public List<SqlMessage> errors() {
        return messages().stream().filter(SqlMessage::isError).toList();
    }

    /// The statements that have ended.
    public List<Statement> statements() {
        return List.copyOf(statements);
    }

    public Map<String, @Nullable Object> outputs() {
        return Collections.unmodifiableMap(outputs);
    }

    public int returnStatus() {
        return returnStatus;
    }

    /// The database that the session changed to, or null if it did not.
    public @Nullable String database() {
        return database;
    }

    @Override
    public void message(SqlMessage message) {
        requireOpen();
        messages.add(message);
        ended = message.endsSession();
    }

    @Override
    public void resultSet(List<Column> columns) {
        requireOpen();
        if (this.columns != null) {
            throw new IllegalStateException("a result set is open already");
        }
        this.columns = List.copyOf(columns);
    }

    @Override
    public void row(@Nullable Object... values) {
        requireOpen();
        if (columns == null) {
            throw new IllegalStateException("a row needs a result set");
        }
        if (values.length != columns.size()) {
            throw new IllegalArgumentException(String.format(
                    Locale.ROOT, "the result set has %d columns, the row %d values", columns.size(), values.length));
        }
        rows.add(Collections.unmodifiableList(Arrays.asList(values.clone())));
    }

    @Override
    public void done() {
        end(columns == null ? OptionalLong.empty() : OptionalLong.of(rows.size()));
    }

    @Override
    public void done(long rowCount) {
        end(OptionalLong.of(rowCount));
    }

    private void end(OptionalLong rowCount) {
        requireOpen();
        statements.add(
                new Statement(columns == null ? List.of() : columns, Collections.unmodifiableList(rows), rowCount));
        columns = null;
        rows = new ArrayList<>();
    }

    @Override
    public void flush() {
        requireOpen();
    }

    @Override
    public void databaseChanged(String from, String to) {
        requireOpen();
        database = to;
    }

    @Override
    public void languageChanged(String from, String to) {
        requireOpen();
    }

    @Override
    public void transactionBegun(long descriptor) {
        requireOpen();
    }

    @Override
    public void transactionCommitted(long descriptor) {
        requireOpen();
    }

    @Override
    public void transactionRolledBack(long descriptor) {
        requireOpen();
    }

    @Override
    public void output(String name, @Nullable Object value) {
        requireOpen();
        outputs.put(name, value);
    }

    @Override
    public void returnStatus(int status) {
        requireOpen();
        returnStatus = status;
    }

    private void requireOpen() {
        if (ended) {
            throw new SessionEnded("a message of class 20 or more has ended the session", null);
        }
    }
}
