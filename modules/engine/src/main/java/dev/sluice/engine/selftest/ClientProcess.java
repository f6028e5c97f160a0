package dev.sluice.engine.selftest;

import java.io.BufferedReader;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// A [DoomedClient] under way in its process.
///
/// **Ownership:** the creator closes it, which kills what still lives.
///
/// **Threading:** the self-test's thread.
final class ClientProcess implements AutoCloseable {

    private static final Duration REACHES_WITHIN = Duration.ofMinutes(2);
    private static final Duration POLL = Duration.ofMillis(100);
    private static final int LINES_TOLD = 3;
    private static final int LONGEST_LINE = 200;
    private static final String OVER = "";

    private final Process process;
    private final Runnable goesOn;
    private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
    private final Deque<String> last = new ArrayDeque<>();

    /// There is no client, so that nothing can be said about the server.
    static final class NotThere extends RuntimeException {

        private static final long serialVersionUID = 1L;

        NotThere(String why) {
            super(why);
        }
    }

    private ClientProcess(Process process, Runnable goesOn) {
        this.process = process;
        this.goesOn = goesOn;
        Thread.ofVirtual().name("sluice-client-output").start(this::read);
    }

    /// Starts a client, and waits until its set is there.
    ///
    /// @param goesOn throws when the self-test was cancelled
    ///
    /// **Errors:** [NotThere].
    static ClientProcess start(ClientProcesses clients, DoomedClient.Order order, Runnable goesOn) {
        ClientProcess client;
        try {
            client = new ClientProcess(clients.start(order), goesOn);
        } catch (IOException e) {
            throw new NotThere("this program could not be started again: " + e.getMessage());
        }
        try {
            if (!client.says(DoomedClient.CREATED, () -> false)) {
                throw new NotThere("this program, started again, made no virtual device: " + client.lastWords());
            }
            return client;
        } catch (RuntimeException e) {
            client.close();
            throw e;
        }
    }

    private void read() {
        try (BufferedReader output = process.inputReader()) {
            for (@Nullable String line = output.readLine(); line != null; line = output.readLine()) {
                if (!line.isBlank()) {
                    lines.add(line);
                }
            }
        } catch (IOException e) {
            // It was killed in the middle of a line.
        } finally {
            lines.add(OVER);
        }
    }

    /// Waits until the client holds a command in the middle of the backup.
    ///
    /// @param isOver whether the statement has ended
    void awaitHolding(BooleanSupplier isOver) {
        if (!says(DoomedClient.HOLDING, isOver)) {
            throw new SelfTestFailed("a client in a process of its own did not come to the middle of its backup: "
                    + (isOver.getAsBoolean() ? "the statement ended before; " : "")
                    + lastWords());
        }
    }

    /// Whether the client says this before it ends, the statement does, or the time is up.
    private boolean says(String word, BooleanSupplier isOver) {
        long deadline = System.nanoTime() + REACHES_WITHIN.toNanos();
        while (System.nanoTime() < deadline && !isOver.getAsBoolean()) {
            goesOn.run();
            String line = nextLine();
            if (line == null) {
                continue;
            }
            if (line.equals(word)) {
                return true;
            }
            if (line.equals(OVER)) {
                return false;
            }
            last.addLast(line);
            if (last.size() > LINES_TOLD) {
                last.removeFirst();
            }
        }
        return false;
    }

    private @Nullable String nextLine() {
        try {
            return lines.poll(POLL.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("a run's thread was interrupted; runs are cancelled instead", e);
        }
    }

    private String lastWords() {
        List<String> said = last.stream()
                .map(line -> line.length() > LONGEST_LINE ? line.substring(0, LONGEST_LINE) + "…" : line)
                .toList();
        return (process.isAlive()
                        ? String.format(Locale.ROOT, "it said nothing for %d s", REACHES_WITHIN.toSeconds())
                        : String.format(Locale.ROOT, "it ended with %d", process.exitValue()))
                + (said.isEmpty() ? "" : ": " + String.join(" / ", said));
    }

    /// Kills it by the signal that no process can handle, and returns when it is dead.
    void kill() {
        process.destroyForcibly();
        try {
            if (!process.waitFor(REACHES_WITHIN.toSeconds(), TimeUnit.SECONDS)) {
                throw new SelfTestFailed("a client's process is not dead after kill -9");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("a run's thread was interrupted; runs are cancelled instead", e);
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
