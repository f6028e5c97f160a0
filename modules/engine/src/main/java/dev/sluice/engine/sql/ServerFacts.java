package dev.sluice.engine.sql;

import java.sql.Timestamp;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What is asked of SQL Server before a run, in its own words.
///
/// @param now     SQL Server's clock: the only one that keys and order rest on
/// @param version such as `16.0.4096.1`
public record ServerFacts(Instant now, String version) {

    public static ServerFacts read(SqlSession session) {
        Map<String, @Nullable Object> row = session.query(
                        "SELECT SYSUTCDATETIME() AS now, CAST(SERVERPROPERTY('ProductVersion') AS nvarchar(128)) AS version,"
                                + " IS_SRVROLEMEMBER('sysadmin') AS sysadmin")
                .getFirst();
        return new ServerFacts(instant(row.get("now")), String.valueOf(row.get("version")));
    }

    /// The database's state, such as `ONLINE`; empty when there is no such database.
    public static Optional<String> databaseState(SqlSession session, String database) {
        List<Map<String, @Nullable Object>> rows =
                session.query("SELECT state_desc FROM sys.databases WHERE name = ?", database);
        return rows.stream().map(row -> String.valueOf(row.get("state_desc"))).findFirst();
    }

    /// Allocated size of the database's data files in bytes: an upper bound for a full backup. 0 when not known.
    public static long dataBytes(SqlSession session, String database) {
        long pages = 0;
        for (Map<String, @Nullable Object> row : session.query(
                "SELECT f.size AS pages FROM sys.master_files f INNER JOIN sys.databases d"
                        + " ON d.database_id = f.database_id WHERE d.name = ? AND f.type_desc = 'ROWS'",
                database)) {
            if (row.get("pages") instanceof Number number) {
                pages += number.longValue();
            }
        }
        return pages * 8192;
    }

    /// `datetime2` without a zone, known to be UTC.
    static Instant instant(@Nullable Object value) {
        return switch (value) {
            case Timestamp timestamp -> timestamp.toLocalDateTime().toInstant(ZoneOffset.UTC);
            case LocalDateTime local -> local.toInstant(ZoneOffset.UTC);
            case null, default -> throw new IllegalStateException("SYSUTCDATETIME() answered %s".formatted(value));
        };
    }
}
