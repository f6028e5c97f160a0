package dev.sluice.engine.sql;

import com.microsoft.sqlserver.jdbc.ISQLServerConnection;
import com.microsoft.sqlserver.jdbc.ISQLServerMessage;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLTimeoutException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// One session on SQL Server.
///
/// **Threading:** one statement at a time, by one thread; [#cancel()] from any other.
public final class SqlSession implements AutoCloseable {

    /// BACKUP and RESTORE, also where the URL limits statements: the driver counts until the first message.
    private static final int UNLIMITED = 0;

    private static final int ALIVE_WITHIN = 5;
    private static final Duration FOR_THE_CANCEL = Duration.ofSeconds(5);

    private final Connection connection;
    private final String address;
    private final String sockets;
    private final int answers;
    private volatile @Nullable Statement running;

    /// @param sockets by which [CuttableSockets] knows it
    /// @param answers how long a query may go without an answer, in seconds
    SqlSession(Connection connection, String address, String sockets, int answers) {
        this.connection = connection;
        this.address = address;
        this.sockets = sockets;
        this.answers = answers;
    }

    /// Runs a BACKUP or RESTORE to its end, however long it takes.
    ///
    /// @param heard every message as it arrives, on the calling thread
    public Verdict run(String sql, Consumer<ServerMessage> heard) {
        List<ServerMessage> messages = new ArrayList<>();
        String failure = "";
        try (Statement statement = connection.createStatement()) {
            statement.setQueryTimeout(UNLIMITED);
            listen(message -> {
                messages.add(message);
                heard.accept(message);
            });
            running = statement;
            statement.execute(sql);
            // Errors may come after an earlier result; only the end of the loop is the end of the statement.
            while (statement.getMoreResults() || statement.getUpdateCount() != -1) {
                // BACKUP and RESTORE have no results that matter here.
            }
        } catch (SQLException e) {
            failure = e.getMessage() == null ? e.toString() : e.getMessage();
            noteErrors(e, messages);
        } finally {
            running = null;
            stopListening();
        }
        return Verdict.of(messages, failure);
    }

    /// Runs a RESTORE that lists something, which ends with rows or with a message instead of 3014.
    ///
    /// @param heard every message as it arrives, on the calling thread
    /// @param rows  its rows
    public Verdict list(String sql, Consumer<ServerMessage> heard, Consumer<List<Row>> rows) {
        List<ServerMessage> messages = new ArrayList<>();
        String failure = "";
        boolean ended = false;
        try (Statement statement = connection.createStatement()) {
            statement.setQueryTimeout(UNLIMITED);
            listen(message -> {
                messages.add(message);
                heard.accept(message);
            });
            running = statement;
            boolean set = statement.execute(sql);
            while (set || statement.getUpdateCount() != -1) {
                if (set) {
                    try (ResultSet found = statement.getResultSet()) {
                        rows.accept(Row.all(found));
                    }
                }
                set = statement.getMoreResults();
            }
            ended = true;
        } catch (SQLException e) {
            failure = e.getMessage() == null ? e.toString() : e.getMessage();
            noteErrors(e, messages);
        } finally {
            running = null;
            stopListening();
        }
        return ended && messages.stream().noneMatch(ServerMessage::isError)
                ? new Verdict.Good(messages)
                : Verdict.of(messages, failure);
    }

    private void listen(Consumer<ServerMessage> sink) throws SQLException {
        connection.unwrap(ISQLServerConnection.class).setServerMessageHandler(message -> {
            sink.accept(messageOf(message));
            return message;
        });
    }

    private void stopListening() {
        try {
            if (!connection.isClosed()) {
                connection.unwrap(ISQLServerConnection.class).setServerMessageHandler(null);
            }
        } catch (SQLException e) {
            // The session is broken; the next use of it says so.
        }
    }

    private static ServerMessage messageOf(ISQLServerMessage message) {
        return new ServerMessage(
                message.getErrorNumber(),
                message.getErrorSeverity(),
                message.getErrorState(),
                message.getErrorMessage());
    }

