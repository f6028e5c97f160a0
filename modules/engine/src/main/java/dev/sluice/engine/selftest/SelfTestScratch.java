package dev.sluice.engine.selftest;

import dev.sluice.engine.sql.Row;
import dev.sluice.engine.sql.ScratchName;
import dev.sluice.engine.sql.SqlServer;
import dev.sluice.engine.sql.SqlSession;
import dev.sluice.engine.sql.Tsql;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;

/// The scratch database of a self-test: one table, whose rows fill a page each and are numbered from 1 on.
///
/// Half of each row can be compressed and half of it cannot, so that a compressed backup is neither empty nor
/// as large as a plain one.
///
/// **Threading:** one thread.
final class SelfTestScratch {

    private static final int FILLER = 7_900;
    private static final int ROWS_AT_ONCE = 64;
    private static final int MEBIBYTE = 1 << 20;

    /// What SQL Server's own tables and the log of the rows need beside them.
    private static final int SPARE_MEBIBYTES = 8;

    private final String name;
    private final SplittableRandom random;
    private long rows;

    /// @param id the self-test's ULID
    SelfTestScratch(String id) {
        this.name = ScratchName.of(id);
        this.random = new SplittableRandom(id.hashCode());
    }

    String name() {
        return name;
    }

    /// Rows so far.
    long rows() {
        return rows;
    }

    void createDatabase(SqlSession session) {
        session.execute("CREATE DATABASE " + Tsql.identifier(name));
        session.execute("ALTER DATABASE " + Tsql.identifier(name) + " SET RECOVERY FULL");
    }

    /// Room for the rows that the order asks for, so that the file need not grow while they come. A server whose
    /// `model` is larger makes the database as large from the start.
    void createTable(SqlSession session, long bytes) {
        Row file = session.query(
                        "SELECT f.name AS logical, f.size AS pages FROM sys.master_files f INNER JOIN sys.databases d"
                                + " ON d.database_id = f.database_id WHERE d.name = ? AND f.file_id = 1",
                        name)
                .getFirst();
        long wanted = bytes / MEBIBYTE + SPARE_MEBIBYTES;
        if (wanted > file.number("pages") * SelfTestOrder.PAGE / MEBIBYTE) {
            session.execute(String.format(
                    Locale.ROOT,
                    "ALTER DATABASE %s MODIFY FILE (NAME = %s, SIZE = %d MB)",
                    Tsql.identifier(name),
                    Tsql.literal(file.text("logical")),
                    wanted));
        }
        session.execute("CREATE TABLE " + table(name) + " (n bigint NOT NULL, filler varbinary(8000) NOT NULL)");
    }

    /// Adds so many rows, each statement a transaction of its own.
    ///
    /// @param goesOn asked between two statements
    void insert(SqlSession session, int count, Runnable goesOn) {
        for (int left = count; left > 0; left -= ROWS_AT_ONCE) {
            goesOn.run();
            int some = Math.min(left, ROWS_AT_ONCE);
            List<Object> values = new ArrayList<>();
            for (int i = 1; i <= some; i++) {
                byte[] filler = new byte[FILLER];
                byte[] half = new byte[FILLER / 2];
                random.nextBytes(half);
                System.arraycopy(half, 0, filler, 0, half.length);
                values.add(rows + i);
                values.add(filler);
            }
            session.update(
                    "INSERT INTO " + table(name) + " (n, filler) VALUES "
                            + String.join(", ", Collections.nCopies(some, "(?, ?)")),
                    values);
            rows += some;
        }
    }

    /// How many rows a database has, the numbers of the first and the last included.
    ///
    /// @param database this one, or one that was restored from it
    static Found found(SqlServer server, String database) {
        try (SqlSession session = server.connect()) {
            return session
                    .query("SELECT COUNT(*) AS total, MIN(n) AS lowest, MAX(n) AS highest FROM " + table(database))
                    .stream()
                    .map(row -> new Found(
                            row.number("total"),
                            row.optionalNumber("lowest").orElse(0),
                            row.optionalNumber("highest").orElse(0)))
                    .findFirst()
                    .orElseThrow();
        }
    }

    /// @param total   rows
    /// @param lowest  number; 0 without rows
    /// @param highest number; 0 without rows
    record Found(long total, long lowest, long highest) {

        /// Whether these are the rows from 1 to some number, none missing and none twice.
        boolean areComplete() {
            return highest == total && lowest == Math.min(1, total);
        }
    }

    private static String table(String database) {
        return Tsql.identifier(database) + ".dbo.workload";
    }
}
