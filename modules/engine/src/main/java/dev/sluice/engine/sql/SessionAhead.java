package dev.sluice.engine.sql;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;

/// A session that is opened while its user still does something else: a login is a large part of a short command's
/// time.
///
/// **Ownership:** the caller of [#take()] closes what it gets. [#close()] closes the one that was not taken, as soon as
/// it is
/// open.
///
/// **Threading:** any thread.
public final class SessionAhead implements AutoCloseable {

    private final SqlServer server;
    private final CompletableFuture<SqlSession> first = new CompletableFuture<>();
    private final AtomicBoolean taken = new AtomicBoolean();

    /// Begins to connect.
    public SessionAhead(SqlServer server) {
        this.server = server;
        Thread.ofVirtual().name("sluice-connect-ahead").start(() -> {
            try {
                first.complete(server.connect());
            } catch (RuntimeException | Error e) {
                first.completeExceptionally(e);
            }
        });
    }

    /// A session: at first the one that was opened ahead, then new ones.
    ///
    /// **Errors:** those of [SqlServer#connect()].
    public SqlSession take() {
        if (!taken.compareAndSet(false, true)) {
            return server.connect();
        }
        try {
            return first.join();
        } catch (CompletionException e) {
            throw switch (e.getCause()) {
                case RuntimeException failure -> failure;
                case Error error -> throw error;
                case null, default -> e;
            };
        }
    }

    @Override
    public void close() {
        if (taken.compareAndSet(false, true)) {
            var _ = first.thenAccept(SqlSession::close);
        }
    }
}
