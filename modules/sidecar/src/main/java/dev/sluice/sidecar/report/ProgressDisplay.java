package dev.sluice.sidecar.report;

import dev.sluice.engine.restore.RestoreCheck;
import dev.sluice.engine.restore.RestoreObserver;
import dev.sluice.engine.run.ControlCharacters;
import dev.sluice.engine.run.RunProgress;
import dev.sluice.engine.sql.ServerMessage;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;

/// Shows a run while it lasts, on standard error: one line that is redrawn on a terminal, a line every few
/// seconds elsewhere.
public final class ProgressDisplay implements RestoreObserver, AutoCloseable {

    private static final int BAR = 24;

    /// Progress, pages of a file, success, and changes of the session's context.
    private static final Set<Integer> ROUTINE =
            Set.of(ServerMessage.PERCENT, 4035, ServerMessage.PROCESSED, 5701, 5703);

    private final PrintWriter err;
    private final String verb;
    private final StatusLine status;
    private volatile Consumer<RestoreCheck> shown = _ -> {};

    /// @param verb what is being done, as the first word of the line: `backup`, `restore`
    public ProgressDisplay(PrintWriter err, String verb) {
        this.err = err;
        this.verb = verb;
        this.status = new StatusLine(err);
    }

    /// What else is shown of a restore, before its bytes flow.
    public ProgressDisplay showing(Consumer<RestoreCheck> check) {
        shown = check;
        return this;
    }

    @Override
    public void checked(RestoreCheck check) {
        shown.accept(check);
    }

    @Override
    public void streaming(String id, RunProgress progress) {
        // A second backup, which heals the chain, has its own progress.
        status.show(() -> line(verb, progress.bytes(), progress.seconds(), fraction(progress), progress.waiting()));
    }

    /// What SQL Server says beside the routine: a warning must not wait for the end. Errors are told with the
    /// failure.
    @Override
    public void said(ServerMessage message) {
        if (!message.isError() && !ROUTINE.contains(message.number())) {
            status.above(() -> {
                err.println("SQL Server: " + ControlCharacters.escaped(message.text()));
                err.flush();
            });
        }
    }

    /// How far a run is, from 0 to 1.
    public static double fraction(RunProgress progress) {
        if (progress.percent() > 0) {
            return progress.percent() / 100.0;
        }
        return progress.expectedBytes() == 0 ? 0 : Math.min(1, (double) progress.bytes() / progress.expectedBytes());
    }

    static String line(String verb, long bytes, double seconds, double fraction, RunProgress.Waiting waiting) {
        int filled = (int) Math.round(fraction * BAR);
        String eta = fraction > 0.01 ? "ETA " + clock(seconds / fraction - seconds) : "ETA unknown";
        String on = switch (waiting) {
            case SQL_SERVER -> "waiting for SQL Server";
            case MEMORY -> "waiting for memory, which S3 holds";
            case STORE -> "waiting for S3";
            case NOTHING -> "finishing";
        };
        return String.format(
                Locale.ROOT,
                "%s [%s%s] %3.0f%%  %s  %s/s  %s  %s",
                verb,
                "#".repeat(filled),
                "-".repeat(BAR - filled),
                100 * fraction,
                ByteSize.format(bytes),
                ByteSize.format(Math.round(bytes / Math.max(seconds, 0.001))),
                eta,
                on);
    }

    private static String clock(double seconds) {
        long total = Math.max(0, Math.round(seconds));
        return total < 3600
                ? String.format(Locale.ROOT, "%d:%02d", total / 60, total % 60)
                : String.format(Locale.ROOT, "%d:%02d:%02d", total / 3600, total / 60 % 60, total % 60);
    }

    @Override
    public void close() {
        status.close();
    }
}
