package dev.sluice.simulator.tds;

/// One client's session: what `@@SPID` numbers.
///
/// **Threading:** every method is called on the session's one thread, never two at once. Only what was
/// registered with a [Cancellation] comes from other threads.
public interface SqlSession extends AutoCloseable {

    /// The database that the session works in now.
    String database();

    /// The language that the session speaks now, as in `@@LANGUAGE`.
    String language();

    /// Runs one batch and returns when its last statement has ended.
    ///
    /// Failing SQL is not an exception here but an error message in `out`. After a cancel the method returns as
    /// soon as it can, with or without having said so: the protocol adds the words that the client expects.
    ///
    /// **Threading:** the thread's interrupt status is cleared afterwards, so `cancellation` may interrupt it.
    ///
    /// **Errors:** [SessionEnded] from `out` passes through. Any other exception is a defect of the engine: the
    /// client gets error 50000, the log the stack trace, and the session goes on.
    ///
    /// @throws InterruptedException when a cancel interrupted it
    void execute(Batch batch, ResponseSink out, Cancellation cancellation) throws InterruptedException;

    /// Puts the session back to its state after login, as `sp_reset_connection` does: connection pools ask for
    /// that with the first request after they lend a connection again.
    ///
    /// @param keepTransaction whether an open transaction survives
    /// @param out where the session says that its database or language changed back
    void reset(boolean keepTransaction, ResponseSink out);

    /// The client is gone, or the server is closing. Nothing is called afterwards.
    @Override
    void close();
}
