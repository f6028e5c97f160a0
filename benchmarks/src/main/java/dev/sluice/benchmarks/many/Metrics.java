package dev.sluice.benchmarks.many;

import java.time.Clock;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.DoubleStream;

/// What `/metrics` said at one moment.
record Metrics(List<String> lines, double at) {
    private static final double MILLIS = 1_000;

    static Metrics of(String text) {
        return new Metrics(text.lines().toList(), Clock.systemUTC().millis() / MILLIS);
    }

    long good(String type) {
        return (long) values("runs_total", "type=\"" + type + "\"", "outcome=\"good\"")
                .sum();
    }

    long failed() {
        return (long) values("runs_total", "outcome=\"failed\"").sum()
                + (long) values("runs_total", "outcome=\"unconfirmed\"").sum();
    }

    long requests() {
        return (long) values("s3_requests_total").sum();
    }

    /// Seconds since the oldest of the databases' last log backups ended.
    double oldestLog() {
        return at
                - values("last_success_timestamp_seconds", "type=\"log\"")
                        .filter(when -> when > 0)
                        .min()
                        .orElse(at);
    }

    private DoubleStream values(String name, String... labels) {
        Pattern line = Pattern.compile("mssql_backup_" + name + "(\\{[^}]*})? (\\S+)");
        return lines.stream()
                .map(line::matcher)
                .filter(Matcher::matches)
                .filter(match -> List.of(labels).stream()
                        .allMatch(label ->
                                match.group(1) != null && match.group(1).contains(label)))
                .mapToDouble(match -> Double.parseDouble(match.group(2)));
    }
}
