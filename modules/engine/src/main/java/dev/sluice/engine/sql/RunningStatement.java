package dev.sluice.engine.sql;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Supplier;

/// A BACKUP or RESTORE under way on a thread and a session of its own: it blocks both from its first byte to its
/// last.
///
/// **Ownership:** ends itself; the session is closed with it.
public final class RunningStatement {

    private final SqlSession session;
    private final CompletableFuture<Verdict> verdict = new CompletableFuture<>();

    private RunningStatement(SqlSession session) {
        this.session = session;
    }

    /// @param name  of the thread
    /// @param heard every message as it arrives, on the statement's thread
    public static RunningStatement start(SqlSession session, String name, String sql, Consumer<ServerMessage> heard) {
        RunningStatement statement = new RunningStatement(session);
        Thread.ofPlatform().name(name).start(() -> statement.run(() -> session.run(sql, heard)));
        return statement;
    }

    /// As [#start], for a RESTORE that only lists something.
    ///
    /// @param rows what it lists, on the statement's thread; not called when it fails before
    public static RunningStatement list(
            SqlSession session, String name, String sql, Consumer<ServerMessage> heard, Consumer<List<Row>> rows) {
        RunningStatement statement = new RunningStatement(session);
        Thread.ofPlatform().name(name).start(() -> statement.run(() -> session.list(sql, heard, rows)));
        return statement;
    }

    private void run(Supplier<Verdict> work) {
        try (session) {
            verdict.complete(work.get());
        } catch (RuntimeException | Error e) {
            verdict.completeExceptionally(e);
        }
    }

    /// Completes when the statement is over.
    public CompletableFuture<Verdict> verdict() {
        return verdict.copy();
    }

    /// Asks SQL Server to stop. The verdict tells what came of it.
    public void cancel() {
        session.cancel();
    }

    /// Gives the connection up: the verdict is [Verdict.Unknown] from here on, even if the driver does not
    /// notice.
    ///
    /// @param why in words
    public void abandon(String why) {
        verdict.complete(Verdict.of(List.of(), why));
        session.abandon();
    }
}
