package dev.sluice.engine.backup;

import dev.sluice.catalog.BackupType;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.sql.ServerDatabases;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/// Which of a server's databases are backed up.
///
/// @param takes whether a database of this name is meant
/// @param named the names that a person has written out. What cannot be backed up is left out otherwise, and fails here
public record DatabaseSelection(Predicate<String> takes, Set<String> named) {

    /// Some servers tell upper and lower case apart.
    private static final Comparator<String> BY_NAME =
            String.CASE_INSENSITIVE_ORDER.thenComparing(Comparator.naturalOrder());

    public DatabaseSelection {
        named = Set.copyOf(named);
    }

    /// @param chosen  the databases to back up, by name
    /// @param leftOut those that are meant, and of which there can be no such backup now
    public record Chosen(List<String> chosen, List<BackupsReport.LeftOut> leftOut) {}

    /// In the order of their names. A name that is written out and that the server does not have is chosen too: its
    /// backup fails and says so.
    ///
    /// **Errors:** [OperationFailed] `no-such-database` when no database is meant.
    public Chosen from(List<ServerDatabases.Listed> all, BackupType type) {
        Set<String> chosen = new TreeSet<>(BY_NAME);
        List<BackupsReport.LeftOut> leftOut = new ArrayList<>();
        for (ServerDatabases.Listed one : all) {
            if (!takes.test(one.name())) {
                continue;
            }
            if (isNamed(one.name())) {
                chosen.add(one.name());
            } else if (!one.online()) {
                leftOut.add(new BackupsReport.LeftOut(one.name(), "it is not ONLINE"));
            } else if (!one.allows(type)) {
                leftOut.add(new BackupsReport.LeftOut(
                        one.name(),
                        one.name().equals("master")
                                ? "SQL Server takes only full backups of it"
                                : "its recovery model is SIMPLE"));
            } else {
                chosen.add(one.name());
            }
        }
        named.stream()
                .filter(name -> all.stream().noneMatch(one -> one.name().equalsIgnoreCase(name)))
                .forEach(chosen::add);
        if (chosen.isEmpty() && leftOut.isEmpty()) {
            throw new OperationFailed(
                    FailureId.NO_SUCH_DATABASE, "No database of the server has such a name", "SQL Server", null);
        }
        leftOut.sort(Comparator.comparing(BackupsReport.LeftOut::database));
        return new Chosen(List.copyOf(chosen), leftOut);
    }

    private boolean isNamed(String database) {
        return named.stream().anyMatch(database::equalsIgnoreCase);
    }
}
