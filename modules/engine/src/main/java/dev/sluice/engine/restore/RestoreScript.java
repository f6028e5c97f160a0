package dev.sluice.engine.restore;

import static dev.sluice.engine.sql.Tsql.literal;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.engine.files.FetchRun;
import dev.sluice.engine.run.ControlCharacters;
import dev.sluice.engine.run.Counted;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.stream.Collectors;

/// A restore as T-SQL alone: for the day on which there is SQL Server, the plain files, and no Sluice.
///
/// The names in it come from people, from the server and from the bucket, and the script is read by clients that
/// look at its text before SQL Server does: they end a batch at a line that says `GO`, wherever it stands, and
/// sqlcmd replaces `$(NAME)`, in literals too. So no line of it holds a line break, another control character,
/// or `$(`; a restore that needs such a name is refused. RESTORE takes no expression where it takes a name, and
/// `sluice restore`, which talks to SQL Server itself, needs no client.
public final class RestoreScript {

    private static final String VARIABLE = "$(";

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

    /// **Errors:** [OperationFailed], id `script-unsafe`, when a name would make a client read something else.
    static String of(RestoreRequest request, Placement placement, Source source) {
        List<String> lines = new ArrayList<>();
        lines.add(String.format(
                Locale.ROOT,
                "-- Restores %s from %s. Run it in master, statement by statement, and stop at the first error.",
                request.database(),
                Counted.of(request.backups().size(), "backup")));
        switch (source) {
            case Source.Disk(String directory) ->
                lines.add("-- The files: sluice fetch ID %s for each ID below.".formatted(directory));
            case Source.Url(String root) ->
                lines.add("-- Needs a version of SQL Server that restores from S3, and its credential for %s"
                        .formatted(root));
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
                lines.add("-- " + statement + ";");
            }
        }
        lines.forEach(line -> refuseTricks(line, request.database()));
        return String.join("\n", lines) + "\n";
    }

    private static void refuseTricks(String line, String database) {
        OptionalInt control = ControlCharacters.first(line);
        if (control.isPresent()) {
            throw RestoreFailures.unsafeScript(
                    database,
                    String.format(
                            Locale.ROOT,
                            "a line of it would hold the control character U+%04X, which the client would act on: %s",
                            control.getAsInt(),
                            line));
        }
        if (line.contains(VARIABLE)) {
            throw RestoreFailures.unsafeScript(
                    database,
                    "a line of it would hold '%s', which sqlcmd takes for a variable: %s".formatted(VARIABLE, line));
        }
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
}
