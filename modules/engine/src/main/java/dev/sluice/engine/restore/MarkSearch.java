package dev.sluice.engine.restore;

import dev.sluice.engine.inventory.Inventory;
import dev.sluice.engine.plan.RestoreTarget;
import dev.sluice.engine.run.ControlCharacters;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.Failures;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.sql.LogMarks;
import dev.sluice.engine.sql.SqlServerUnavailable;
import dev.sluice.engine.sql.SqlSession;
import java.time.Duration;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/// Finds out which marked transaction is meant, and where in the log it is.
///
/// SQL Server stops at the first mark of a name that it finds, at or behind the time of AFTER. Which one that
/// is would depend on the backup that the restore begins with, so a name that several marks have needs AFTER.
final class MarkSearch {

    /// What SQL Server takes for an LSN rather than for a name.
    private static final String LSN = "lsn:";

    private static final int LONGEST = 128;
    private static final int MOST_TOLD = 5;

    /// More than a `datetime` is rounded by. No document says whether SQL Server compares the rounded time.
    private static final Duration ROUNDING = Duration.ofMillis(10);

    private final Environment env;
    private final Inventory inventory;
    private final RestoreOrder.Point.Mark mark;

    MarkSearch(Environment env, Inventory inventory, RestoreOrder.Point.Mark mark) {
        this.env = env;
        this.inventory = inventory;
        this.mark = mark;
        requireName();
    }

    private void requireName() {
        String name = mark.name();
        if (name.isBlank()
                || name.length() > LONGEST
                || ControlCharacters.first(name).isPresent()) {
            throw usage(
                    "'%s' is no name of a mark".formatted(name.replaceAll("\\p{Cntrl}", "?")),
                    String.format(
                            Locale.ROOT, "Write the name that BEGIN TRANSACTION had, up to %d letters.", LONGEST));
        }
        if (name.toLowerCase(Locale.ROOT).startsWith(LSN)) {
            throw usage(
                    "'%s' is an LSN to SQL Server, and no name of a mark".formatted(name),
                    "Write --to %s for everything before that LSN.".formatted(name));
        }
    }

    /// @param from from when on marks count
    /// @return empty when neither msdb nor the order tells where to look
    Optional<RestoreTarget> target(Optional<RestoreTarget> from) {
        Optional<RestoreTarget.At> after = from.map(this::instant);
        LocalDateTime first = after.map(RestoreTarget.At::stopAt).orElse(LocalDateTime.MIN);
        List<LogMarks.Mark> known =
                known().stream().filter(each -> !each.at().isBefore(first)).toList();
        if (known.size() > 1 && after.isEmpty()) {
            throw usage(
                    "%s marks of %s have the name '%s', the first ones at %s"
                            .formatted(
                                    known.size(),
                                    inventory.database(),
                                    mark.name(),
                                    known.stream()
                                            .limit(MOST_TOLD)
                                            .map(each -> each.at().toString())
                                            .collect(Collectors.joining(", "))),
                    "Say --mark-after with a time before the one that you mean, and behind those before it. These times are"
                            + " SQL Server's own.");
        }
        if (known.isEmpty()) {
            return after.map(
                    at -> new RestoreTarget.Marked(mark.name(), mark.within(), at.stopAt(), at.instant(), null));
        }
        LogMarks.Mark meant = known.getFirst();
        // From shortly before its own time, because the log may have an earlier one that this server's msdb does not
        // know: one that another replica made.
        return Optional.of(new RestoreTarget.Marked(
                mark.name(),
                mark.within(),
                shortlyBefore(meant.at(), after),
                inventory.time().instant(meant.at()),
                meant.lsn()));
    }

    private static LocalDateTime shortlyBefore(LocalDateTime mark, Optional<RestoreTarget.At> after) {
        LocalDateTime before = mark.minus(ROUNDING);
        return after.map(RestoreTarget.At::stopAt).filter(before::isBefore).orElse(before);
    }

    private RestoreTarget.At instant(RestoreTarget from) {
        if (from instanceof RestoreTarget.At at) {
            return at;
        }
        throw usage(
                "the time behind which a mark counts is an instant, not '%s'".formatted(mark.after()),
                "Write it with its offset, such as 2026-03-01T10:42:00+01:00.");
    }

    private List<LogMarks.Mark> known() {
        try (SqlSession session = env.server().connect()) {
            return LogMarks.of(session, inventory.database(), mark.name());
        } catch (SqlServerUnavailable e) {
            throw Failures.sqlServer(e, env, "msdb");
        }
    }

    private OperationFailed usage(String what, String hint) {
        return new OperationFailed(FailureId.USAGE, what, "database " + inventory.database(), hint, null);
    }
}
