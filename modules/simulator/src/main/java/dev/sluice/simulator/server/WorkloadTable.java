package dev.sluice.simulator.server;

import dev.sluice.mtf.BackupFile;
import dev.sluice.simulator.database.Content;
import dev.sluice.simulator.database.Database;
import dev.sluice.simulator.database.DatabaseException;
import dev.sluice.simulator.database.DatabaseFile;
import dev.sluice.simulator.query.QueryEngine;
import dev.sluice.simulator.query.Relation;
import dev.sluice.simulator.query.Values;
import dev.sluice.simulator.tds.SqlType;
import dev.sluice.simulator.tsql.Expression;
import dev.sluice.simulator.tsql.SqlFailure;
import dev.sluice.simulator.tsql.Statement;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/// The one table that a database of `CREATE DATABASE` can have: `dbo.workload (n bigint NOT NULL, filler
/// varbinary(8000) NOT NULL)`, in which the rows are numbered from 1 on.
///
/// A row is a page, and it is there when its page was changed; so rows come and go with backups and restores to
/// an instant as pages do. What `filler` is given is not kept, and cannot be asked for. The database is known
/// by its seed, which its family GUID carries through every restore.
///
/// Everything else that SQL Server knows of databases and tables is refused with 50000.
final class WorkloadTable {

    static final String NAME = "workload";

    private static final List<Statement.TableColumn> COLUMNS = List.of(
            new Statement.TableColumn("n", SqlType.BIGINT, false),
            new Statement.TableColumn("filler", SqlType.varbinary(8000), false));

    private static final long EXTENT = 65_536;
    private static final long EXTENTS_AT_FIRST = 128;
    private static final int MARK = 0x7AB1;
    private static final int MARK_SHIFT = 48;

    /// The table itself; its rows are on the pages behind it.
    private static final long FIRST_PAGE = 64;

    private WorkloadTable() {}

    static void create(Statement.CreateDatabase create, Instance instance) {
        Errors.requireSysname(create.name());
        if (instance.databases().find(create.name()).isPresent()) {
            throw SqlFailure.error(
                    1801, "Database '%s' already exists. Choose a different database name.".formatted(create.name()));
        }
        long random = UUID.randomUUID().getLeastSignificantBits();
        long seed = (long) MARK << MARK_SHIFT | random >>> (Long.SIZE - MARK_SHIFT);
        instance.databases()
                .create(
                        create.name(),
                        instance.now(),
                        Database.State.ONLINE,
                        new Content.Synthetic(seed, EXTENTS_AT_FIRST, Map.of()),
                        DatabaseFile.defaults(create.name()));
    }

    static void resize(Statement.ResizeFile resize, Instance instance) {
        Database database = writable(instance.database(resize.database()));
        boolean data = database.files().stream()
                .anyMatch(file -> file.kind() == BackupFile.Kind.DATA
                        && file.isPrimary()
                        && file.logicalName().equals(resize.logicalName()));
        if (!data || !database.grow(resize.bytes() / EXTENT)) {
            throw new SqlFailure(Errors.ofTheStandIn(
                    "only the first data file of a database grows, and only before its first full backup"));
        }
    }

    static void create(Statement.CreateTable create, Session session, Instance instance) {
        Database database = writable(databaseOf(create.name(), session, instance));
        requireName(create.name());
        if (!create.columns().equals(COLUMNS)) {
            throw new SqlFailure(Errors.ofTheStandIn(
                    "the table workload has n bigint NOT NULL and filler varbinary(8000) NOT NULL"));
        }
        if (exists(database)) {
            throw SqlFailure.error(2714, "There is already an object named 'workload' in the database.");
        }
        change(database, session, instance, FIRST_PAGE, 1);
    }

    /// @return how many rows
    static int insert(Statement.Insert insert, Session session, Instance instance, QueryEngine queries) {
        Database database = writable(databaseOf(insert.name(), session, instance));
        requireName(insert.name());
        if (!exists(database)) {
            throw SqlFailure.error(208, "Invalid object name 'workload'.");
        }
        List<String> names = COLUMNS.stream().map(Statement.TableColumn::name).toList();
        long next = rows(database) + 1;
        long expected = next;
        for (List<Expression> row : insert.rows()) {
            List<@Nullable Object> values = row.stream()
                    .<@Nullable Object>map(value -> queries.evaluate(value).value())
                    .toList();
            boolean right = insert.columns().equals(names)
                    && values.size() == names.size()
                    && values.get(0) instanceof Number number
                    && number.longValue() == expected
                    && values.get(1) instanceof byte[];
            if (!right) {
                throw new SqlFailure(Errors.ofTheStandIn(
                        "the next row of workload (n, filler) has the number %s and bytes, not %s"
                                .formatted(expected, values.isEmpty() ? "" : Values.text(values.get(0), 0))));
            }
            expected++;
        }
        if (FIRST_PAGE + expected > database.dataBytes() / 8192) {
            throw SqlFailure.error(
                    1105,
                    "Could not allocate space for object 'dbo.workload' in database '%s' because the 'PRIMARY' filegroup is full."
                            .formatted(database.name()));
        }
        change(database, session, instance, FIRST_PAGE + next, insert.rows().size());
        return insert.rows().size();
    }

    /// What SELECT finds.
    static @Nullable Relation relation(Database database) {
        if (database.state() != Database.State.ONLINE && !database.isStandby()) {
            throw Errors.inMiddleOfRestore(database.name());
        }
        if (!isOurs(database) || !exists(database)) {
            return null;
        }
        return Relation.of(LongStream.rangeClosed(1, rows(database)).boxed().toList())
                .column("n", SqlType.BIGINT, n -> n)
                .build();
    }

    private static void change(Database database, Session session, Instance instance, long first, int pages) {
        OpenTransaction around = session.transaction();
        try {
            long transaction = around == null ? database.begin(instance.now()) : around.in(database);
            for (long page = first; page < first + pages; page++) {
                database.change(transaction, page, instance.now());
            }
            if (around == null) {
                database.commit(transaction, instance.now());
            }
        } catch (DatabaseException e) {
            throw LogErrors.of(e, database);
        } finally {
            instance.save();
        }
    }

    private static Database databaseOf(List<String> name, Session session, Instance instance) {
        return instance.database(name.size() < 3 ? session.database() : name.getFirst());
    }

    private static Database writable(Database database) {
        if (database.state() != Database.State.ONLINE || database.isStandby()) {
            throw Errors.inMiddleOfRestore(database.name());
        }
        if (!isOurs(database)) {
            throw new SqlFailure(Errors.ofTheStandIn(
                    "database '%s' was not made by CREATE DATABASE: it has no tables that could be written to"
                            .formatted(database.name())));
        }
        return database;
    }

    private static void requireName(List<String> name) {
        boolean schema = name.size() == 1 || name.get(name.size() - 2).equals("dbo");
        if (!schema || !name.getLast().equals(NAME)) {
            throw new SqlFailure(Errors.ofTheStandIn("a database has room for one table, dbo.workload"));
        }
    }

    private static boolean isOurs(Database database) {
        return database.content() instanceof Content.Synthetic synthetic && synthetic.seed() >>> MARK_SHIFT == MARK;
    }

    private static boolean exists(Database database) {
        return database.pageVersions().containsKey(FIRST_PAGE);
    }

    private static long rows(Database database) {
        return database.pageVersions().keySet().stream()
                .filter(page -> page > FIRST_PAGE)
                .count();
    }
}
