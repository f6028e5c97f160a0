package dev.sluice.engine;

import static dev.sluice.engine.sql.Tsql.literal;

import dev.sluice.catalog.BackupDocument;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/// A restore as T-SQL alone: for the day on which there is SQL Server, the plain files, and no Sluice.
public final class RestoreScript {

    private RestoreScript() {}

    /// Where the files will be.
    public sealed interface Source {

        /// In a directory on the server, as `sluice fetch ID DIR` leaves them.
        record Disk(String directory) implements Source {}

        /// In the bucket, for a version of SQL Server that reads from S3 itself, given a credential for the URL.
        ///
        /// @param root `s3://host:port/bucket/prefix`
        record Url(String root) implements Source {}
    }

    static String of(RestoreRequest request, Placement placement, Source source) {
        List<String> lines = new ArrayList<>();
        lines.add(String.format(
                Locale.ROOT,
                "-- Restores %s from %d backups. Run it in master, statement by statement, and stop at the first error.",
                comment(request.database()),
                request.backups().size()));
        switch (source) {
            case Source.Disk(String directory) ->
                lines.add("-- The files: sluice fetch ID %s for each ID below.".formatted(comment(directory)));
            case Source.Url(String root) ->
                lines.add("-- Needs a version of SQL Server that restores from S3, and its credential for %s"
                        .formatted(comment(root)));
        }
        int done = 0;
        for (RestoreStep step : request.steps()) {
            switch (step) {
                case RestoreStep.Open open ->
                    lines.add(RestoreStatement.open(request.database(), open.recovery()) + ";");
                case RestoreStep.Read read -> {
                    boolean first = done++ == 0 && request.existing() != RestoreRequest.Existing.CONTINUE;
                    lines.add("-- %s %s, %s"
                            .formatted(
                                    read.backup().type(),
                                    read.backup().backupId(),
                                    read.backup().finishedAt()));
                    lines.add(statement(read, request, placement, first, source) + ";");
                }
            }
        }
        if (!request.spare().isEmpty()) {
            lines.add("-- Only if the database is still RESTORING:");
            for (RestoreStep step : request.spare()) {
                String statement = switch (step) {
                    case RestoreStep.Open open -> RestoreStatement.open(request.database(), open.recovery());
                    case RestoreStep.Read read -> statement(read, request, placement, false, source);
                };
                // A name may have several lines, and each must be one of the comment.
                lines.add("-- " + statement.replaceAll("\\R", "\n-- ") + ";");
            }
        }
        return String.join("\n", lines) + "\n";
    }

    private static String statement(
            RestoreStep.Read read, RestoreRequest request, Placement placement, boolean first, Source source) {
        return RestoreStatement.of(
                read,
                request.database(),
                files(read.backup(), source),
                placement.moves(read.backup()),
                first && request.existing().replaces(),
                List.of());
    }

    private static String files(BackupDocument backup, Source source) {
        return backup.stripes().stream()
                .map(stripe -> switch (source) {
                    case Source.Disk(String directory) ->
                        "DISK = " + literal(separated(directory) + FetchRun.fileName(backup, stripe));
                    case Source.Url(String root) -> {
                        if (stripe.segments().size() != 1) {
                            throw RestoreFailures.segmented(backup.backupId());
                        }
                        yield "URL = "
                                + literal(root + "/"
                                        + stripe.segments().getFirst().key());
                    }
                })
                .collect(Collectors.joining(", "));
    }

    private static String separated(String directory) {
        if (directory.endsWith("/") || directory.endsWith("\\")) {
            return directory;
        }
        return directory + (directory.contains("\\") ? "\\" : "/");
    }

    /// What people have named cannot end a comment and go on as a statement.
    private static String comment(String text) {
        return text.replaceAll("\\R", " ");
    }
}