    /// Adds the errors that the driver threw and the handler did not hear of.
    private static void noteErrors(SQLException thrown, List<ServerMessage> messages) {
        for (SQLException e = thrown; e != null; e = e.getNextException()) {
            int number = e.getErrorCode();
            boolean known = messages.stream().anyMatch(message -> message.number() == number);
            if (number != 0 && !known) {
                messages.add(new ServerMessage(number, 16, 1, String.valueOf(e.getMessage())));
            }
        }
    }

    /// Cancels what runs now, with an attention. Without effect when nothing runs.
    public void cancel() {
        Statement statement = running;
        if (statement != null) {
            try {
                statement.cancel();
            } catch (SQLException e) {
                // It ended on its own at this moment, or the connection is gone: either way its thread hears
                // of it.
            }
        }
    }

    /// Runs a statement that has no rows.
    ///
    /// **Errors:** [SqlServerUnavailable].
    public void execute(String sql) {
        try (Statement statement = connection.createStatement()) {
            statement.setQueryTimeout(answers);
            try (Deadline _ = deadline(answers)) {
                statement.execute(sql);
            }
        } catch (SQLException e) {
            throw failed("A statement", sql, e);
        }
    }

    /// Runs a statement with values, which has no rows.
    ///
    /// **Errors:** [SqlServerUnavailable].
    public void update(String sql, List<?> parameters) {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setQueryTimeout(answers);
            for (int i = 0; i < parameters.size(); i++) {
                statement.setObject(i + 1, parameters.get(i));
            }
            try (Deadline _ = deadline(answers)) {
                statement.execute();
            }
        } catch (SQLException e) {
            throw failed("A statement", sql, e);
        }
    }

    /// The rows of a query.
    ///
    /// **Errors:** [SqlServerUnavailable], also when there is no answer within [SqlServer#answers()]; the
    /// session goes on then.
    public List<Row> query(String sql, Object... parameters) {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setQueryTimeout(answers);
            for (int i = 0; i < parameters.length; i++) {
                statement.setObject(i + 1, parameters[i]);
            }
            try (Deadline _ = deadline(answers);
                    ResultSet rows = statement.executeQuery()) {
                return Row.all(rows);
            }
        } catch (SQLException e) {
            throw failed("A query", sql, e);
        }
    }

    /// A server that is frozen does not even hear that a query is cancelled, and the driver waits for it to say
    /// so: then the line is cut.
    private Deadline deadline(int seconds) {
        return Deadline.in(Duration.ofSeconds(seconds).plus(FOR_THE_CANCEL), () -> CuttableSockets.cut(sockets));
    }

    private boolean isClosed() {
        try {
            return connection.isClosed();
        } catch (SQLException e) {
            return true;
        }
    }

    private SqlServerUnavailable failed(String kind, String sql, SQLException e) {
        String attempted = "%s on %s (%s)".formatted(kind, address, firstLine(sql));
        return e instanceof SQLTimeoutException && !isClosed()
                ? SqlServerUnavailable.blocked(attempted, answers, e)
                : new SqlServerUnavailable(attempted, e.getErrorCode(), e);
    }

    private static String firstLine(String sql) {
        return sql.strip().lines().findFirst().orElse("");
    }

    /// Whether SQL Server still answers on this session, and so whether the session's locks are still held.
    public boolean alive() {
        try (Deadline _ = deadline(ALIVE_WITHIN)) {
            return connection.isValid(ALIVE_WITHIN);
        } catch (SQLException e) {
            return false;
        }
    }

    /// Cuts the connection under the statement that runs on it. From any thread; returns at once.
    public void abandon() {
        CuttableSockets.cut(sockets);
        // The driver may wait here for the thread that reads; the caller must not wait for the driver.
        Thread.ofVirtual().name("sluice-abandon").start(() -> {
            try {
                connection.abort(Runnable::run);
            } catch (SQLException e) {
                // It is gone already.
            }
        });
    }

    @Override
    public void close() {
        try {
            connection.close();
        } catch (SQLException e) {
            // Closing is the end of it either way; the server drops the session with its connection.
        } finally {
            CuttableSockets.forget(sockets);
        }
    }
}
