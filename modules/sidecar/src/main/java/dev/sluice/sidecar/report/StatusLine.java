package dev.sluice.sidecar.report;

import dev.sluice.engine.run.ControlCharacters;
import java.io.Console;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The line on standard error that says how far something is: redrawn in place on a terminal, a new line every few
/// seconds elsewhere.
///
/// **Threading:** any thread.
public final class StatusLine implements AutoCloseable {

    private static final Duration REDRAWN = Duration.ofMillis(200);
    private static final Duration LOGGED = Duration.ofSeconds(5);

    private final PrintWriter err;
    private final boolean terminal;
    private @Nullable ScheduledExecutorService clock;
    private boolean drawn;

    public StatusLine(PrintWriter err) {
        this.err = err;
        this.terminal =
                Optional.ofNullable(System.console()).map(Console::isTerminal).orElse(false);
    }

    /// Shows a line again and again from here on, in place of the one before.
    public synchronized void show(Supplier<String> line) {
        stop();
        ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name("sluice-progress").factory());
        clock = timer;
        long period = (terminal ? REDRAWN : LOGGED).toMillis();
        var _ = timer.scheduleAtFixedRate(() -> draw(line.get()), period, period, TimeUnit.MILLISECONDS);
    }

    private synchronized void draw(String line) {
        if (clock == null) {
            return; // it was about to be drawn when it was closed
        }
        // Names of databases come from servers.
        String shown = ControlCharacters.escaped(line);
        if (terminal) {
            err.print("\r" + shown + "\u001b[K");
            drawn = true;
        } else {
            err.println(shown);
        }
        err.flush();
    }

    /// Prints something else, which the line stands under afterwards.
    public synchronized void above(Runnable print) {
        if (drawn) {
            err.print("\r\u001b[K");
            err.flush();
            drawn = false;
        }
        print.run();
    }

    private void stop() {
        if (clock != null) {
            clock.shutdownNow();
            clock = null;
        }
    }

    @Override
    public synchronized void close() {
        stop();
        above(() -> {});
    }
}
