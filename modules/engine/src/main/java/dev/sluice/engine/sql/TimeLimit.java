package dev.sluice.engine.sql;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A limit for what neither Java nor the driver limits in a way that can be set.
final class TimeLimit {

    private static final Logger log = LoggerFactory.getLogger(TimeLimit.class);

    private TimeLimit() {}

    /// What connects.
    @FunctionalInterface
    interface Work {
        Connection connect() throws SQLException;
    }

    /// Connects on a virtual thread, whose blocking reads an interrupt ends: it closes their sockets. The
    /// caller's own interrupt is kept for later, as the driver does.
    ///
    /// **Ownership:** the caller closes the connection. One that is made after the limit is closed here.
    ///
    /// @param afterGivenUp runs when the limit was reached and the thread has ended, whatever it did meanwhile
    static Connection connect(Duration limit, Work work, Runnable afterGivenUp) throws SQLException, TimeoutException {
        CompletableFuture<Connection> result = new CompletableFuture<>();
        Thread worker = Thread.ofVirtual().name("connecting").start(() -> {
            try {
                Connection connection = work.connect();
                if (!result.complete(connection)) {
                    connection.close();
                }
            } catch (SQLException | RuntimeException e) {
                if (!result.completeExceptionally(e)) {
                    log.atDebug().setCause(e).log("connecting was given up before");
                }
            } catch (Error e) {
                result.completeExceptionally(e);
                throw e;
            } finally {
                if (result.isCancelled()) {
                    afterGivenUp.run();
                }
            }
        });
        try {
            return await(result, System.nanoTime() + limit.toNanos());
        } catch (TimeoutException e) {
            if (result.cancel(false)) {
                worker.interrupt();
                throw e;
            }
            return result(result);
        } catch (ExecutionException e) {
            throw thrown(e);
        }
    }

    /// It ended in the moment in which its time was over.
    private static Connection result(CompletableFuture<Connection> ended) throws SQLException {
        try {
            return await(ended, System.nanoTime());
        } catch (ExecutionException e) {
            throw thrown(e);
        } catch (TimeoutException | CancellationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static SQLException thrown(ExecutionException e) {
        return switch (e.getCause()) {
            case SQLException cause -> cause;
            case RuntimeException cause -> throw cause;
            case Error cause -> throw cause;
            case null, default -> throw new IllegalStateException(e);
        };
    }

    /// Waits for what another thread does. The caller's own interrupt is kept for later.
    ///
    /// @param deadline by [System#nanoTime()]
    static <T> T await(Future<T> result, long deadline) throws ExecutionException, TimeoutException {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return result.get(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
