package dev.sluice.engine.sql;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A limit for connecting where neither Java nor the driver has one that can be set.
final class TimeLimit {

    private static final Logger log = LoggerFactory.getLogger(TimeLimit.class);

    private TimeLimit() {}

    /// What connects.
    @FunctionalInterface
    interface Work {
        Connection connect() throws SQLException, TicketUnavailable;
    }

    /// Connects on a virtual thread, whose blocking reads an interrupt ends: it closes their sockets. The
    /// caller's own interrupt is kept for later, as the driver does.
    ///
    /// **Ownership:** the caller closes the connection. One that is made after the limit is closed here.
    static Connection connect(Duration limit, Work work) throws SQLException, TicketUnavailable, TimeoutException {
        CompletableFuture<Connection> result = new CompletableFuture<>();
        Thread worker = Thread.ofVirtual().name("connecting").start(() -> {
            try {
                Connection connection = work.connect();
                if (!result.complete(connection)) {
                    connection.close();
                }
            } catch (SQLException | TicketUnavailable | RuntimeException e) {
                if (!result.completeExceptionally(e)) {
                    log.atDebug().setCause(e).log("connecting was given up before");
                }
            } catch (Error e) {
                result.completeExceptionally(e);
                throw e;
            }
        });
        return await(result, limit, worker);
    }

    private static Connection await(CompletableFuture<Connection> result, Duration limit, Thread worker)
            throws SQLException, TicketUnavailable, TimeoutException {
        long deadline = System.nanoTime() + limit.toNanos();
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return result.get(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
                } catch (InterruptedException e) {
                    interrupted = true;
                } catch (TimeoutException e) {
                    if (result.completeExceptionally(e)) {
                        worker.interrupt();
                        throw e;
                    }
                } catch (ExecutionException e) {
                    switch (e.getCause()) {
                        case SQLException cause -> throw cause;
                        case TicketUnavailable cause -> throw cause;
                        case RuntimeException cause -> throw cause;
                        case Error cause -> throw cause;
                        case null, default -> throw new IllegalStateException(e);
                    }
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
