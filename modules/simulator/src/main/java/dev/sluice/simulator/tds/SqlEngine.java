package dev.sluice.simulator.tds;

/// Answers SQL: the simulator's engine, or a few lines in a test.
///
/// **Threading:** called by many sessions' threads at once.
public interface SqlEngine {

    /// Lets a client in, or says why not.
    ///
    /// **Ownership:** the caller closes the session, exactly once, on every path.
    ///
    /// **Threading:** runs on the session's own thread, which is interrupted when the server closes meanwhile.
    ///
    /// @param login who asks
    /// @param link the line to that client, for faults and for `KILL`; valid as long as the session
    /// @throws LoginRejected when the client must not come in; the client gets its message, and the line is
    ///     closed
    SqlSession login(Login login, ClientLink link) throws LoginRejected, InterruptedException;
}
