package dev.sluice.engine.sql;

import dev.sluice.catalog.ServerIdentity;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// What is asked of SQL Server before a run, in its own words.
///
/// @param now           SQL Server's clock: the only one that keys and order rest on
/// @param version       such as `16.0.4096.1`
/// @param edition       such as `Developer Edition (64-bit)`
/// @param engineEdition 4 is Express, 5 Azure SQL Database, 8 Managed Instance
/// @param sysadmin      whether the login is a member of sysadmin
public record ServerFacts(Instant now, String version, String edition, int engineEdition, boolean sysadmin) {

    private static final int EXPRESS = 4;
    private static final int AZURE_SQL_DATABASE = 5;
    private static final int MANAGED_INSTANCE = 8;

    public static ServerFacts read(SqlSession session) {
        Row row = session.query(
                        "SELECT SYSUTCDATETIME() AS now, CAST(SERVERPROPERTY('ProductVersion') AS nvarchar(128)) AS version,"
                                + " CAST(SERVERPROPERTY('Edition') AS nvarchar(128)) AS edition,"
                                + " CAST(SERVERPROPERTY('EngineEdition') AS nvarchar(128)) AS engine_edition,"
                                + " IS_SRVROLEMEMBER('sysadmin') AS sysadmin")
                .getFirst();
        return new ServerFacts(
                row.utc("now"),
                row.text("version"),
                row.text("edition"),
                Integer.parseInt(row.text("engine_edition")),
                row.optionalNumber("sysadmin").orElse(0) == 1);
    }

    /// 16 is 2022, 17 is 2025; 0 when the version is no number.
    public int major() {
        int dot = version.indexOf('.');
        try {
            return Integer.parseInt(dot < 0 ? version : version.substring(0, dot));
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    /// Whether BACKUP may compress. Every edition restores what another one has compressed.
    public boolean compresses() {
        return hasPaidFeatures();
    }

    /// Whether BACKUP may encrypt.
    public boolean encrypts() {
        return hasPaidFeatures();
    }

    private boolean hasPaidFeatures() {
        return engineEdition != EXPRESS && !edition.toLowerCase(Locale.ROOT).startsWith("web");
    }

    /// Whether there are virtual devices at all.
    public boolean hasVirtualDevices() {
        return engineEdition != AZURE_SQL_DATABASE && engineEdition != MANAGED_INSTANCE;
    }

    /// The database's state, such as `ONLINE`; empty when there is no such database.
    public static Optional<String> databaseState(SqlSession session, String database) {
        return DatabaseFacts.find(session, database).map(DatabaseFacts::state);
    }

    /// Allocated size of the database's data files in bytes: an upper bound for a full backup. 0 when not known.
    public static long dataBytes(SqlSession session, String database) {
        long pages = 0;
        for (Row row : session.query(
                "SELECT f.size AS pages FROM sys.master_files f INNER JOIN sys.databases d"
                        + " ON d.database_id = f.database_id WHERE d.name = ? AND f.type_desc = 'ROWS'",
                database)) {
            pages += row.optionalNumber("pages").orElse(0);
        }
        return pages * 8192;
    }

    /// What tells this server from others.
    ///
    /// The names change when a container is made anew, msdb's broker GUID does not, so both are kept. Columns
    /// are taken by name from all there are: not every server has the last one.
    public static ServerIdentity identity(SqlSession session) {
        Row names = session.query("SELECT CAST(SERVERPROPERTY('ServerName') AS nvarchar(128)) AS server_name,"
                        + " CAST(SERVERPROPERTY('MachineName') AS nvarchar(128)) AS machine_name")
                .getFirst();
        List<Row> msdb = session.query("SELECT * FROM sys.databases WHERE name = 'msdb'");
        return new ServerIdentity(
                name(names, "server_name"),
                name(names, "machine_name"),
                msdb.stream()
                        .filter(row -> row.has("service_broker_guid"))
                        .flatMap(row -> row.optionalText("service_broker_guid").stream())
                        .findFirst()
                        .orElse(null),
                session.query("SELECT group_id FROM sys.availability_groups").stream()
                        .map(row -> row.text("group_id"))
                        .toList());
    }

    /// A server that does not say one of its names is known by this word in buckets that are there already.
    private static String name(Row row, String column) {
        return row.optionalText(column).orElse("null");
    }
}
