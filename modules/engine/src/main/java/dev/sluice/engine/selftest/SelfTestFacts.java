package dev.sluice.engine.selftest;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.engine.restore.RestoreOrder.Point;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.sql.Row;
import dev.sluice.engine.sql.ServerMessage;
import dev.sluice.engine.sql.SqlSession;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Answers to what the documents leave open about T-SQL, as far as a restored copy shows it.
///
/// **Threading:** the self-test's thread.
final class SelfTestFacts {

    private final SelfTestWork work;
    private final Map<OpenQuestion, QuestionAnswer> answers;

    /// @param answers are added to it
    SelfTestFacts(SelfTestWork work, Map<OpenQuestion, QuestionAnswer> answers) {
        this.work = work;
        this.answers = answers;
    }

    private void observed(OpenQuestion question, String text) {
        answers.put(question, new QuestionAnswer.Observed(text));
    }

    /// What DBCC CHECKDB says of a sound database, by number and severity.
    void checkMessages(String copy) {
        observed(
                OpenQuestion.CHECKDB_MESSAGES,
                "with NO_INFOMSGS: %s; without: %s"
                        .formatted(
                                numbers(work.check(copy, "NO_INFOMSGS, ALL_ERRORMSGS")),
                                numbers(work.check(copy, "ALL_ERRORMSGS"))));
    }

    /// Messages by number and severity, without their texts, in which names may be.
    static String numbers(List<ServerMessage> messages) {
        return messages.isEmpty()
                ? "no message"
                : messages.stream()
                        .map(message -> "%s (severity %s)".formatted(message.number(), message.severity()))
                        .distinct()
                        .collect(Collectors.joining(", "));
    }

    /// Where recovery has begun a fork, beside the end of the last log that was restored.
    void forkPoint(String copy, BackupDocument last) {
        List<Row> rows = rows(
                "SELECT r.fork_point_lsn FROM sys.database_recovery_status r INNER JOIN sys.databases d"
                        + " ON d.database_id = r.database_id WHERE d.name = ?",
                copy);
        observed(
                OpenQuestion.FORK_POINT,
                rows.stream()
                        .flatMap(row -> row.optionalLsn("fork_point_lsn").stream())
                        .findFirst()
                        .map(point -> "it is %s the last_lsn of the last backup"
                                .formatted(
                                        switch (Integer.signum(point.compareTo(last.lastLsn()))) {
                                            case 0 -> "equal to";
                                            case 1 -> "behind";
                                            default -> "before";
                                        }))
                        .orElse("it is NULL"));
    }

    /// A restore that stops before an LSN within a log backup: the one at which a differential began, which is
    /// surely that of a record.
    ///
    /// @param least rows that were there when the differential before it was taken
    /// @param most  rows that were there when this one began
    void stopAtLsn(BackupDocument differential, long least, long most) {
        try {
            work.restored(new Point.At("lsn:" + differential.firstLsn()), least, most, copy -> {
                observed(
                        OpenQuestion.STOP_AT_LSN,
                        rows("SELECT * FROM msdb.dbo.restorehistory WHERE destination_database_name = ?", copy).stream()
                                .map(SelfTestFacts::stop)
                                .collect(Collectors.joining(" | ")));
            });
        } catch (OperationFailed e) {
            answers.put(
                    OpenQuestion.STOP_AT_LSN,
                    new QuestionAnswer.NotReached("the restore did not succeed: " + e.getMessage()));
        }
    }

    private static String stop(Row row) {
        String kind = row.optionalText("restore_type").orElse("?").strip();
        return Stream.of("stop_at", "stop_at_mark_name", "stop_before")
                .filter(row::has)
                .map(column -> column + (row.isNull(column) ? " NULL" : " not NULL"))
                .collect(Collectors.joining(", ", kind + ": ", ""));
    }

    private List<Row> rows(String sql, String name) {
        try (SqlSession session = work.own().server().connect()) {
            return session.query(sql, name);
        }
    }
}
