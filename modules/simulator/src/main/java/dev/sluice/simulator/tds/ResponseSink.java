package dev.sluice.simulator.tds;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a running batch has to say, in the order in which it says it.
///
/// A batch is a run of statements. Each says messages, perhaps one result set ([#resultSet], any number of
/// [#row]), and ends with one of the `done` methods. A batch that ends without `done` is closed for it.
///
/// **Threading:** the thread that runs the batch, and only until [SqlSession#execute] returns.
///
/// **Backpressure:** methods block while the client does not read.
///
/// **Errors:** [SessionEnded] from any method when the client cannot be reached any more;
/// [IllegalStateException] for a wrong order, [IllegalArgumentException] for a value that does not fit its
/// column. The latter two leave the response as it was before the call.
public interface ResponseSink {

    /// Reaches the client at once. An error marks the statement as failed; class 20 and above ends the session,
    /// and every later call throws.
    void message(SqlMessage message);

    /// Begins a result set.
    void resultSet(List<Column> columns);

    /// One row: a value, or null, for every column.
    void row(@Nullable Object... values);

    /// The statement has ended. After a result set the client gets its number of rows, otherwise no count.
    void done();

    /// The statement has ended and changed so many rows.
    void done(long rowCount);

    /// Lets the client see the end of the last statement and the last rows now. Only for a batch with more to
    /// come, before something slow: otherwise the last `done` waits for the next word, as the last one of a
    /// response is marked.
    void flush();

    /// The session works in another database.
    void databaseChanged(String from, String to);

    /// The session speaks another language.
    void languageChanged(String from, String to);

    /// A transaction began.
    ///
    /// @param descriptor its number, which the client repeats in its requests
    void transactionBegun(long descriptor);

    void transactionCommitted(long descriptor);

    void transactionRolledBack(long descriptor);

    /// The value of a parameter that the batch declares as output. Sent when the batch has ended; the last
    /// value counts.
    ///
    /// @throws IllegalArgumentException when there is no such output parameter
    void output(String name, @Nullable Object value);

    /// What a procedure returns; 0 when nothing is said. Plain batches have none.
    void returnStatus(int status);
}
