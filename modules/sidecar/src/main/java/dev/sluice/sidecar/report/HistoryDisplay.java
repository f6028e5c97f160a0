package dev.sluice.sidecar.report;

import dev.sluice.sidecar.history.HistoryEntry;
import dev.sluice.sidecar.history.WaitedFor;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Locale;

/// Jobs that are over, a line each.
public final class HistoryDisplay {

    private static final String FORM = "%-20s  %-12s  %-11s  %9s  %10s  %-13s  %s";

    /// What stands above the lines.
    public static final String HEAD =
            FORM.formatted("ENDED", "TYPE", "OUTCOME", "TOOK", "SIZE", "WAITED FOR", "DATABASE");

    private HistoryDisplay() {}

    public static String line(HistoryEntry entry) {
        WaitedFor waited = entry.waitedFor();
        StringBuilder about = new StringBuilder(entry.database());
        if (entry.source() != null) {
            about.append(" (of ").append(entry.source()).append(')');
        }
        if (entry.count() > 1) {
            about.append(String.format(
                    Locale.ROOT,
                    "  %d jobs since %s, the longest %s",
                    entry.count(),
                    entry.began().truncatedTo(ChronoUnit.SECONDS),
                    duration(entry.longest())));
        }
        about.append(
                switch (entry.origin()) {
                    case SCHEDULE -> "";
                    case REQUEST -> "  asked for";
                    case CHAIN -> "  for the chain";
                });
        if (entry.backup() != null) {
            about.append("  ").append(entry.backup());
        }
        if (entry.failure() != null) {
            about.append("  ").append(entry.failure());
        }
        if (entry.text() != null) {
            about.append(": ").append(entry.text().replaceAll("\\s+", " "));
        }
        return FORM.formatted(
                entry.ended().truncatedTo(ChronoUnit.SECONDS),
                entry.type().text(),
                entry.outcomeText(),
                duration(entry.took()),
                ByteSize.format(entry.bytes()),
                waited == null ? "" : "%s %s".formatted(waited.side().text(), duration(waited.stripes())),
                about);
    }

    /// In the two largest units.
    static String duration(Duration duration) {
        if (duration.toSeconds() < 10) {
            return String.format(Locale.ROOT, "%.1fs", duration.toMillis() / 1000.0);
        }
        if (duration.toMinutes() < 1) {
            return String.format(Locale.ROOT, "%ds", duration.toSeconds());
        }
        return duration.toHours() < 1
                ? String.format(Locale.ROOT, "%dm%02ds", duration.toMinutes(), duration.toSecondsPart())
                : String.format(Locale.ROOT, "%dh%02dm", duration.toHours(), duration.toMinutesPart());
    }
}
