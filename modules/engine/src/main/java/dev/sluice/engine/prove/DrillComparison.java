package dev.sluice.engine.prove;

import dev.sluice.engine.plan.Backup;
import dev.sluice.engine.plan.RestorePlan;
import dev.sluice.engine.plan.RestoreTarget;
import dev.sluice.engine.restore.Destination;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.Failures;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.sql.RestoreFacts;
import dev.sluice.engine.sql.Row;
import dev.sluice.engine.sql.ServerFacts;
import dev.sluice.engine.sql.SqlServerUnavailable;
import dev.sluice.engine.sql.SqlSession;
import dev.sluice.engine.sql.Tsql;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;

/// Compares a restored database with what its backups say about it.
///
/// What a server does not tell is not compared, and no difference.
///
/// **Threading:** one thread, which blocks.
///
/// **Errors:** [OperationFailed] `restored-differs` with the first difference.
final class DrillComparison {

    private final Environment env;
    private final SqlSession session;
    private final String database;
    private final String scratch;
    private final List<String> checks = new ArrayList<>();

    /// @param database that the backups are of
    DrillComparison(Environment env, SqlSession session, String database, String scratch) {
        this.env = env;
        this.session = session;
        this.database = database;
        this.scratch = scratch;
    }

    /// @return what was compared, a sentence each
    List<String> compare(RestorePlan plan, List<Destination> files) {
        state();
        family(plan);
        lastSet(plan);
        lastLsn(plan);
        files(files);
        systemTables();
        pageChecksums();
        return checks;
    }

    private void state() {
        String state = ServerFacts.databaseState(session, scratch).orElse("absent");
        require(state.equals("ONLINE"), "It is %s, and should be ONLINE".formatted(state));
    }

    private void family(RestorePlan plan) {
        RestoreFacts.lineage(session, scratch).ifPresent(lineage -> {
            String family = plan.backups().getFirst().family().toString();
            require(
                    lineage.family().equalsIgnoreCase(family),
                    "It is of family %s, and its backups are of %s".formatted(lineage.family(), family));
            checks.add("family " + family);
        });
    }

    /// Msdb's word for the last backup set that was restored. A restore to an instant may end before the plan's
    /// last log, or go on with a spare one.
    private void lastSet(RestorePlan plan) {
        List<Backup> possible = plan.target() instanceof RestoreTarget.At
                ? plan.allBackups()
                : List.of(plan.backups().getLast());
        RestoreFacts.lastRestored(session, scratch).ifPresent(last -> {
            require(
                    possible.stream().anyMatch(backup -> backup.set().toString().equalsIgnoreCase(last.set())),
                    "The last backup set that was restored is %s, and should be %s"
                            .formatted(last.set(), possible.getLast().set()));
            checks.add("last backup set " + last.set());
        });
    }

    /// Recovery begins a fork where the roll forward has ended. No document says whether that is the last
    /// record or the one behind it, so that it is only known to be behind the beginning of the last backup that
    /// has any.
    private void lastLsn(RestorePlan plan) {
        BigInteger least = plan.target() instanceof RestoreTarget.End
                ? plan.backups().reversed().stream()
                        .filter(backup -> backup.firstLsn().compareTo(backup.lastLsn()) < 0)
                        .findFirst()
                        .orElseGet(() -> plan.backups().getFirst())
                        .firstLsn()
                        .toDecimal()
                : plan.backups().getFirst().firstLsn().toDecimal();
        session
                .query(
                        "SELECT r.fork_point_lsn FROM sys.database_recovery_status r"
                                + " INNER JOIN sys.databases d ON d.database_id = r.database_id WHERE d.name = ?",
                        scratch)
                .stream()
                .flatMap(row -> row.optionalLsn("fork_point_lsn").stream())
                .forEach(lsn -> {
                    require(
                            lsn.compareTo(least) >= 0,
                            "Its roll forward ended at LSN %s, before %s, from where its last backup reaches"
                                    .formatted(lsn, least));
                    checks.add("rolled forward to LSN " + lsn);
                });
    }

    private void files(List<Destination> files) {
        Set<String> there = session
                .query(
                        "SELECT f.name FROM sys.master_files f"
                                + " INNER JOIN sys.databases d ON d.database_id = f.database_id WHERE d.name = ?",
                        scratch)
                .stream()
                .map(row -> row.text("name"))
                .collect(Collectors.toCollection(HashSet::new));
        if (there.isEmpty() || files.isEmpty()) {
            return;
        }
        List<String> missing = files.stream()
                .map(Destination::logical)
                .filter(name -> !there.contains(name))
                .toList();
        require(missing.isEmpty(), "It lacks the files " + String.join(", ", missing));
        checks.add(String.format(Locale.ROOT, "%d files", files.size()));
    }

    /// Reading the catalog reads pages. The database itself may have changed since, so that another number
    /// there is said and is no difference.
    private void systemTables() {
        long restored = objects(scratch).orElse(0);
        require(restored > 0, "Its sys.objects cannot be read, or is empty");
        OptionalLong now = objects(database);
        checks.add(
                now.isPresent()
                        ? String.format(
                                Locale.ROOT,
                                "sys.objects has %d rows; that of %s has %d now",
                                restored,
                                database,
                                now.getAsLong())
                        : String.format(Locale.ROOT, "sys.objects has %d rows", restored));
    }

    /// Empty where the database is not there, or cannot be read.
    private OptionalLong objects(String name) {
        try {
            return session.query("SELECT COUNT(*) AS n FROM " + Tsql.identifier(name) + ".sys.objects").stream()
                    .mapToLong(row -> row.number("n"))
                    .findFirst();
        } catch (SqlServerUnavailable e) {
            if (e.isUnreachable()) {
                throw e;
            }
            return OptionalLong.empty();
        }
    }

    /// CHECKDB has read every page and checked its sum; whether pages have sums is the database's own option.
    private void pageChecksums() {
        session.query("SELECT * FROM sys.databases WHERE name = ?", scratch).stream()
                .filter(row -> row.has("page_verify_option_desc"))
                .map((Row row) -> row.optionalText("page_verify_option_desc").orElse(null))
                .filter(Objects::nonNull)
                .forEach(option -> checks.add(
                        option.equals("CHECKSUM")
                                ? "pages carry checksums"
                                : "pages carry no checksums (PAGE_VERIFY is %s): not every changed byte can be found"
                                        .formatted(option)));
    }

    private void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new OperationFailed(FailureId.RESTORED_DIFFERS, otherwise, Failures.where(env, scratch), null);
        }
    }
}
